"""What the tests of the shell share: a monitor that obeys the test, and a shell on it without a terminal.

``FakeMonitor`` answers from a mapping, can be told to leave commands unanswered, to send events, to hang up.
``ShellKit`` runs lines in a Shell whose text is kept in ``text``, whose questions are answered from
``answers``. Nothing sleeps: ``until`` waits for a condition, woken by whatever the shell does.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.output.vt100 import Vt100_Output

from qmonsh.settings import Settings, Terminal
from qmonsh.shell.app import Later, _converse
from qmonsh.shell.prompt import Prompt
from qmonsh.shell.shell import Shell
from qmonsh.shell.terminal import Terminal as ShellTerminal
from qmonsh.target import parse_target
from tests.peer import GREETING, Conversation, ScriptedPeer, _patient, greet
from tests.shell.vt import Screen

DEADLINE = 10.0
COMMANDS = (
    "query-commands query-status query-name query-kvm query-jobs query-block-jobs query-migrate query-uuid "
    "query-version query-qmp-schema human-monitor-command stop cont quit system_reset system_powerdown "
    "device_del screendump"
)

HELP = """\
balloon target -- request VM to change its memory allocation (in MB)
cont|c  -- resume emulation
info [subcommand] -- show various information about the system state
quit|q  -- quit the emulator
stop|s  -- stop emulation
"""
HELP_INFO = """\
info name  -- show the current VM name
info status  -- show the current VM status (running|paused)
"""
LINES = {
    "help": HELP,
    "help info": HELP_INFO,
    "device_add help": "",
    "info uuid": "uuid\r\n",
    "set_password vnc hunter2": "",
}


def hmp(command: dict[str, Any]) -> str:
    """Answer human-monitor-command from LINES."""
    line = command["arguments"]["command-line"]
    return LINES.get(line, f"unknown command: '{line}'\r\n").replace("\n", "\r\n")


ANSWERS: dict[str, Any] = {
    "query-commands": [{"name": name} for name in COMMANDS.split()],
    "query-status": {"status": "running", "running": True, "singlestep": False},
    "query-name": {"name": "vm0"},
    "query-kvm": {"enabled": True, "present": True},
    "query-jobs": [],
    "query-block-jobs": [],
    "query-migrate": {},
    "query-uuid": {"UUID": "00000000-0000-0000-0000-000000000000"},
    "query-version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""},
    "query-qmp-schema": [],
    "human-monitor-command": hmp,
    **dict.fromkeys(("stop", "cont", "quit", "system_reset", "system_powerdown", "device_del"), {}),
}


class FakeMonitor:
    """A QMP monitor under the test's control, for ``connections`` clients one after another."""

    def __init__(
        self,
        answers: Mapping[str, Any] | None = None,
        *,
        greeting: Mapping[str, Any] = GREETING,
        connections: int = 1,
    ) -> None:
        self.answers: dict[str, Any] = {**ANSWERS, **(answers or {})}
        #: Names of commands that are not answered before ``release``.
        self.stuck: set[str] = set()
        self._held: list[tuple[Any, dict[str, Any]]] = []
        self._lock = threading.RLock()
        self._conversation: Conversation | None = None
        self._ready = threading.Event()
        serve = _patient(lambda conversation: self._serve(conversation))
        self.peer = ScriptedPeer(*([*greet(greeting), serve] for _ in range(connections)))

    @property
    def target(self) -> str:
        return self.peer.target

    @property
    def sent(self) -> list[str]:
        """The names of the commands that came, questions left out."""
        names = [command.get("execute", "") for command in self.peer.commands]
        return [name for name in names if not name.startswith(("query-", "qmp_"))]

    def names(self) -> list[str]:
        """The names of all commands that came."""
        return [command.get("execute", "") for command in self.peer.commands]

    def event(self, name: str, data: Mapping[str, Any] | None = None, *, times: int = 1) -> None:
        """Send an event, or a flood of them."""
        stamp = {"seconds": 1700000000, "microseconds": 5}
        for number in range(times):
            fields = dict(data or {}) if times == 1 else {**(data or {}), "n": number}
            self._send({"event": name, "data": fields, "timestamp": stamp})

    def release(self) -> None:
        """Answer what was left unanswered, and go on answering."""
        with self._lock:
            held, self._held = self._held, []
            self.stuck = set()
        for id, command in held:
            self._answer(id, command)

    def hang_up(self) -> None:
        """End the connection of the moment."""
        assert self._conversation is not None
        import socket

        self._conversation.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> FakeMonitor:
        self.peer.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        # Clients that never came are no failure here.
        try:
            self.peer.__exit__(kind, *exc)
        except OSError:
            pass

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._ready.wait(DEADLINE), "nobody is connected"
        assert self._conversation is not None
        with self._lock:
            self._conversation.send_object(message)

    def _serve(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._ready.set()
        try:
            while True:
                conversation.sock.settimeout(None)
                command = conversation.receive_command()
                with self._lock:
                    if command.get("execute") in self.stuck:
                        self._held.append((command.get("id"), command))
                        continue
                self._answer(command.get("id"), command)
                if command.get("execute") == "quit":
                    return
        except (EOFError, OSError):
            return

    def _answer(self, id: Any, command: dict[str, Any]) -> None:
        name = command.get("execute", "")
        if name not in self.answers:
            error = {"class": "CommandNotFound", "desc": f"The command {name} has not been found"}
            self._send({"error": error, "id": id})
            return
        answer = self.answers[name]
        value = answer(command) if callable(answer) else answer
        if isinstance(value, Exception):
            self._send({"error": {"class": "GenericError", "desc": str(value)}, "id": id})
        else:
            self._send({"return": value, "id": id})


class Recorder(DummyOutput):
    """A terminal that keeps what is written; ``changed`` is notified."""

    def __init__(self, *, rows: int = 24, columns: int = 80) -> None:
        self.text = ""
        self.rows, self.columns = rows, columns
        self.changed = threading.Condition()

    def write_raw(self, data: str) -> None:
        with self.changed:
            self.text += data
            self.changed.notify_all()

    def get_size(self) -> Size:
        return Size(rows=self.rows, columns=self.columns)


class ShellKit:
    """A shell that is connected to a monitor, its terminal a Recorder."""

    def __init__(self, target: str, *, rows: int = 24, columns: int = 80, **settings: Any) -> None:
        settings.setdefault("pager", False)
        settings.setdefault("terminal", Terminal(True, True, True, "xterm"))
        settings.setdefault("color", "never")
        self.settings = Settings(**settings)
        self.output = Recorder(rows=rows, columns=columns)
        self.later = Later()
        terminal = ShellTerminal()
        self.shell = Shell(parse_target(target), self.settings, terminal, call_later=self.later)
        #: What the user answers to questions, in order; then No.
        self.answers: list[bool] = []
        self.questions: list[str] = []
        self.shell.ask = self._ask
        terminal.attach(self.output)

    def connect(self) -> ShellKit:
        self.shell.monitor.session.connect()
        self.shell.monitor.connected()
        assert self.shell.monitor.errands.settle(DEADLINE)
        return self

    @property
    def text(self) -> str:
        """What was written so far."""
        return self.output.text

    def do(self, *lines: str) -> str:
        """Run lines one after another and return what was written meanwhile."""
        before = len(self.text)

        async def run() -> None:
            for line in lines:
                await self.shell.run_line(line)

        self.run(run())
        return self.text[before:]

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in an event loop of the shell's."""

        async def main() -> Any:
            self.later.start(asyncio.get_running_loop())
            try:
                return await asyncio.wait_for(coroutine, DEADLINE)
            finally:
                self.later.stop()

        return asyncio.run(main())

    def do_and(self, line: str, when: Callable[[], bool], then: Callable[[], object]) -> str:
        """Run a line; once ``when`` holds, call ``then`` in the event loop. Returns what was written."""
        before = len(self.text)

        async def run() -> None:
            task = asyncio.ensure_future(self.shell.run_line(line))
            while not when() and not task.done():
                await asyncio.sleep(0.005)
            assert when(), f"it never came to pass: {self.text[before:]}"
            then()
            await task

        self.run(run())
        return self.text[before:]

    def until(self, wanted: str | Callable[[], bool]) -> None:
        """Wait until a text was written, or a condition holds."""
        end = monotonic() + DEADLINE
        with self.output.changed:
            while not (wanted in self.text if isinstance(wanted, str) else wanted()):
                left = end - monotonic()
                assert left > 0, f"never seen: {wanted!r} in {self.text!r}"
                self.output.changed.wait(min(left, 0.05))

    def settle(self) -> None:
        """Wait until nothing goes on behind the prompt."""
        assert self.shell.monitor.errands.settle(DEADLINE)

    def close(self) -> None:
        self.shell.monitor.close()

    async def _ask(self, question: str) -> bool:
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else False


@contextmanager
def shell_on(monitor: FakeMonitor | str, **settings: Any) -> Iterator[ShellKit]:
    """Yield a connected shell on a monitor."""
    kit = ShellKit(monitor if isinstance(monitor, str) else monitor.target, **settings)
    try:
        yield kit.connect()
    finally:
        kit.close()


@contextmanager
def fake_shell(
    answers: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[tuple[FakeMonitor, ShellKit]]:
    """Yield a monitor under the test's control and a connected shell on it."""
    with FakeMonitor(answers) as monitor, shell_on(monitor, **settings) as kit:
        yield monitor, kit


class _Tty(io.StringIO):
    """Where prompt_toolkit writes: a screen, and everything that was written."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        self._screen.feed(text.replace("\n", "\r\n"))
        return super().write(text)


class Typist:
    """A user at the prompt: types keys, waits for what the screen shows."""

    def __init__(self, kit: ShellKit, *, dumb: bool = False) -> None:
        self.kit, self.shell = kit, kit.shell
        self.dumb = dumb
        self.screen = Screen(kit.output.rows, kit.output.columns)
        self.stream = _Tty(self.screen)
        self.prompt: Prompt
        self._pipe: Any = None

    @property
    def shown(self) -> str:
        """What the screen shows, and what has scrolled off it."""
        return self.screen.text

    @property
    def typed(self) -> str:
        """What stands on the line."""
        return self.prompt.session.default_buffer.text

    def keys(self, keys: str) -> None:
        """Type; from a thread when it is more than a pipe takes at once."""
        if len(keys) < 4096:
            self._pipe.send_text(keys)
        else:
            threading.Thread(target=self._pipe.send_text, args=(keys,), daemon=True).start()

    async def until(self, wanted: str | Callable[[], bool], *, times: int = 1) -> None:
        """Wait until a text is shown so many times, or a condition holds."""
        end = monotonic() + DEADLINE
        while not (self.shown.count(wanted) >= times if isinstance(wanted, str) else wanted()):
            assert monotonic() < end, f"never seen: {wanted!r} in\n{self.shown}\ntyped: {self.typed!r}"
            await asyncio.sleep(0.005)

    async def enter(self, line: str, wanted: str, *, times: int = 1) -> None:
        """Type a line, press Enter, wait for what it should bring."""
        self.keys(line)
        await self.until(lambda: self.typed == line)
        self.keys("\r")
        await self.until(wanted, times=times)

    def run(self, script: Callable[[Typist], Coroutine[Any, Any, Any]]) -> int:
        """Run the shell at a prompt, its user doing what ``script`` says and leaving; returns the status."""
        kit = self.kit
        kit.shell.status = None

        async def user(task: asyncio.Task[int]) -> None:
            await self.until(lambda: self.prompt.session.app.is_running)
            await script(self)
            if not task.done():
                self.keys("\x03\x04")

        async def main() -> int:
            task = asyncio.ensure_future(_converse(kit.shell, self.prompt, kit.later))
            typing = asyncio.ensure_future(user(task))
            done, _ = await asyncio.wait(
                {task, typing}, return_when=asyncio.FIRST_EXCEPTION, timeout=3 * DEADLINE
            )
            if typing in done and typing.exception():
                task.cancel()
            await asyncio.wait({task}, timeout=DEADLINE)
            typing.cancel()
            for one in (typing, task):
                if one.done() and not one.cancelled() and one.exception():
                    raise one.exception()  # type: ignore[misc]
            return task.result()

        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            self._pipe = pipe
            output = Vt100_Output(
                self.stream,  # type: ignore[arg-type]
                lambda: Size(rows=kit.output.rows, columns=kit.output.columns),
                term="xterm",
                enable_cpr=False,
            )
            self.prompt = Prompt(kit.shell, input=pipe, output=output)
            try:
                return asyncio.run(main())
            finally:
                kit.later.stop()


def typed_at(kit: ShellKit, script: Callable[[Typist], Coroutine[Any, Any, Any]]) -> Typist:
    """Have a user do what ``script`` says at the prompt of a shell, and return them."""
    typist = Typist(kit)
    typist.run(script)
    return typist
