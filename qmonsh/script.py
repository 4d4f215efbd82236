"""Lines of input: from -c, files and stdin, joined to statements.

Knows files, line numbers and which lines belong together. Must not know what a line means.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from typing import NamedTuple, TextIO

from qmonsh.errors import IncompleteLineError, LineError, UsageError


class Line(NamedTuple):
    """One line of input and where it stands ("script.qm:3", "" for COMMAND)."""

    text: str
    origin: str = ""


def statements(lines: Iterable[Line]) -> Iterator[Line | LineError]:
    """Join the lines of JSON objects and transactions that span several; skip blanks and comments.

    A statement that is still open at the end of the input is returned as the error that says so.
    """
    from qmonsh.language.statement import Gatherer

    gatherer = Gatherer()
    first = ""
    for line in lines:
        if not gatherer.is_open:
            first = line.origin
        wrong = _undecodable(line)
        if wrong is not None:
            yield wrong
            continue
        statement = gatherer.add(line.text.rstrip("\r\n"))
        if statement is not None:
            yield Line(statement.text, first)
    if gatherer.is_open:
        from qmonsh.language.secrets import starred

        error = IncompleteLineError("the input ends inside this statement", line=starred(gatherer.pending))
        error.origin = first
        yield error


def _undecodable(line: Line) -> LineError | None:
    """Return what is wrong with a line whose bytes are no UTF-8 (they arrive as surrogates)."""
    if line.text.isascii():
        return None
    try:
        line.text.encode()
    except UnicodeEncodeError as found:
        text = line.text.rstrip("\r\n")
        error = LineError("this is not UTF-8 text", line=text, start=found.start, end=found.end)
        error.origin = line.origin
        return error
    return None


def script_lines(path: str) -> Script:
    """Return the lines of a script as they arrive; ``-`` is stdin. Raises UsageError when unreadable."""
    name = "stdin" if path == "-" else path
    try:
        if path == "-":
            return Script(_stdin(), name)
        return Script(open(path, encoding="utf-8-sig", errors="surrogateescape"), name)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None


def _stdin() -> TextIO | _Pipe:
    """Return stdin, whose undecodable bytes spoil their own line only."""
    if not isinstance(sys.stdin, TextIOWrapper):
        return sys.stdin
    if not stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
        return _Pipe(sys.stdin.fileno())
    sys.stdin.reconfigure(errors="surrogateescape")
    return sys.stdin


class Script:
    """The numbered lines of a file or stdin."""

    def __init__(self, stream: TextIO | _Pipe, name: str) -> None:
        self._stream = stream
        self._name = name
        self._number = 0

    def __iter__(self) -> Script:
        return self

    def __next__(self) -> Line:
        try:
            text = self._stream.readline()
        except OSError as error:
            raise UsageError(f"cannot read {self._name}: {error.strerror}") from None
        if not text:
            self.close()
            raise StopIteration
        self._number += 1
        return Line(text, f"{self._name}:{self._number}")

    def close(self) -> None:
        """Close the file; stdin stays open."""
        if self._stream is not sys.stdin:
            self._stream.close()
        self._stream = io.StringIO()

    def would_wait(self) -> bool:
        """Tell whether the next statement is still to come through a pipe."""
        if not isinstance(self._stream, _Pipe):
            return False
        from qmonsh.language.statement import is_blank

        while (line := self._stream.at_hand()) is not None:
            if not line or not is_blank(line):
                return False
            next(self)
        return True


class _Pipe:
    """Lines out of a descriptor that may stay open, and whether the next one is there already."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = bytearray()
        self._searched = 0
        self._at_end = False

    def readline(self) -> str:
        """Return the next line with its end, ``""`` at the end of the input; waits for it."""
        while (end := self._end()) is None:
            self._fill()
        line = bytes(self._pending[:end])
        del self._pending[:end]
        self._searched = 0
        return line.decode("utf-8", "surrogateescape")

    def at_hand(self) -> str | None:
        """Return the line that readline would, left where it is; None when it would wait."""
        while (end := self._end()) is None:
            if not self._is_readable(0):
                return None
            self._fill()
        return self._pending[:end].decode("utf-8", "surrogateescape")

    def close(self) -> None:
        """Leave the descriptor to whoever opened it."""

    def _end(self) -> int | None:
        found = self._pending.find(b"\n", self._searched)
        if found >= 0:
            return found + 1
        self._searched = len(self._pending)
        return len(self._pending) if self._at_end else None

    def _is_readable(self, seconds: float | None) -> bool:
        from select import select

        return bool(select([self._descriptor], [], [], seconds)[0])

    def _fill(self) -> None:
        try:
            chunk = os.read(self._descriptor, 1 << 16)
        except BlockingIOError:  # somebody who shares the descriptor made it so
            self._is_readable(None)
            return
        self._at_end = not chunk
        self._pending += chunk
