"""The client's side of QMP as a state machine: bytes in, messages out; commands in, bytes out.

Knows the states of a QMP connection (docs/interop/qmp-spec). Must not know sockets, time or the meaning
of a command.

    GREETING --Greeting--> NEGOTIATION --Return of qmp_capabilities--> READY
    NEGOTIATION --ErrorReply to qmp_capabilities--> CLOSED
    any --ProtocolError, or the end of the stream once all messages are out--> CLOSED

Events are handed out in every state. A response counts only when its id is pending: one still in flight
when an earlier client left is delivered to the next, even before the greeting (QEMU-FACTS n).
"""

from __future__ import annotations

from collections.abc import Sequence

from qmonsh.errors import ProtocolError
from qmonsh.wire.exchange import MAX_DEPTH, MAX_MESSAGE, RESPONSES, InvalidStateError, JsonExchange
from qmonsh.wire.exchange import State as State
from qmonsh.wire.framing import excerpt
from qmonsh.wire.message import Command, ErrorReply, Greeting, Ignored, Message, Return


class QmpMachine(JsonExchange):
    """One QMP connection without its I/O."""

    def __init__(
        self,
        *,
        id_prefix: str,
        max_message: int = MAX_MESSAGE,
        max_depth: int = MAX_DEPTH,
        long_reply: int = 0,
    ) -> None:
        super().__init__(
            State.GREETING,
            id_prefix=id_prefix,
            max_message=max_message,
            max_depth=max_depth,
            long_reply=long_reply,
        )
        self._negotiation_id = ""

    def negotiate(self, enable: Sequence[str] = ()) -> tuple[str, bytes]:
        """Return the id and the bytes of ``qmp_capabilities``; legal once, in NEGOTIATION."""
        if self.state is not State.NEGOTIATION or self._negotiation_id:
            raise InvalidStateError("negotiate", self.state)
        arguments = {"enable": list(enable)} if enable else None
        self._negotiation_id, data = self._encode(Command("qmp_capabilities", arguments))
        return self._negotiation_id, data

    def _next_message(self) -> Message | None:
        if self.state is State.GREETING:
            start = self._framer.peek()
            if start and not start.startswith(b"{"):
                raise ProtocolError("this is not a QMP monitor", excerpt=excerpt(start))
        return super()._next_message()

    def _settle(self, message: Message) -> Message:
        if isinstance(message, Greeting):
            return self._greet(message)
        if self.state is State.GREETING and isinstance(message, ErrorReply) and message.id is None:
            return Ignored("error before the greeting", message.raw)
        settled = super()._settle(message)
        if self.state is State.NEGOTIATION and isinstance(settled, RESPONSES):
            self._negotiated(settled)
        return settled

    def _greet(self, greeting: Greeting) -> Message:
        if self.state is not State.GREETING:
            return Ignored("second greeting", greeting.raw)
        self.state = State.NEGOTIATION
        return greeting

    def _negotiated(self, reply: Return | ErrorReply) -> None:
        if reply.id != self._negotiation_id:
            return
        if isinstance(reply, Return):
            self.state = State.READY
        else:
            self._close()
