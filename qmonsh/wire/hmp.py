"""The client's side of an HMP text monitor as a state machine: bytes in, answers out.

The text monitor has no framing: a banner, then for each line an echo (echo.py) and the output, up to the
next prompt. An output that holds a prompt cannot be told from its end by its bytes, so the machine only says
``maybe_complete``; the driver waits until the monitor is quiet and then calls ``complete()``.

Knows banner, prompts and what the line editor does to bytes. Must not know sockets, time or HMP commands.

    BANNER --banner and prompt--> IDLE --send()--> BUSY --complete()--> IDLE
    any --ProtocolError, or the end of the stream--> CLOSED
"""

from __future__ import annotations

import re
from enum import Enum

from qmonsh.errors import LineError, ProtocolError
from qmonsh.wire.echo import Echo
from qmonsh.wire.exchange import InvalidStateError
from qmonsh.wire.framing import excerpt
from qmonsh.wire.message import Answer, Banner, Ignored, Message

PROMPT = b"(qemu) "
PASSWORD_PROMPT = b"Password: "
MAX_ANSWER = 256 * 1024 * 1024
#: Bytes of a line: QEMU cuts longer ones and executes the rest-less line (QEMU-FACTS 0.3).
MAX_LINE = 4095
#: Bytes that may stand before the banner: an earlier client's answer, firmware output on a shared chardev.
MAX_BEFORE_BANNER = 1024 * 1024

_BANNER = re.compile(rb"QEMU (\S{1,80}) monitor - [^\r\n]{0,400}\r?\n")
_LONGEST_BANNER = 512
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


class HmpState(Enum):
    """Where a text monitor stands."""

    BANNER = "waiting for the banner"
    IDLE = "at the prompt"
    BUSY = "waiting for an answer"
    CLOSED = "ended"


