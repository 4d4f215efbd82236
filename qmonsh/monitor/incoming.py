"""What comes from the wire: bytes to messages, messages to the observers and then to whom they belong.

Knows which dialect speaks, the order of the wire, the first words and how a stream ends. Must not know who
reads (turns.py), nor who waits for which reply (replies.py).
"""

from __future__ import annotations

import os
import threading
from binascii import b2a_base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qmonsh.errors import ConnectionLostError, ProtocolError, QmonshError
from qmonsh.transport.base import Transport
from qmonsh.wire.message import Answer, Banner, ErrorReply, Event, Greeting, Message, Return

if TYPE_CHECKING:
    from qmonsh.monitor.conversation import Conversation

#: How much of the first bytes is kept, to say what greeted when it was no monitor.
FIRST_BYTES = 256
#: Characters of a reply beyond which a list is decoded while it is walked: decoding takes long enough then
#: (0.1 s) to be noticed, and next to no reply is so long.
LONG_REPLY = 4 * 1024 * 1024

CLOSED = "the other end closed it"
TORN = "an interrupt hit while a message was being taken"

_REPLIES = (Return, ErrorReply)
_GREETINGS = (Greeting, Banner)
Observer = Callable[[Message], None]
#: A reply that nobody waits for any more.
Late = Return | ErrorReply | Answer
Tap = Callable[[str, Any], None]


class Incoming:
    """The stream from the other end and the protocol machine that it feeds.

    ``settle(reply)`` hands a response to its waiter and returns the command it answers when nobody waits
    any more, ``report_late(command, reply)`` says so; ``check(line, in_flight)`` raises when the connection
    was lost or the thread interrupted; ``on_end(error)`` is told why the stream ended. ``changed`` is over
    ``mutex``: told when something came that the opening or a text monitor may wait for. ``max_reply``
    is in bytes, ``max_depth`` in levels of nesting; 0 leaves the limit to wire/.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        dialect: str,
        observers: tuple[Observer, ...],
        tap: Tap | None,
        settle: Callable[[Return | ErrorReply], str | None],
        report_late: Callable[[str, Late], None],
        check: Callable[[str, bool], None],
        on_end: Callable[[QmonshError], None],
        max_reply: int = 0,
        max_depth: int = 0,
    ) -> None:
        self.dialect = dialect
        self.greeting: Greeting | Banner | None = None
        self.lost: QmonshError | None = None
        self.observers = list(observers)
        self.mutex = threading.RLock()
        self.changed = threading.Condition(self.mutex)
        self.machine: Any = None
        self.conversation: Conversation | None = None
        self.first = b""
        #: Whether what came last came in one piece.
        self.was_short = True
        #: Whether nobody waits for ``changed`` any more but those who talk to a text monitor.
        self.is_open = False
        self._max_reply = max_reply
        self._max_depth = max_depth
        self._transport = transport
        self._tap = tap
        self._settle = settle
        self._report_late = report_late
        self._check = check
        self._on_end = on_end
        self._handing_out = 0
        if dialect != "auto":
            self.machine = self._new_machine(dialect)

    @property
    def is_handed_out_here(self) -> bool:
        """Return whether the calling thread is in the midst of handing out a message (to an observer)."""
        return self._handing_out == threading.get_ident()

    def speak(self, dialect: str) -> bool:
        """Take what comes for this dialect from now on; False when bytes have come meanwhile."""
        with self.mutex:
            if self.first:
                return False
            self.dialect = dialect
            self.machine = self._new_machine(dialect)
            return True

    def take(self) -> bool:
        """Read once and hand out what came; False when the stream has ended, by that or before."""
        try:
            if self._receive():
                return self.lost is None
            if self.conversation is not None:
                self.conversation.end_if_quiet(stream_ended=True)
            reason = how_it_ended(self._transport.last_words(), self.machine)
            self.lose(ConnectionLostError(reason, address=self._transport.address))
        except QmonshError as error:
            self.lose(error)
        except Exception as error:  # a defect of ours must fail the waiters, not leave them hanging
            self.lose(ProtocolError(f"internal error while reading: {error!r}"))
        return False

    def lose(self, error: QmonshError) -> None:
        """Take note that nothing comes any more; the first reason counts."""
        with self.changed:
            if self.lost is not None:
                return
            self.lost = error
            self.changed.notify_all()
        self._on_end(error)

    def tear(self) -> None:
        """Take note that an interrupt may have lost bytes or a message: the rest cannot be trusted."""
        self.lose(ConnectionLostError(TORN, address=self._transport.address))

    def hand_out(self, message: Message) -> None:
        """Hand one message to the observers, then to whom it belongs; called in wire order.

        Observers come first, so that they have seen a reply before its caller goes on, and without the
        mutex, so that a slow one (a full pipe) holds up the wire but not the callers.
        """
        self._handing_out = threading.get_ident()
        try:
            if self._tap:
                self._tap("received", getattr(message, "raw", None) or getattr(message, "text", ""))
            for observer in tuple(self.observers):
                observer(message)
        finally:
            self._handing_out = 0
        with self.mutex:
            if isinstance(message, _REPLIES):
                late = self._settle(message)
                if late is not None:
                    self._report_late(late, message)
            elif isinstance(message, Event):
                pass
            elif isinstance(message, _GREETINGS):
                self.greeting = message
            elif isinstance(message, Answer) and self.conversation is not None:
                line = self.conversation.take(message)
                if line is not None:
                    self._report_late(line, message)
            self._notify()

    def _receive(self) -> bool:
        """Read once; False at the end of the stream."""
        data = self._transport.read()
        if not data:
            return False
        with self.mutex:
            if self.machine is None:
                self.first += data
                if not self._recognise():
                    return True
                data = self.first
            elif self.greeting is None and len(self.first) < FIRST_BYTES:
                self.first += data[:FIRST_BYTES]
            if self.conversation is not None:
                self.conversation.hear()
            self.was_short = not getattr(self.machine, "unfinished", 0)
            self.machine.receive_data(data)
            del data  # a large reply must not be held twice
        while True:
            with self.mutex:
                message = self.machine.next_message()
                if message is None:
                    self._notify()
                    return True
                # One reply and nothing behind it is the usual case: then back to reading at once, as the
                # caller that was woken gets on only when this thread sleeps.
                is_last = isinstance(message, _REPLIES) and not self.machine.unfinished
            self.hand_out(message)
            if is_last:
                return True

    def _notify(self) -> None:
        """Tell those who wait for the condition, if there can be any: replies have waiters of their own."""
        if not self.is_open or self.conversation is not None:
            self.changed.notify_all()

    def _recognise(self) -> bool:
        dialect = recognised(self.first)
        if dialect is None:
            return False
        self.dialect = dialect
        self.machine = self._new_machine(dialect)
        return True

    def _new_machine(self, dialect: str) -> Any:
        """Return the protocol machine of a dialect; a text monitor's has a conversation beside it."""
        machine = new_machine(
            dialect, max_reply=self._max_reply, max_depth=self._max_depth, long_reply=LONG_REPLY
        )
        if dialect == "hmp":
            from qmonsh.monitor.conversation import Conversation

            self.conversation = Conversation(
                machine, self.changed, self._check, self.hand_out, self._transport.close
            )
        return machine


