"""The client's side of the QEMU guest agent's protocol as a state machine.

The agent frames like QMP but has no greeting, no negotiation and no events, and replies to an earlier
client may lie in its channel. So a connection begins with guest-sync-delimited: everything up to its
0xFF is dropped, and the number behind it must be the one sent (QEMU-FACTS "QSD and QGA").

Knows synchronising. Must not know sockets, time or the meaning of a command.

    SYNCING --the number sent comes back--> READY --sync()--> SYNCING
    any --ProtocolError, or the end of the stream once all messages are out--> CLOSED
"""

from __future__ import annotations

from zlib import crc32

from qmonsh.errors import ProtocolError
from qmonsh.wire.exchange import MAX_DEPTH, MAX_MESSAGE, InvalidStateError, JsonExchange, State
from qmonsh.wire.framing import SPACE
from qmonsh.wire.jsontext import decode, encode
from qmonsh.wire.message import Message, Return

#: Never part of UTF-8 text: resets the agent's parser, and marks the reply to guest-sync-delimited.
MARK = b"\xff"

#: Commands that the agent answers only when they fail: guest-info says "success-response": false.
SILENT = frozenset({"guest-shutdown", "guest-suspend-disk", "guest-suspend-hybrid", "guest-suspend-ram"})

_SYNC = "guest-sync-delimited"
_LARGEST_SYNC_REPLY = 4096


class AgentMachine(JsonExchange):
    """One guest agent connection without its I/O; ``sync()`` comes before everything else."""

    def __init__(
        self,
        *,
        id_prefix: str,
        max_message: int = MAX_MESSAGE,
        max_depth: int = MAX_DEPTH,
        long_reply: int = 0,
    ) -> None:
        super().__init__(
            State.SYNCING,
            id_prefix=id_prefix,
            max_message=max_message,
            max_depth=max_depth,
            long_reply=long_reply,
            skip=SPACE + MARK,
        )
        # As the prefix differs between connections, so do the numbers.
        self._sync_number = crc32(id_prefix.encode()) % 2**31
        self._marked = False  # a 0xFF came since sync(): what follows may be the reply to it

    def sync(self) -> bytes:
        """Return the bytes that synchronise; legal in every state but CLOSED. Forgets pending commands.

        A Return with the number as its value, and the number's text as its id, says that it worked.
        """
        if self.state is State.CLOSED:
            raise InvalidStateError("synchronise", self.state)
        self.state = State.SYNCING
        self.pending.clear()
        self._marked = False
        self._sync_number = (self._sync_number + 1) % 2**31
        wire = {"execute": _SYNC, "arguments": {"id": self._sync_number}}
        return MARK + encode(wire, what=_SYNC) + b"\n"

    def _next_message(self) -> Message | None:
        return self._next_synced() if self.state is State.SYNCING else super()._next_message()

    def _next_synced(self) -> Message | None:
        """Return the reply to ``sync()``; drops all else, whatever it is."""
        while self._find_mark():
            try:
                text = self._framer.next_text()
                if text is None:
                    return None
                raw = decode(text)
            except ProtocolError:
                raw = None
            self._marked = False
            if isinstance(raw, dict) and raw.get("return") == self._sync_number:
                self.state = State.READY
                return Return(id=str(self._sync_number), value=self._sync_number, raw=raw)
        return None

    def _find_mark(self) -> bool:
        # The last one: an earlier 0xFF belongs to an earlier sync, its reply possibly cut short.
        if self._framer.drop_through_last(MARK):
            self._marked = True
        elif not self._marked or self._framer.unfinished > _LARGEST_SYNC_REPLY:
            self._framer.clear()
            self._marked = False
        return self._marked
