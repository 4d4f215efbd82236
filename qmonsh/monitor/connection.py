"""Connection: a protocol machine, a transport and one reader thread, safe to use from several threads.

Knows waiting: deadlines, interrupts, lost connections, late replies, the order of messages. Must not
know what a command means, how a line becomes one, or how anything is shown.

    from qmonsh import connect

    with connect("/tmp/vm0.qmp") as monitor:
        print(monitor.execute("query-status")["status"])
        print(monitor.human("info network"))

One thread reads and hands every message out in the order of the wire; callers wait for their own
reply (matched by id). A wait that ends early (deadline, Ctrl-C) leaves the connection usable: the
reply that comes late goes to ``on_late`` and is never taken for another's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from qmonsh.errors import (
    CommandError,
    ConnectionLostError,
    DeadlineError,
    InterruptError,
    ProtocolError,
    QmonshError,
    UsageError,
)
from qmonsh.monitor import opening
from qmonsh.monitor.replies import Replies, Waiter
from qmonsh.target import Target, parse_target
from qmonsh.transport.base import Transport
from qmonsh.wire.message import Answer, Banner, Command, ErrorReply, Event, Greeting, Message, Return

if TYPE_CHECKING:
    from types import TracebackType

    from qmonsh.monitor.conversation import Conversation
    from qmonsh.wire.agent import AgentMachine
    from qmonsh.wire.hmp import HmpMachine
    from qmonsh.wire.qmp import QmpMachine

#: How much of the first bytes is kept, to say what greeted when it was no monitor.
FIRST_BYTES = 256

#: How long a guest agent may fail a command whose success it does not answer (seconds).
SILENCE = 5.0
CLOSED = "the other end closed it"

_REPLIES = (Return, ErrorReply)
Observer = Callable[[Message], None]
#: A reply that nobody waits for any more.
Late = Return | ErrorReply | Answer
Tap = Callable[[str, Any], None]


class Connection:
    """A live monitor; made by ``connect()`` or over an open transport, ended by ``close()``.

    ``dialect`` is "qmp", "hmp" or "agent"; ``greeting`` what the monitor said first (None for an agent);
    ``oob`` whether out-of-band commands were agreed on. Raises ConnectError when the other end is not a
    monitor, says nothing within ``timeout`` seconds (of the monotonic instant ``started``), or refuses
    the negotiation.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        dialect: str = "auto",
        timeout: float = 5.0,
        started: float | None = None,
        oob: bool = False,
        observers: tuple[Observer, ...] = (),
        tap: Tap | None = None,
        on_late: Callable[[str, Late], None] | None = None,
        on_lost: Callable[[QmonshError], None] | None = None,
        target: Target | None = None,
    ) -> None:
        self.address = transport.address
        self.target = target
        self.dialect = dialect
        self.greeting: Greeting | Banner | None = None
        self.oob = False
        self.on_late = on_late
        self.on_lost = on_lost
        self._transport = transport
        self._tap = tap
        self._observers = list(observers)
        self._mutex = threading.RLock()
        #: Over the mutex: told when something came that _await() or a text monitor may wait for.
        self._lock = threading.Condition(self._mutex)
        self._opened = False
        self._write_lock = threading.Lock()
        self._replies = Replies()
        self._interrupted: WeakSet[threading.Thread] = WeakSet()
        self._lost: QmonshError | None = None
        self._closing = False
        self._first = b""
        self._machine: Any = None
        self._conversation: Conversation | None = None
        self._reader = threading.Thread(target=self._read, name=f"qmonsh reader {self.address}", daemon=True)
        try:
            self._open((monotonic() if started is None else started) + timeout, timeout, oob)
            self._opened = True
        except BaseException:
            self.close()
            raise

    # -- using it ------------------------------------------------------------------------------

    def execute(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        deadline: float | None = None,
        oob: bool = False,
    ) -> Any:
        """Carry out a QMP command and return its value.

        ``deadline`` is in seconds from now. Raises CommandError (the monitor refused), DeadlineError,
        InterruptError (Ctrl-C while waiting), ConnectionLostError (outcome unknown), ProtocolError.
        """
        wanted = Command(command, dict(arguments) if arguments is not None else None, oob)
        reply = self.request(wanted, deadline=deadline)
        if isinstance(reply, ErrorReply):
            raise CommandError(reply.class_name, reply.description, command=command, reply=reply.raw)
        return reply.value

    def request(self, command: Command, *, deadline: float | None = None) -> Return | ErrorReply:
        """Send a command and return the whole reply, an error reply included; raises as ``execute``."""
        self._refuse_reader_thread()
        if self.dialect == "hmp":
            raise UsageError(
                f"{self.address} speaks only HMP text, not QMP",
                advice="use the HMP command, or the VM's QMP monitor",
            )
        with self._mutex:
            self._raise_if_over(command.name, False)
            id, data = self._machine.send(command)
            waiter = self._replies.expect(id, command.name)
        if self._tap:
            self._tap("sent", sent_object(command))
        try:
            self._write(data)
            if self.dialect == "agent" and self._is_silent(command):
                return self._outwait(waiter, deadline)
            return self._wait(waiter, deadline)
        except ConnectionLostError as error:
            raise ConnectionLostError(error.reason, address=self.address, command=command.name) from None
        except (DeadlineError, InterruptError, KeyboardInterrupt) as ended:
            self._replies.abandon(waiter)
            if isinstance(ended, KeyboardInterrupt):
                raise InterruptError(command.name) from None
            raise
        finally:
            self._replies.drop(waiter)

    def human(self, line: str, *, cpu: int | None = None, deadline: float | None = None) -> str:
        """Carry out an HMP line and return its text with ``\\n`` line ends.

        Over QMP it travels in human-monitor-command (``cpu`` as cpu-index), on a text monitor as typed.
        The text of a failure is returned like any other; language/hmp_errors.py tells them apart.
        """
        if self._conversation is not None:
            return self._converse(self._conversation, line, deadline)
        arguments: dict[str, Any] = {"command-line": line}
        if cpu is not None:
            arguments["cpu-index"] = cpu
        text = self.execute("human-monitor-command", arguments, deadline=deadline)
        return str(text).replace("\r\n", "\n")

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` with every message from now on, in wire order, in the reader thread.

        Returns the function that ends it. An observer must not call ``execute`` (it would wait for itself).
        """
        with self._lock:
            self._observers.append(observer)

        def end() -> None:
            with self._lock:
                if observer in self._observers:
                    self._observers.remove(observer)

        return end

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``subscriber`` with every event from now on; as ``observe`` for events only."""

        def observer(message: Message) -> None:
            if isinstance(message, Event):
                subscriber(message)

        return self.observe(observer)

    @property
    def lost(self) -> QmonshError | None:
        """Return why the connection ended, or None while it lives."""
        return self._lost

    @property
    def peer_pid(self) -> int | None:
        """Return the pid of the process that listens at the other end, when the transport can tell."""
        pid = getattr(self._transport, "peer_pid", None)
        return int(pid) if pid else None

    @property
    def note(self) -> str:
        """Return what the user should know about this way to the monitor, ``""`` when there is nothing."""
        return str(getattr(self._transport, "note", ""))

    def in_flight(self) -> list[str]:
        """Return the names of the commands that QEMU has not answered yet, abandoned ones included."""
        open_line = self._conversation.open_line if self._conversation is not None else ""
        return self._replies.names() + ([open_line] if open_line else [])

    def interrupt(self, thread: threading.Thread) -> None:
        """End the waits of a thread with InterruptError, this one and all to come, as Ctrl-C does.

        For a face that waits in a thread made for one line. What that thread has not sent is not sent any
        more; a late reply goes to ``on_late``.
        """
        with self._lock:
            self._interrupted.add(thread)
            self._replies.interrupt(thread)
            self._lock.notify_all()

    def close(self) -> None:
        """End the connection; commands in flight fail with ConnectionLostError. May be called twice."""
        self._closing = True
        self._transport.close()
        if self._reader.is_alive() and threading.current_thread() is not self._reader:
            self._reader.join(timeout=5)

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- opening -------------------------------------------------------------------------------

    def _open(self, until: float, timeout: float, oob: bool) -> None:
        if self.dialect != "auto":
            self._machine = self._new_machine(self.dialect)
        self._reader.start()
        if self.dialect == "agent":
            self._synchronise()
            self._await(lambda: self._machine.ready, until, timeout)
            return
        self._await(lambda: self.greeting is not None, until, timeout)
        if self.dialect == "qmp":
            self._negotiate(until, timeout, oob)

    def _synchronise(self) -> None:
        try:
            self._write(self._machine.sync())
        except ConnectionLostError as error:
            words = self._transport.last_words()
            raise opening.early_end(self.address, error, b"", words) from error

    def _negotiate(self, until: float, timeout: float, oob: bool) -> None:
        machine: QmpMachine = self._machine
        assert isinstance(self.greeting, Greeting)
        enable = ("oob",) if oob and "oob" in self.greeting.capabilities else ()
        with self._lock:
            if self._lost is not None:
                raise opening.negotiation_failed(self.address, opening.cause_of(self._lost))
            id, data = machine.negotiate(enable)
            waiter = self._replies.expect(id, "qmp_capabilities")
        try:
            self._write(data)
            reply = self._wait(waiter, max(0.0, until - monotonic()))
        except (ConnectionLostError, ProtocolError) as error:
            words = self._transport.last_words()
            raise opening.negotiation_failed(self.address, opening.cause_of(error), words) from error
        except DeadlineError as error:
            raise opening.no_answer(self.address, self.target, timeout) from error
        finally:
            self._replies.drop(waiter)
        if isinstance(reply, ErrorReply):
            why = f"refused the capabilities negotiation: {reply.description}"
            raise opening.negotiation_failed(self.address, why)
        self.oob = bool(enable)

    def _await(self, ready: Callable[[], bool], until: float, timeout: float) -> None:
        """Wait for the first words of the other end; says what their absence means."""
        with self._lock:
            while not ready():
                if self._lost is not None:
                    words = self._transport.last_words()
                    raise opening.early_end(self.address, self._lost, self._first, words) from self._lost
                left = until - monotonic()
                if left <= 0 and self.dialect == "agent":
                    raise opening.no_agent(self.address, self.target, self._first, timeout)
                if left <= 0:
                    raise opening.silence(self.address, self.target, self._first, timeout)
                talk = self._conversation
                self._lock.wait(talk.pause(left) if talk else left)
                if talk:
                    talk.end_if_quiet()

    # -- waiting -------------------------------------------------------------------------------

    def _wait(self, waiter: Waiter, seconds: float | None) -> Return | ErrorReply:
        reply = self._replies.wait(waiter, seconds)
        if reply is None:
            self._raise_if_lost(waiter.command, True)
            raise ConnectionLostError("closed here", address=self.address, command=waiter.command)
        if reply.id is None:
            with self._lock:
                self._machine.forget(waiter.id)
        return reply

    def _is_silent(self, command: Command) -> bool:
        from qmonsh.wire.agent import SILENT

        return command.name in SILENT

    def _outwait(self, waiter: Waiter, deadline: float | None) -> Return | ErrorReply:
        """Return a failure of a command whose success the agent does not answer, else a Return of ours.

        The agent works in order, so a ping's answer says that no failure will come. A guest that goes down
        or to sleep answers no ping: silence is success too.
        """
        patience = SILENCE if deadline is None else min(SILENCE, deadline)
        try:
            self.request(Command("guest-ping"), deadline=patience)
        except InterruptError:
            raise InterruptError(waiter.command) from None
        except (ConnectionLostError, DeadlineError):
            pass
        if waiter.reply is not None:
            return waiter.reply
        with self._lock:
            self._machine.forget(waiter.id)
        return Return(id=waiter.id, value={}, raw={"return": {}})

    def _converse(self, conversation: Conversation, line: str, deadline: float | None) -> str:
        self._refuse_reader_thread()

        def write(data: bytes) -> None:
            if self._tap:
                self._tap("sent", line)
            self._write(data)

        try:
            return conversation.ask(line, write, deadline)
        except KeyboardInterrupt:
            raise InterruptError(line) from None

    # -- the reader thread ---------------------------------------------------------------------

    def _read(self) -> None:
        try:
            while True:
                data = self._transport.read()
                if not data:
                    break
                self._receive(data)
            if self._conversation is not None:
                self._conversation.end_if_quiet(stream_ended=True)
            self._lose(ConnectionLostError(self._how_it_ended(), address=self.address))
        except QmonshError as error:
            self._lose(error)
        except Exception as error:  # a defect of ours must fail the waiters, not leave them hanging
            self._lose(ProtocolError(f"internal error while reading: {error!r}"))

    def _how_it_ended(self) -> str:
        """Return why the stream ended: a child's last words, the middle of a message, or just so."""
        words = self._transport.last_words()
        if words:
            return words
        cut = getattr(self._machine, "unfinished", 0)
        return f"the other end closed it in the middle of a message ({cut} bytes came)" if cut else CLOSED

    def _receive(self, data: bytes) -> None:
        with self._lock:
            if self._machine is None:
                self._first += data
                if not self._recognise():
                    return
                data = self._first
            elif self.greeting is None and len(self._first) < FIRST_BYTES:
                self._first += data[:FIRST_BYTES]
            if self._conversation is not None:
                self._conversation.hear()
            self._machine.receive_data(data)
            del data  # a large reply must not be held twice
        while True:
            with self._mutex:
                message = self._machine.next_message()
                if message is None:
                    self._notify()
                    return
                # One reply and nothing behind it is the usual case: then back to reading at once, as the
                # caller that was woken gets on only when this thread sleeps.
                is_last = isinstance(message, _REPLIES) and not self._machine.unfinished
            self._deliver(message)
            if is_last:
                return

    def _recognise(self) -> bool:
        from qmonsh.wire.recognise import recognise

        dialect = recognise(self._first)
        if dialect is None:
            return False
        if dialect not in ("qmp", "hmp"):
            raise ProtocolError("this is not a QEMU monitor", excerpt=repr(self._first[:80])[2:-1])
        self.dialect = dialect
        self._machine = self._new_machine(dialect)
        return True

    def _new_machine(self, dialect: str) -> QmpMachine | HmpMachine | AgentMachine:
        """Return the protocol machine of a dialect."""
        # Ids must differ between connections: a reply in flight when a client leaves is delivered to
        # the next one (QEMU-FACTS n).
        prefix = f"q{os.urandom(4).hex()}-"
        if dialect == "qmp":
            from qmonsh.wire.qmp import QmpMachine

            return QmpMachine(id_prefix=prefix)
        if dialect == "hmp":
            from qmonsh.monitor.conversation import Conversation
            from qmonsh.wire.hmp import HmpMachine

            machine = HmpMachine()
            self._conversation = Conversation(
                machine, self._lock, self._raise_if_over, self._deliver, self._transport.close
            )
            return machine
        from qmonsh.wire.agent import AgentMachine

        return AgentMachine(id_prefix=prefix)

    def _deliver(self, message: Message) -> None:
        """Hand one message to the observers, then to whom it belongs; called in wire order.

        Observers come first, so that they have seen a reply before its caller goes on, and without the
        lock, so that a slow one (a full pipe) holds up the wire but not the callers.
        """
        if self._tap:
            self._tap("received", getattr(message, "raw", None) or getattr(message, "text", ""))
        for observer in tuple(self._observers):
            observer(message)
        with self._mutex:
            if isinstance(message, _REPLIES):
                self._settle(message)
            elif isinstance(message, Greeting | Banner):
                self.greeting = message
            elif isinstance(message, Answer) and self._conversation is not None:
                self._report_late(self._conversation.take(message), message)
            self._notify()

    def _notify(self) -> None:
        """Tell those who wait for the condition, if there can be any: replies have waiters of their own."""
        if not self._opened or self._conversation is not None:
            self._lock.notify_all()

    def _settle(self, reply: Return | ErrorReply) -> None:
        self._report_late(self._replies.settle(reply), reply)

    def _report_late(self, command: str | None, reply: Late) -> None:
        if command is not None and self.on_late is not None:
            self.on_late(command, reply)

    def _lose(self, error: QmonshError) -> None:
        with self._lock:
            if self._lost is None:
                self._lost = error
            self._replies.end()
            self._lock.notify_all()
        if self.on_lost is not None and not self._closing:
            self.on_lost(error)

    # -- small things --------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        with self._write_lock:
            self._transport.write(data)

    def _raise_if_over(self, command: str, in_flight: bool) -> None:
        """Raise when the connection was lost or this thread was interrupted."""
        if threading.current_thread() in self._interrupted:
            raise InterruptError(command if in_flight else "")
        self._raise_if_lost(command, in_flight)

    def _raise_if_lost(self, command: str, in_flight: bool) -> None:
        lost = self._lost
        if lost is None:
            return
        if isinstance(lost, ConnectionLostError):
            raise ConnectionLostError(lost.reason, address=self.address, command=command if in_flight else "")
        if isinstance(lost, ProtocolError):
            raise ProtocolError(lost.reason, excerpt=lost.excerpt)
        raise lost

    def _refuse_reader_thread(self) -> None:
        if threading.current_thread() is self._reader:
            raise UsageError("a command cannot be executed inside an observer: it would wait for itself")


def connect(
    target: str | Target,
    *,
    timeout: float = 5.0,
    dialect: str = "auto",
    oob: bool = False,
    observers: tuple[Observer, ...] = (),
    tap: Tap | None = None,
    on_late: Callable[[str, Late], None] | None = None,
    on_lost: Callable[[QmonshError], None] | None = None,
) -> Connection:
    """Connect to a monitor and return the live Connection, greeted and negotiated.

    ``target`` is any spelling of DESIGN section 2 ("/run/vm.qmp", "localhost:4444", "exec:qemu ... -qmp
    stdio"); ``timeout`` covers connection, greeting and negotiation, in seconds. ``observers`` see every
    message from the first on. Raises UsageError (spelling) and ConnectError.
    """
    from qmonsh.transport.open import open_transport

    where = parse_target(target) if isinstance(target, str) else target
    if where.scheme in ("name", "pid"):
        from qmonsh.discover import located

        where = located(where)
    started = monotonic()
    transport = open_transport(where, timeout=timeout)
    return Connection(
        transport,
        dialect=dialect,
        timeout=timeout,
        # A transport that asked the user for a password begins to count when it has it.
        started=getattr(transport, "began", None) or started,
        oob=oob,
        observers=observers,
        tap=tap,
        on_late=on_late,
        on_lost=on_lost,
        target=where,
    )


def sent_object(command: Command) -> dict[str, Any]:
    """Return the QMP object of a command, without id."""
    sent: dict[str, Any] = {"exec-oob" if command.oob else "execute": command.name}
    if command.arguments is not None:
        sent["arguments"] = command.arguments
    return sent
