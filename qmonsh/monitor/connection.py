"""Connection: a protocol machine over a transport, safe to use from several threads.

Knows commands and their waits: deadlines, interrupts, lost connections, late replies. Must not know what a
command means, how a line becomes one, or how anything is shown. What comes is taken by incoming.py, who
reads it is decided by turns.py, who waits for what is known by replies.py.

    from qmonsh import connect

    with connect("/tmp/vm0.qmp") as monitor:
        print(monitor.execute("query-status")["status"])
        print(monitor.human("info network"))

Whoever reads hands every message out in the order of the wire; callers wait for their own reply (matched
by id). A wait that ends early (deadline, Ctrl-C) leaves the connection usable: the reply that comes late
goes to ``on_late`` and is never taken for another's. Only a Ctrl-C in the very moment in which the main
thread takes a message ends the connection: nobody could tell what was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, QmonshError
from qmonsh.monitor.handshake import Handshake
from qmonsh.monitor.incoming import Incoming, Late, Observer, Tap
from qmonsh.monitor.replies import Replies, Reply, Waiter
from qmonsh.monitor.requests import Requests
from qmonsh.monitor.turns import Turns
from qmonsh.target import Target, parse_target
from qmonsh.transport.base import Transport
from qmonsh.wire.message import Banner, Command, ErrorReply, Event, Greeting, Message, whole

if TYPE_CHECKING:
    import threading
    from types import TracebackType


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
        max_reply: int = 0,
        max_depth: int = 0,
    ) -> None:
        self.address = transport.address
        self.target = target
        self.oob = False
        self.on_late = on_late
        self.on_lost = on_lost
        self._transport = transport
        self._replies = Replies()
        self._closing = False
        self._incoming = Incoming(
            transport,
            dialect=dialect,
            observers=observers,
            tap=tap,
            settle=self._replies.settle,
            report_late=self._report_late,
            check=lambda command, in_flight: self._requests.raise_if_over(command, in_flight),
            on_end=self._end,
            max_reply=max_reply,
            max_depth=max_depth,
        )
        self._turns = Turns(
            f"qmonsh reader {self.address}",
            take=self._incoming.take,
            ready=getattr(transport, "ready", None),
            torn=self._incoming.tear,
            is_owed=self._replies.is_owed,
        )
        self._requests = Requests(transport, self._incoming, self._replies, self._turns, tap)
        try:
            self._open((monotonic() if started is None else started) + timeout, timeout, oob)
        except BaseException:
            self.close()
            raise

    def _open(self, until: float, timeout: float, oob: bool) -> None:
        handshake = Handshake(
            self._transport,
            self._incoming,
            self._replies,
            self._turns,
            target=self.target,
            until=until,
            timeout=timeout,
        )
        self.oob = handshake.shake(oob=oob)
        self._incoming.is_open = True
        self._turns.attend()

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
        return whole(reply.value)

    def request(self, command: Command, *, deadline: float | None = None) -> Reply:
        """Send a command and return the whole reply, an error reply included; raises as ``execute``."""
        return self._requests.wait(self._requests.send(command), deadline)

    def send(self, command: Command) -> Waiter:
        """Send a command whose reply is fetched later; ``receive`` or ``abandon`` must follow."""
        return self._requests.send(command)

    def receive(self, waiter: Waiter, *, deadline: float | None = None) -> Reply:
        """Return the reply to what ``send`` sent, ``deadline`` in seconds from now; raises as ``execute``."""
        return self._requests.wait(waiter, deadline)

    def abandon(self, waiter: Waiter) -> None:
        """Wait no more for what ``send`` sent; its reply goes to ``on_late``."""
        self._requests.abandon(waiter)

    def human(self, line: str, *, cpu: int | None = None, deadline: float | None = None) -> str:
        """Carry out an HMP line and return its text with ``\\n`` line ends.

        Over QMP it travels in human-monitor-command (``cpu`` as cpu-index), on a text monitor as typed.
        The text of a failure is returned like any other; language/hmp_errors.py tells them apart.
        """
        if self._incoming.conversation is not None:
            return self._requests.converse(self._incoming.conversation, line, deadline)
        arguments: dict[str, Any] = {"command-line": line}
        if cpu is not None:
            arguments["cpu-index"] = cpu
        text = self.execute("human-monitor-command", arguments, deadline=deadline)
        return str(text).replace("\r\n", "\n")

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer`` with every message from now on, in wire order, in whichever thread reads it.

        Returns the function that ends it. An observer must not call ``execute`` (it would wait for itself).
        """
        incoming = self._incoming
        with incoming.mutex:
            incoming.observers.append(observer)

        def end() -> None:
            with incoming.mutex:
                if observer in incoming.observers:
                    incoming.observers.remove(observer)

        return end

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``subscriber`` with every event from now on; as ``observe`` for events only."""

        def observer(message: Message) -> None:
            if isinstance(message, Event):
                subscriber(message)

        return self.observe(observer)

    @property
    def dialect(self) -> str:
        """Return what the other end speaks: "qmp", "hmp" or "agent"."""
        return self._incoming.dialect

    @property
    def greeting(self) -> Greeting | Banner | None:
        """Return what the monitor said first; None for an agent."""
        return self._incoming.greeting

    @property
    def lost(self) -> QmonshError | None:
        """Return why the connection ended, or None while it lives."""
        return self._incoming.lost

    @property
    def peer_pid(self) -> int | None:
        """Return the pid of the process that listens at the other end, when the transport can tell."""
        pid = getattr(self._transport, "peer_pid", None)
        return int(pid) if pid else None

    @property
    def note(self) -> str:
        """Return what the user should know about this way to the monitor, ``""`` when there is nothing."""
        return str(getattr(self._transport, "note", ""))

    @property
    def is_at_ease(self) -> bool:
        """Return whether the connection lives and what came last was short: another reply may come."""
        return self._incoming.lost is None and self._incoming.was_short

    def in_flight(self) -> list[str]:
        """Return the names of the commands that QEMU has not answered yet, abandoned ones included."""
        conversation = self._incoming.conversation
        open_line = conversation.open_line if conversation is not None else ""
        return self._replies.names() + ([open_line] if open_line else [])

    def interrupt(self, thread: threading.Thread) -> None:
        """End the waits of a thread with InterruptError, this one and all to come, as Ctrl-C does.

        For a face that waits in a thread made for one line, which is not the main thread: that one is
        interrupted by signals. What that thread has not sent is not sent any more; a late reply goes to
        ``on_late``.
        """
        self._requests.interrupt(thread)

    def close(self) -> None:
        """End the connection; commands in flight fail with ConnectionLostError. May be called twice."""
        self._closing = True
        self._transport.close()
        self._turns.end()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _report_late(self, command: str, reply: Late) -> None:
        if self.on_late is not None:
            self.on_late(command, reply)

    def _end(self, error: QmonshError) -> None:
        self._replies.end()
        if self.on_lost is not None and not self._closing:
            self.on_lost(error)


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
    max_reply: int = 0,
    max_depth: int = 0,
) -> Connection:
    """Connect to a monitor and return the live Connection, greeted and negotiated.

    ``target`` is any spelling of DESIGN section 2 ("/run/vm.qmp", "localhost:4444", "exec:qemu ... -qmp
    stdio"); ``timeout`` covers connection, greeting and negotiation, in seconds. ``observers`` see every
    message from the first on. A reply of more than ``max_reply`` bytes (0: 256 MiB) or ``max_depth``
    levels of nesting (0: 512) ends the connection.
    Raises UsageError (spelling) and ConnectError.
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
        max_reply=max_reply,
        max_depth=max_depth,
    )
