"""The client's side of QMP as a state machine: bytes in, messages out; commands in, bytes out.

Knows the states of a QMP connection (docs/interop/qmp-spec), ids and which command waits for which.
Must not know sockets, time or the meaning of a command.

    GREETING --Greeting--> NEGOTIATION --Return of qmp_capabilities--> READY
    NEGOTIATION --ErrorReply to qmp_capabilities--> CLOSED
    any --ProtocolError, or the end of the stream once all messages are out--> CLOSED

Events are handed out in every state. A response counts only when its id is pending: one still in flight
when an earlier client left is delivered to the next, even before the greeting (QEMU-FACTS n).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from qmonsh.errors import ProtocolError
from qmonsh.wire.framing import JsonFramer, excerpt
from qmonsh.wire.jsontext import decode, encode
from qmonsh.wire.message import Command, ErrorReply, Greeting, Ignored, Message, Return
from qmonsh.wire.shape import message_of
from qmonsh.wire.state import InvalidStateError

MAX_MESSAGE = 256 * 1024 * 1024
MAX_DEPTH = 512


class State(Enum):
    """Where a QMP connection stands."""

    GREETING = "waiting for the greeting"
    NEGOTIATION = "greeted, capabilities not negotiated"
    READY = "taking commands"
    CLOSED = "ended"


class QmpMachine:
    """One QMP connection without its I/O.

    ``id_prefix`` must differ between connections; ids are the prefix and a counter. ``pending`` maps the
    ids of commands without a reply to their names, oldest first. ``max_message`` is in bytes,
    ``max_depth`` in levels of nesting.
    """

    def __init__(self, *, id_prefix: str, max_message: int = MAX_MESSAGE, max_depth: int = MAX_DEPTH) -> None:
        self.state = State.GREETING
        self.pending: dict[str, str] = {}
        self.eof = False
        self._framer = JsonFramer(max_message=max_message, max_depth=max_depth)
        self._id_prefix = id_prefix
        self._sent = 0
        self._negotiation_id = ""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the monitor; ``b""`` is the end of the stream. Ignored in CLOSED."""
        if self.state is State.CLOSED:
            return
        if data:
            self._framer.receive(data)
        else:
            self.eof = True

    def next_message(self) -> Message | None:
        """Return the next message, or None when more bytes are needed or the stream has ended.

        Raises ProtocolError when the bytes are not QMP; the machine is CLOSED then.
        """
        if self.state is State.CLOSED:
            return None
        try:
            value = self._next_value()
        except ProtocolError:
            self._close()
            raise
        if value is not None:
            return self._transition(message_of(value[0]))
        if self.eof:
            self.state = State.CLOSED
        return None

    @property
    def unfinished(self) -> int:
        """Return the number of bytes received of a message whose end has not come."""
        return self._framer.unfinished

    def negotiate(self, enable: Sequence[str] = ()) -> tuple[str, bytes]:
        """Return the id and the bytes of ``qmp_capabilities``; legal once, in NEGOTIATION."""
        if self.state is not State.NEGOTIATION or self._negotiation_id:
            raise InvalidStateError("negotiate", self.state)
        arguments = {"enable": list(enable)} if enable else None
        self._negotiation_id, data = self._encode(Command("qmp_capabilities", arguments))
        return self._negotiation_id, data

    def send(self, command: Command) -> tuple[str, bytes]:
        """Return the id given to a command and its bytes, one line of ASCII; legal in READY.

        Raises InvalidStateError in other states, LineError when JSON cannot carry the arguments.
        """
        if self.state is not State.READY:
            raise InvalidStateError(f"send {command.name}", self.state)
        return self._encode(command)

    def forget(self, id: str) -> None:
        """Stop waiting for the reply to ``id``; when it comes it is Ignored."""
        self.pending.pop(id, None)

    def fail_oldest(self) -> str | None:
        """Stop waiting for the oldest command and return its id: the one an id-less error is blamed on."""
        oldest = next(iter(self.pending), None)
        if oldest is not None:
            del self.pending[oldest]
        return oldest

    def _encode(self, command: Command) -> tuple[str, bytes]:
        name = f"{self._id_prefix}{self._sent + 1}"
        wire: dict[str, Any] = {"exec-oob" if command.oob else "execute": command.name}
        if command.arguments is not None:
            wire["arguments"] = command.arguments
        wire["id"] = name
        data = encode(wire, what=command.name) + b"\n"
        self._sent += 1
        self.pending[name] = command.name
        return name, data

    def _next_value(self) -> tuple[Any] | None:
        """Return the next JSON value in a 1-tuple (it may be null)."""
        if self.state is State.GREETING:
            start = self._framer.peek()
            if start and not start.startswith(b"{"):
                raise ProtocolError("this is not a QMP monitor", excerpt=excerpt(start))
        text = self._framer.next_text()
        return None if text is None else (decode(text),)

    def _transition(self, message: Message) -> Message:
        if isinstance(message, Greeting):
            return self._greet(message)
        if isinstance(message, Return | ErrorReply):
            return self._answer(message)
        return message

    def _greet(self, greeting: Greeting) -> Message:
        if self.state is not State.GREETING:
            return Ignored("second greeting", greeting.raw)
        self.state = State.NEGOTIATION
        return greeting

    def _answer(self, reply: Return | ErrorReply) -> Message:
        if reply.id is None:
            # Before the greeting nothing was sent, so it answers somebody else's bytes.
            return Ignored("error before the greeting", reply.raw) if self.state is State.GREETING else reply
        if self.pending.pop(reply.id, None) is None:
            return Ignored("unknown id", reply.raw)
        if reply.id == self._negotiation_id and self.state is State.NEGOTIATION:
            if isinstance(reply, Return):
                self.state = State.READY
            else:
                self._close()
        return reply

    def _close(self) -> None:
        self.state = State.CLOSED
        self._framer.clear()