class HmpMachine:
    """One text monitor without its I/O; one line at a time. ``max_answer`` is in bytes."""

    def __init__(self, *, max_answer: int = MAX_ANSWER) -> None:
        self.state = HmpState.BANNER
        self.eof = False
        self._max_answer = max_answer
        self._buffer = bytearray()
        self._line = b""
        self._echo: Echo | None = None
        self._banner: Banner | None = None
        self._searched = 0  # where the search for banner and prompt goes on

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the monitor; ``b""`` is the end of the stream. Ignored in CLOSED."""
        if self.state is HmpState.CLOSED:
            return
        if not data:
            self.eof = True
        self._buffer += data
        if self._echo is not None and self._echo.remove(self._buffer):
            self._echo = None

    def next_message(self) -> Message | None:
        """Return the Banner once, or Ignored for text that answers no line; None when there is nothing.

        Answers come from ``complete()``. Raises ProtocolError when there is no banner or the answer is too
        long; the machine is CLOSED then.
        """
        message = self._next_message()
        if message is None and self.eof:
            self.state = HmpState.CLOSED
        return message

    @property
    def maybe_complete(self) -> bool:
        """Return whether what came ends with a prompt: the answer is whole, if no more comes for a while."""
        return (
            self.state is HmpState.BUSY
            and (self._echo is None or self._echo.plain)
            and self._buffer.endswith(PROMPT)
        )

    @property
    def password_prompt(self) -> bool:
        """Return whether the monitor may be asking for a password: ``send_password()`` goes on."""
        return self.state is HmpState.BUSY and self._echo is None and self._buffer.endswith(PASSWORD_PROMPT)

    @property
    def partial(self) -> str:
        """Return the text that came for the line in work so far, for a stream that ended in the middle."""
        return _text(self._buffer) if self._line and self._echo is None else ""

    def complete(self) -> Answer | None:
        """Take the prompt at the end for the end of the answer and return it; None when there is none."""
        if not self.maybe_complete:
            return None
        del self._buffer[-len(PROMPT) :]
        if self._echo is not None:
            _remove_plain_echo(self._buffer, self._line)
            self._echo = None
        text = _text(self._buffer)
        self._buffer = bytearray()
        self._line = b""
        self.state = HmpState.IDLE
        return Answer(text)

    def send(self, line: str) -> bytes:
        """Return the bytes of ``line``; legal in IDLE.

        Raises LineError for what the line editor would not take as it stands: control characters, lines
        over 4095 bytes, characters with a byte 0x9B (it swallows what follows). InvalidStateError in
        other states.
        """
        if self.state is not HmpState.IDLE:
            raise InvalidStateError("send a line", self.state)
        self._line = _encode(line)
        self._expect(self._line)
        self.state = HmpState.BUSY
        return self._line + b"\n"

    def send_password(self, password: str) -> bytes:
        """Return the bytes of a password; legal while ``password_prompt``. Raises as ``send``."""
        if not self.password_prompt:
            raise InvalidStateError("send a password", self.state)
        data = _encode(password, secret=True)
        del self._buffer[-len(PASSWORD_PROMPT) :]
        self._expect(b"*" * len(data))
        return data + b"\n"

    def _expect(self, shown: bytes) -> None:
        self._echo = Echo(shown)

    def _next_message(self) -> Message | None:
        if self.state is HmpState.BANNER:
            return self._find_banner()
        if self.state is HmpState.IDLE:
            return self._unasked()
        if len(self._buffer) > self._max_answer:
            raise self._broken(f"an answer is longer than the limit of {self._max_answer} bytes (max_reply)")
        return None

    def _find_banner(self) -> Banner | None:
        if self._banner is None:
            self._banner = self._cut_banner()
        at = -1 if self._banner is None else self._buffer.find(PROMPT, self._searched)
        if at < 0:
            self._limit_search()
            return None
        del self._buffer[: at + len(PROMPT)]
        self.state = HmpState.IDLE
        return self._banner

    def _cut_banner(self) -> Banner | None:
        """Remove everything through the banner's line from the buffer and return what it says."""
        match = _BANNER.search(self._buffer, self._searched)
        if match is None:
            return None
        banner, end = Banner(_text(match[0]).rstrip("\n"), _text(match[1])), match.end()
        del match  # it exports the buffer, which then cannot shrink
        del self._buffer[:end]
        self._searched = 0
        return banner

    def _limit_search(self) -> None:
        if len(self._buffer) > MAX_BEFORE_BANNER:
            raise self._broken("this is not a QEMU monitor: there is no banner with a prompt")
        self._searched = max(0, len(self._buffer) - _LONGEST_BANNER)

    def _unasked(self) -> Ignored | None:
        """Return text that came without a line sent: the rest of an answer whose end was mistaken."""
        if not self._buffer:
            return None
        text = _text(self._buffer.replace(PROMPT, b""))
        self._buffer.clear()
        return Ignored("text without a line", text) if text.strip() else None

    def _broken(self, reason: str) -> ProtocolError:
        error = ProtocolError(reason, excerpt=excerpt(self._buffer))
        self.state = HmpState.CLOSED
        self._buffer = bytearray()
        return error


def _encode(line: str, *, secret: bool = False) -> bytes:
    """Return the bytes of a line that the editor takes as they stand; ``secret`` keeps it out of errors."""
    shown = "" if secret else line
    control = _CONTROL.search(line)
    if control:
        raise LineError(
            f"a control character ({control[0]!r}) cannot be sent to a text monitor",
            line=shown,
            start=0 if secret else control.start(),
            end=0 if secret else control.end(),
        )
    try:
        data = line.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        start, end = (0, 0) if secret else (error.start, error.end)
        raise LineError("the line cannot be sent as UTF-8", line=shown, start=start, end=end) from None
    if len(data) > MAX_LINE:
        raise LineError(
            f"the line has {len(data)} bytes; a text monitor cuts it after {MAX_LINE} and executes that",
            line=shown,
            start=len(data[:MAX_LINE].decode("utf-8", "ignore")),
        )
    if b"\x9b" in data:
        start = len(data[: data.index(b"\x9b")].decode("utf-8", "ignore"))
        raise LineError(
            f"the line editor of a text monitor swallows the character {line[start]!r}",
            line=shown,
            start=start,
            end=start + 1,
            advice="use the QMP monitor",
        )
    return data


def _remove_plain_echo(buffer: bytearray, line: bytes) -> None:
    for end in (b"\r\n", b"\n"):
        if buffer.startswith(line + end):
            del buffer[: len(line + end)]
            return


def _text(data: bytes | bytearray) -> str:
    # As human-monitor-command does it: what is not UTF-8 becomes U+FFFD.
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
