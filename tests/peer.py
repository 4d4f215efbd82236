"""A scripted peer: the other end of a monitor connection, playing a list of steps; for fault tests.

It runs in a thread, listens on a unix socket (or a loopback TCP port) and plays one script for each
connection that comes, in order. A step is a function over a Conversation; those below are all there are,
and a test may write its own. Nothing sleeps: steps wait for bytes, for the end of the stream or for a
threading.Event, each with a deadline after which the script fails. What the script could not do is raised
where the ``with`` block ends, unless that block already fails::

    with ScriptedPeer([*greet(), expect("stop"), event("STOP"), reply({}), close()]) as peer:
        with connect(peer.target) as monitor:
            monitor.execute("stop")
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "stop"]

Two scripts serve two connections, one after the other: ``ScriptedPeer(first, second)``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: A script that waits longer than this for the other end has failed (seconds).
DEADLINE = 20.0

GREETING: dict[str, Any] = {
    "QMP": {
        "version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "scripted"},
        "capabilities": ["oob"],
    }
}


class Conversation:
    """One connection as the steps see it: ``sock``, and ``id`` of the command expected last."""

    def __init__(self, sock: socket.socket, peer: ScriptedPeer) -> None:
        self.sock = sock
        self.peer = peer
        self.id: Any = None
        self.command: dict[str, Any] = {}
        self._buffer = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.sock.sendall(data)

    def send_object(self, value: Any) -> None:
        """Send one message the way QEMU does: ASCII, on one line, with CR LF."""
        self.send(json.dumps(value).encode("ascii") + b"\r\n")

    def receive_line(self) -> bytes:
        """Return the next line without its newline; raises EOFError at the end of the stream."""
        while b"\n" not in self._buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the other end closed the connection")
            self.peer.received += data
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def receive_command(self) -> dict[str, Any]:
        """Return the next command and remember its id for the reply."""
        command: dict[str, Any] = json.loads(self.receive_line())
        self.peer.commands.append(command)
        self.command, self.id = command, command.get("id")
        return command

    def reply(self, value: Any = None) -> None:
        """Answer the command received last."""
        self.send_object({"return": {} if value is None else value, "id": self.id})

    def refuse(self, description: str, class_name: str = "GenericError") -> None:
        """Refuse the command received last."""
        self.send_object({"error": {"class": class_name, "desc": description}, "id": self.id})


Step = Callable[[Conversation], None]
Wrap = Callable[[socket.socket], socket.socket]

#: Steps that end when the other end leaves: that a test leaves first is no failure of theirs.
_PATIENT: weakref.WeakSet[Step] = weakref.WeakSet()


def _patient(step: Step) -> Step:
    _PATIENT.add(step)
    return step


#: Steps that only speak: the other end may leave without hearing them out; a step that waits finds out.
_SPEAKING: weakref.WeakSet[Step] = weakref.WeakSet()


def _speaking(step: Step) -> Step:
    _SPEAKING.add(step)
    return step


# -- steps ------------------------------------------------------------------------------------------


def send(data: bytes | str | Mapping[str, Any], *, pieces: int = 1) -> Step:
    """Send bytes, text or one message; in ``pieces`` separate writes (0: every byte on its own)."""
    if isinstance(data, Mapping):
        data = json.dumps(data) + "\r\n"
    content = data.encode() if isinstance(data, str) else data
    size = 1 if pieces == 0 else max(1, -(-len(content) // pieces))

    @_speaking
    def step(conversation: Conversation) -> None:
        for start in range(0, len(content), size):
            conversation.send(content[start : start + size])

    return step


def expect(name: str, **arguments: Any) -> Step:
    """Wait for a command of that name; the arguments given must be among its own ("_" stands for "-")."""

    def step(conversation: Conversation) -> None:
        command = conversation.receive_command()
        given = command.get("arguments", {})
        wanted = {key.replace("_", "-"): value for key, value in arguments.items()}
        assert command.get("execute", command.get("exec-oob")) == name, f"{name} expected, {command} came"
        missing = {key: value for key, value in wanted.items() if given.get(key) != value}
        assert not missing, f"{missing} expected among the arguments of {command}"

    return step


def expect_line(text: str) -> Step:
    """Wait for a line of text (a text monitor's command)."""

    def step(conversation: Conversation) -> None:
        line = conversation.receive_line().decode()
        assert line == text, f"{text!r} expected, {line!r} came"

    return step


def expect_end() -> Step:
    """Wait until the other end closes the connection, whatever it sends until then."""

    @_patient
    def step(conversation: Conversation) -> None:
        try:
            while data := conversation.sock.recv(65536):
                conversation.peer.received += data
        except ConnectionError:
            pass

    return step


def reply(value: Any = None, *, id: Any = None) -> Step:  # noqa: A002  # the protocol's word
    """Answer the command expected last, or the one with this id; no value is ``{}``."""

    @_speaking
    def step(conversation: Conversation) -> None:
        if id is not None:
            conversation.id = id
        conversation.reply(value)

    return step


def refuse(description: str, class_name: str = "GenericError") -> Step:
    """Refuse the command expected last."""
    return _speaking(lambda conversation: conversation.refuse(description, class_name))


def event(name: str, data: Mapping[str, Any] | None = None, *, times: int = 1) -> Step:
    """Send an event; with ``times`` a flood of them, numbered in data.n."""

    @_speaking
    def step(conversation: Conversation) -> None:
        stamp = {"seconds": 1700000000, "microseconds": 5}
        for number in range(times):
            fields = dict(data or {}) if times == 1 else {**(data or {}), "n": number}
            conversation.send_object({"event": name, "data": fields, "timestamp": stamp})

    return step


def wait(flag: threading.Event) -> Step:
    """Wait until the test sets ``flag``."""

    def step(conversation: Conversation) -> None:
        assert flag.wait(DEADLINE), "the test never set the flag that the script waits for"

    return step


def signal(flag: threading.Event) -> Step:
    """Set ``flag``, for the test to wait on."""
    return lambda conversation: flag.set()


def close() -> Step:
    """Close the connection in good order."""
    return lambda conversation: conversation.sock.close()


def reset() -> Step:
    """Close the connection the hard way: the other end's read fails with ECONNRESET (TCP only)."""

    def step(conversation: Conversation) -> None:
        conversation.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        conversation.sock.close()

    return step


def serve(answers: Mapping[str, Any] | Callable[[dict[str, Any]], Any]) -> Step:
    """Answer commands until the other end leaves or ``quit`` was answered.

    ``answers`` gives the value by the command's name, or is a function of the command object; a function
    that raises LookupError, and a name not in the mapping, make CommandNotFound.
    """
    answer = answers if callable(answers) else (lambda command: answers[command["execute"]])

    @_patient
    def step(conversation: Conversation) -> None:
        try:
            while True:
                command = conversation.receive_command()
                _answer(conversation, answer, command)
                if command.get("execute") == "quit":
                    return
        except (EOFError, ConnectionError):
            return  # the other end left, perhaps without waiting for its answer

    return step


def _answer(
    conversation: Conversation, answer: Callable[[dict[str, Any]], Any], command: dict[str, Any]
) -> None:
    try:
        value = answer(command)
    except LookupError:
        name = command.get("execute")
        conversation.refuse(f"The command {name} has not been found", "CommandNotFound")
    else:
        conversation.reply(value)


def greet(greeting: Mapping[str, Any] = GREETING) -> list[Step]:
    """Greet and accept the capabilities negotiation, as every QMP monitor begins."""
    return [send(greeting), expect("qmp_capabilities"), reply()]


def _take(step: Step, conversation: Conversation) -> None:
    try:
        step(conversation)
    except ConnectionError:
        if step not in _SPEAKING:
            raise


# -- the peer ---------------------------------------------------------------------------------------


class ScriptedPeer:
    """Listens, plays its scripts in a thread, and tells afterwards what it received.

    ``family`` is "unix", "tcp" or "pair" (a connected socket pair, whose other end is ``socket``).
    ``target`` is the address in qmonsh's spelling, ``path`` (unix) or ``port`` (tcp) its parts;
    ``commands`` the command objects and ``received`` the bytes that came so far. A connection is closed
    where its script ends. Steps left unplayed when the ``with`` block ends are a failure. ``wrap`` makes of
    an accepted socket the one that is played on (TLS); a connection on which that fails plays no script.
    """

    def __init__(self, *scripts: Iterable[Step], family: str = "unix", wrap: Wrap | None = None) -> None:
        self.commands: list[dict[str, Any]] = []
        self.received = b""
        self.path = ""
        self.port = 0
        self.socket: socket.socket | None = None
        self._scripts = [list(script) for script in scripts]
        self._failure: BaseException | None = None
        self._leaving = False
        self._playing: Step | None = None
        self._current: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._wrap = wrap
        self._folder = ""
        {"unix": self._listen_unix, "tcp": self._listen_tcp, "pair": self._pair}[family]()
        self._thread = threading.Thread(target=self._play, name="scripted peer", daemon=True)

    @property
    def target(self) -> str:
        """Return the address to connect to."""
        if self.path:
            return f"unix:{self.path}"
        return f"fd:{self.socket.fileno()}" if self.socket else f"127.0.0.1:{self.port}"

    def __enter__(self) -> ScriptedPeer:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self._leave()
        if self._failure is not None and kind is None:
            raise self._failure

    def _listen_tcp(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def _listen_unix(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="qmonsh-peer-")
        self.path = os.path.join(self._folder, "peer.sock")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(8)

    def _pair(self) -> None:
        self.socket, self._current = socket.socketpair()

    def _next_connection(self) -> socket.socket:
        if self._listener is None:
            assert self._current is not None
            return self._current
        while True:
            sock = self._listener.accept()[0]
            sock.settimeout(DEADLINE)
            try:
                return self._wrap(sock) if self._wrap else sock
            except OSError:
                sock.close()

    def _play(self) -> None:
        step = None
        try:
            for script in self._scripts:
                with self._next_connection() as sock:
                    sock.settimeout(DEADLINE)
                    self._current = sock
                    conversation = Conversation(sock, self)
                    for step in script:
                        self._playing = step
                        _take(step, conversation)
                    self._playing = None
        except BaseException as failure:
            if not (self._leaving and step in _PATIENT):
                failure.add_note(f"in the scripted peer, after {len(self.commands)} commands")
                self._failure = failure

    def _leave(self) -> None:
        # A script that runs to its end gets the time to; one that waits for what will not come is woken.
        if self._playing not in _PATIENT:
            self._thread.join(1)
        self._leaving = True
        for sock in (self._listener, self._current):
            if sock is not None:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # already closed, or never connected
        self._thread.join(DEADLINE)
        for sock in (self._listener, self.socket, self._current):
            if sock is not None:
                sock.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        assert not self._thread.is_alive(), "the peer's script never ended"
