"""Where one JSON value ends and the next begins in a stream of bytes, by structure alone.

QEMU separates messages with ``\\r\\n`` (qemu-ga with ``\\n``) but promises no line: ``pretty=on`` spreads
a message over many, a vendor's build may send none. So a message ends at its closing brace.

Knows brackets, strings and escapes. Must not know what a value means, nor whether it is valid JSON
inside (jsontext.py says that).

Linear in the bytes received and flat in memory: each byte is looked at once, by C primitives on
windows of at most 64 KiB; the buffer is one bytearray that is decoded in place.
"""

from __future__ import annotations

import re
from itertools import accumulate

from qmonsh.errors import ProtocolError

SPACE = b" \t\r\n"
EXCERPT = 80
#: The largest top-level string or number; no monitor sends any, so this only bounds the search for its end.
SCALAR = 4096

#: A buffer of so few bytes is copied without a thought.
_SMALL = 256
#: The longest line that is worth a try without a look at its structure.
_SHORT = 1000
#: Bytes that QEMU sends behind a value.
_LINE_END = 2
_BRACE = 0x7B
_FIRST_WINDOW = 512
_LARGEST_WINDOW = 64 * 1024

# One translate() drops all but quotes and brackets and turns these into +1 and -1 as signed bytes. Which
# kind of bracket closes which is left to the JSON decoder.
_STEPS = bytes.maketrans(b"{[}]", b"\x01\x01\xff\xff")
_CLOSE = b"\xff"
_PAIR = b"\x01" + _CLOSE
#: Levels that are struck out before the brackets are rather looked at one by one.
_HIGHEST = 16
_UNSTRUCTURAL = bytes(byte for byte in range(256) if byte not in b'"{}[]')

# These are compiled by re when they are first needed, as start-up counts: monitors send few bytes that do.
_TOKEN = rb'"[^"]*"?|[][{}]'
# Strings, numbers and the three words; where these begin, more bytes may make one of what is there.
_SCALAR = rb'(?s)"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null'
_SCALAR_START = rb'(?s)"(?:[^"\\]|\\.)*\\?|-|-?[0-9][-+.0-9eE]*|t(?:rue?)?|tr|f(?:alse?)?|fal?|n(?:ull?)?|nu'


def excerpt(data: bytes | bytearray) -> str:
    """Return the start of ``data`` as text for an error message, undecodable bytes as ``\\xNN``."""
    return bytes(data[: 4 * EXCERPT]).decode("utf-8", "backslashreplace")[:EXCERPT]