def recognised(first: bytes) -> str | None:
    """Return the dialect that first bytes tell, None while more are needed; raises ProtocolError."""
    from qmonsh.wire.recognise import recognise

    dialect = recognise(first)
    if dialect not in ("qmp", "hmp", None):
        raise ProtocolError("this is not a QEMU monitor", excerpt=repr(first[:80])[2:-1])
    return dialect


def new_machine(dialect: str, *, max_reply: int, max_depth: int, long_reply: int = 0) -> Any:
    """Return the protocol machine of a dialect; ``max_reply`` is in bytes, 0 leaves a limit to wire/.

    Lists in replies of more than ``long_reply`` characters are LongLists (0: none is).
    """
    if dialect == "hmp":
        from qmonsh.wire.hmp import HmpMachine

        return HmpMachine(**_given(max_answer=max_reply))
    limits = _given(max_message=max_reply, max_depth=max_depth, long_reply=long_reply)
    # Ids must differ between connections: a reply in flight when a client leaves is delivered to the next
    # one (QEMU-FACTS n). They are short, 30 random bits: QEMU reads a monitor byte by byte, 6 us each.
    prefix = b2a_base64(os.urandom(4))[:5].decode()
    if dialect == "qmp":
        from qmonsh.wire.qmp import QmpMachine

        return QmpMachine(id_prefix=prefix, **limits)
    from qmonsh.wire.agent import AgentMachine

    return AgentMachine(id_prefix=prefix, **limits)


def how_it_ended(last_words: str, machine: Any) -> str:
    """Return why a stream ended: a child's last words, the middle of a message, or just so."""
    if last_words:
        return last_words
    cut = getattr(machine, "unfinished", 0)
    return f"the other end closed it in the middle of a message ({cut} bytes came)" if cut else CLOSED


def _given(**limits: int) -> dict[str, int]:
    return {name: limit for name, limit in limits.items() if limit}
