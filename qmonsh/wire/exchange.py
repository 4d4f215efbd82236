"""What QMP and the guest agent's protocol have in common: JSON messages, ids, commands awaiting replies.

Knows framing, ids and which command waits for which reply. Must not know what either dialect does before
it takes commands (qmp.py, agent.py), nor sockets, time or the meaning of a command.
"""

from __future__ import annotations

from enum import Enum

from qmonsh.errors import ProtocolError
from qmonsh.wire.framing import SPACE, JsonFramer
from qmonsh.wire.jsontext import decode, encode
from qmonsh.wire.message import Command, ErrorReply, Ignored, Message, Return
from qmonsh.wire.shape import message_of

#: The messages that answer a command.
RESPONSES = (Return, ErrorReply)
#: Bytes of one message. The largest replies known (all properties of all devices) have 5 MB.
MAX_MESSAGE = 256 * 1024 * 1024
#: Levels of nesting; deep ones are real (backing chains), but Python's decoder ends below 1000.
MAX_DEPTH = 512

_EXECUTE = b'{"execute":'
_OOB = b'{"exec-oob":'


class State(Enum):
    """Where a connection stands; which of these a dialect knows is drawn in its module."""

    GREETING = "waiting for the greeting"
    NEGOTIATION = "greeted, capabilities not negotiated"
    SYNCING = "waiting for the guest agent to synchronise"
    READY = "taking commands"
    CLOSED = "ended"


class InvalidStateError(RuntimeError):
    """A machine was asked for what its state does not allow: a mistake of the caller, not of the peer."""

    def __init__(self, what: str, state: Enum) -> None:
        self.what = what
        self.state = state
        super().__init__(f"cannot {what} in state {state.name}")


class JsonExchange:
    """A connection that carries JSON both ways, without its I/O.

    ``id_prefix`` must differ between connections; ids are the prefix and a counter. ``pending`` maps the
    ids of commands without a reply to their names, oldest first. ``max_message`` is in bytes,
    ``max_depth`` in levels of nesting. A list that is the value of a reply of more than ``long_reply``
    characters comes as a LongList (0: never). ``eof`` says that the stream has ended.
    """

    def __init__(
        self,
        state: State,
        *,
        id_prefix: str,
        max_message: int = MAX_MESSAGE,
        max_depth: int = MAX_DEPTH,
        long_reply: int = 0,
        skip: bytes = SPACE,
    ) -> None:
        self.state = state
        self.pending: dict[str, str] = {}
        self.eof = False
        self._framer = JsonFramer(max_message=max_message, max_depth=max_depth, skip=skip)
        self._long_reply = long_reply
        self._id_prefix = id_prefix
        self._sent = 0

    @property
    def ready(self) -> bool:
        """Return whether commands can be sent."""
        return self.state is State.READY

    @property
    def unfinished(self) -> int:
        """Return the number of bytes received of a message whose end has not come."""
        return self._framer.unfinished

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the other end; ``b""`` is the end of the stream. Ignored in CLOSED."""
        if self.state is State.CLOSED:
            return
        if data:
            self._framer.receive(data)
        else:
            self.eof = True

    def next_message(self) -> Message | None:
        """Return the next message, or None when more bytes are needed or the stream has ended.

        Raises ProtocolError when the bytes are not of the protocol; the machine is CLOSED then.
        """
        if self.state is State.CLOSED:
            return None
        try:
            message = self._next_message()
        except ProtocolError:
            self._close()
            raise
        if message is None and self.eof:
            # What is unfinished stays, for the driver to say that a reply was cut.
            self.state = State.CLOSED
        return message

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

    def _next_message(self) -> Message | None:
        line = self._framer.short_line()
        if line:
            try:
                value = decode(line.decode())
            except (ProtocolError, UnicodeDecodeError):
                pass  # not a value by itself, or a broken one: the structure tells which
            else:
                self._framer.drop(len(line))
                return self._settle(message_of(value))
        text = self._framer.next_text()
        if text is None:
            return None
        message = self._long_return(text) if 0 < self._long_reply < len(text) else None
        return self._settle(message or message_of(decode(text)))

    def _long_return(self, text: str) -> Return | None:
        if self._framer.children != 1:
            return None
        from qmonsh.wire.long_list import long_return

        return long_return(text)

    def _settle(self, message: Message) -> Message:
        """End the wait of the command that ``message`` answers; a response nobody waits for is Ignored.

        Ids are matched, replies never counted: one bad line can yield several errors (QEMU-FACTS h).
        """
        if not isinstance(message, RESPONSES) or message.id is None:
            return message
        if self.pending.pop(message.id, None) is None:
            return Ignored("unknown id", message.raw)
        return message

    def _encode(self, command: Command) -> tuple[str, bytes]:
        name = f"{self._id_prefix}{self._sent + 1}"
        what = command.name
        # Put together of its parts: to encode an object takes three times as long as a string.
        data = (_OOB if command.oob else _EXECUTE) + encode(what, what=what)
        if command.arguments is not None:
            data += b',"arguments":' + encode(command.arguments, what=what)
        data += b',"id":' + encode(name, what=what) + b"}\n"
        self._sent += 1
        self.pending[name] = command.name
        return name, data

    def _close(self) -> None:
        self.state = State.CLOSED
        self._framer.clear()