class JsonFramer:
    """Cuts received bytes into whole JSON values.

    ``skip`` are the bytes that may stand between values. Objects and arrays end at their bracket,
    strings at their quote, other scalars at the byte behind them.
    """

    def __init__(self, *, max_message: int, max_depth: int, skip: bytes = SPACE) -> None:
        self._max_message = max_message
        self._max_depth = max_depth
        self._skip = skip
        # What is so short cannot be over a limit: each level of nesting takes two bytes.
        self._short = min(_SHORT, max_message, 2 * max_depth)
        self._buffer = bytearray()
        self._scanned = 0  # bytes of the buffer whose structure is known; 0 at the start of a value
        self._depth = 0
        self._in_string = False
        self._escaped = False  # the last byte scanned was a backslash that escapes the next one
        self._shallow = 0  # brackets behind which the depth was 1: the value's own, and the end of each child
        #: Objects and arrays right inside the value that was taken last.
        self.children = 0

    def receive(self, data: bytes) -> None:
        """Add received bytes."""
        self._buffer += data

    def clear(self) -> None:
        """Drop everything received, and the memory it holds."""
        self._buffer = bytearray()
        self._start_value()

    @property
    def unfinished(self) -> int:
        """Return how many bytes wait for the rest of their value."""
        return len(self._buffer)

    def peek(self) -> bytes:
        """Return the first bytes of the value that is next, at most enough for an excerpt."""
        self._skip_space()
        return bytes(self._buffer[: 4 * EXCERPT])

    def drop_through_last(self, mark: bytes) -> bool:
        """Drop everything through the last ``mark`` and return True; do nothing when there is none."""
        at = self._buffer.rfind(mark)
        if at < 0:
            return False
        del self._buffer[: at + len(mark)]
        self._start_value()
        return True

    def short_line(self) -> bytes:
        """Return the line at the start of the buffer when it may be an object, else b""; takes nothing away.

        Most messages are one: if the JSON decoder takes all of it, to search for its end would be in vain.
        """
        self._skip_space()  # the line end behind a value that was found by its structure
        end = 0 if self._scanned else self._buffer.find(b"\n", 0, self._short) + 1
        return bytes(self._buffer[:end]) if end and self._buffer[0] == _BRACE else b""

    def drop(self, length: int) -> None:
        """Drop so many bytes, which are whole values."""
        del self._buffer[:length]

    def next_text(self) -> str | None:
        """Return the text of the next whole value, or None when more bytes are needed.

        Raises ProtocolError for bytes that cannot begin a value, values over the size or depth limit
        and invalid UTF-8.
        """
        self._skip_space()
        if not self._buffer:
            return None
        end = self._find_end() if self._buffer[0] in b"{[" else self._find_scalar_end()
        if (end or self._scanned) > self._max_message:
            raise ProtocolError(
                f"a message is longer than the limit of {self._max_message} bytes (max_reply)",
                excerpt=excerpt(self._buffer),
            )
        return self._take(end) if end else None

    def _skip_space(self) -> None:
        if self._scanned or not self._buffer or self._buffer[0] not in self._skip:
            return
        if len(self._buffer) <= _SMALL:
            self._buffer = self._buffer.lstrip(self._skip)
            return
        if self._buffer[1] not in self._skip or self._buffer[2] not in self._skip:
            del self._buffer[: 2 if self._buffer[1] in self._skip else 1]  # as nearly always: one line end
            return
        match = re.match(b"[" + re.escape(self._skip) + b"]*", self._buffer)
        # The match must be gone before the buffer can shrink: it exports the buffer.
        end = match.end() if match else 0
        del match
        del self._buffer[:end]

    def _find_end(self) -> int:
        """Return the length of the object or array at the start of the buffer, or 0 when it is unfinished."""
        while self._scanned < len(self._buffer):
            start = self._scanned
            # Doubling windows: what is scanned in vain behind the end is never more than the value.
            size = min(max(start, _FIRST_WINDOW), _LARGEST_WINDOW)
            if start == 0:
                # A line that is a message is the usual case: then nothing at all is scanned in vain.
                size = self._buffer.find(b"\n", 0, size) + 1 or size
            window = bytes(self._buffer[start : start + size])
            self._scanned += len(window)
            end = self._scan(window)
            if end:
                return start + end
            if self._scanned > self._max_message:
                break
        return 0

    def _scan(self, window: bytes) -> int:
        """Follow the structure through ``window``; return the offset behind the value's end, or 0."""
        clean = self._without_escapes(window)
        in_string = self._in_string
        if in_string and b'"' not in clean:
            return 0
        marks = clean.translate(_STEPS, _UNSTRUCTURAL)
        # Two quotes without a bracket between them change nothing, whether they open or close.
        parts = marks.replace(b'""', b"").split(b'"')
        steps = b"".join(parts[in_string::2])
        self._in_string = in_string ^ (len(parts) % 2 == 0)
        if self._goes_on(steps):
            return 0
        depths = list(accumulate(memoryview(steps).cast("b")))
        if -self._depth in depths:
            number = depths.index(-self._depth) + 1
            self._follow(depths[:number])
            if number == len(depths) and not self._in_string:
                last = max(clean.rfind(b"}"), clean.rfind(b"]"))
                if clean.find(b'"', last) < 0:  # so this bracket stands outside strings
                    return last + 1
            return _offset_of_bracket(clean, number, in_string)
        self._follow(depths)
        return 0

    def _goes_on(self, steps: bytes) -> bool:
        """Return whether neither the value nor a child clearly ends among these brackets; follow them if so.

        What opens and closes among them is struck out pair by pair, the innermost first: much quicker than
        to look at each bracket, as nearly all windows of a large value need.
        """
        rest, height = steps, 0
        while (shorter := rest.replace(_PAIR, b"")) != rest:
            rest, height = shorter, height + 1
            if height > _HIGHEST:
                return False
        closing = rest.count(_CLOSE)
        opening = len(rest) - closing
        if closing >= self._depth - 1 or self._depth + opening + height > self._max_depth:
            return False
        self._depth += opening - closing
        return True

    def _without_escapes(self, window: bytes) -> bytes:
        """Return ``window`` with escaped quotes and backslashes blanked out, in the same length."""
        if self._escaped and window[:1] in b'"\\':  # another byte is blanked nowhere else either
            window = b"_" + window[1:]
        self._escaped = False
        if b"\\" not in window:
            return window
        window = window.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        self._escaped = window.endswith(b"\\")
        return window

    def _follow(self, depths: list[int]) -> None:
        """Follow brackets behind which the depth is each of these, counted from the present one."""
        if not depths:
            return
        if self._depth + max(depths) > self._max_depth:
            raise ProtocolError(
                f"a message is nested deeper than {self._max_depth} levels (max_depth)",
                excerpt=excerpt(self._buffer),
            )
        self._shallow += depths.count(1 - self._depth)
        self._depth += depths[-1]

    def _find_scalar_end(self) -> int:
        """Return the length of the string, number or word at the start of the buffer, or 0."""
        head = bytes(self._buffer[:SCALAR])
        match = re.match(_SCALAR, head)
        if match and (match.end() < len(head) or head.startswith(b'"')):
            return match.end()
        if len(head) < SCALAR and re.fullmatch(_SCALAR_START, head):
            return 0
        raise ProtocolError("this is not a message", excerpt=excerpt(head))

    def _take(self, end: int) -> str:
        """Remove the value from the buffer and return its text; never copies it as bytes."""
        text, bad = None, b""
        try:
            with memoryview(self._buffer) as whole, whole[:end] as part:
                text = str(part, "utf-8")
        except UnicodeDecodeError as error:
            bad = bytes(self._buffer[max(0, error.start - 40) : error.start + 40])
        if text is None:  # raised outside the handler: UnicodeDecodeError holds a copy of all the bytes
            raise ProtocolError("a message is not valid UTF-8", excerpt=excerpt(bad))
        if len(self._buffer) - end <= _LINE_END and not self._buffer[end:].strip(self._skip):
            self._buffer = bytearray()  # gives the memory back before the text is decoded
        else:
            del self._buffer[:end]
        self.children = max(0, self._shallow - 1)
        self._start_value()
        return text

    def _start_value(self) -> None:
        self._scanned = 0
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._shallow = 0


def _offset_of_bracket(clean: bytes, number: int, in_string: bool) -> int:
    """Return the offset behind the ``number``-th bracket outside strings (1 is the first)."""
    start = clean.index(b'"') + 1 if in_string else 0
    for token in re.compile(_TOKEN).finditer(clean, start):
        if clean[token.start()] != 0x22:  # a quote
            number -= 1
            if number == 0:
                return token.end()
    raise AssertionError("the bracket was counted before it was looked for")
