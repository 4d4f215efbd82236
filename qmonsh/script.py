"""Lines of input: from -c, files and stdin, joined to statements.

Knows files, line numbers and which lines belong together. Must not know what a line means.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import NamedTuple, TextIO

from qmonsh.errors import IncompleteLineError, LineError, UsageError
from qmonsh.language.statement import Gatherer


class Line(NamedTuple):
    """One line of input and where it stands ("script.qm:3", "" for COMMAND)."""

    text: str
    origin: str = ""


class Statements:
    """The statements of one source after another: the lines of JSON objects and transactions are joined.

    Blank lines and comments are skipped. A statement ends with its source at the latest: one that is still
    open there is returned as the error that says so.
    """

    def __init__(self, *sources: Script) -> None:
        self._sources = list(sources)
        self._gatherer = Gatherer()
        self._first = ""
        self._next: Line | LineError | None = None

    def __iter__(self) -> Statements:
        return self

    def __next__(self) -> Line | LineError:
        statement = self._next or self._gather(waits=True)
        self._next = None
        if statement is None:
            raise StopIteration
        return statement

    def at_hand(self) -> Line | LineError | None:
        """Return the next statement, left where it is; None when it is still to come, or none is."""
        if self._next is None:
            try:
                self._next = self._gather(waits=False)
            except UsageError:  # unreadable: its turn finds out
                return None
        return self._next

    def would_wait(self) -> bool:
        """Tell whether the next statement is still to come through a pipe."""
        return self.at_hand() is None and bool(self._sources)

    def close(self) -> None:
        """Close the sources that were not read to their end."""
        for source in self._sources:
            source.close()

    def _gather(self, *, waits: bool) -> Line | LineError | None:
        while self._sources and (waits or self._sources[0].has_line()):
            line = next(self._sources[0], None)
            statement = self._end_source() if line is None else self._add(line)
            if statement is not None:
                return statement
        return None

    def _add(self, line: Line) -> Line | LineError | None:
        if not self._gatherer.is_open:
            self._first = line.origin
        wrong = _undecodable(line)
        if wrong is not None:
            return wrong
        statement = self._gatherer.add(line.text.rstrip("\r\n"))
        return None if statement is None else Line(statement.text, self._first)

    def _end_source(self) -> LineError | None:
        del self._sources[0]
        if not self._gatherer.is_open:
            return None
        from qmonsh.language.secrets import starred

        shown = starred(self._gatherer.pending)
        error = IncompleteLineError("the input ends inside this statement", line=shown)
        error.origin = self._first
        self._gatherer = Gatherer()
        return error


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


def typed_lines(text: str) -> Script:
    """Return the lines of a -c or of COMMAND; a quoted one may hold several."""
    return Script(io.StringIO(text), "")


def script_lines(path: str) -> Script:
    """Return the lines of a script as they arrive; ``-`` is stdin. Raises UsageError when unreadable."""
    try:
        if path == "-":
            return _stdin()
        stream = open(path, encoding="utf-8-sig", errors="surrogateescape")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None
    # Nobody can tell whether a fifo has a line without taking it out of the stream's hands.
    is_file = _is_file(stream.fileno())
    return Script(stream, path, has_line=lambda: is_file)


def _stdin() -> Script:
    """Return the lines of stdin, whose undecodable bytes spoil their own line only."""
    stream = sys.stdin
    if not isinstance(stream, TextIOWrapper):
        return Script(stream, "stdin")
    if _is_file(stream.fileno()):
        stream.reconfigure(errors="surrogateescape")
        return Script(stream, "stdin")
    pipe = _Pipe(stream.fileno())
    return Script(pipe, "stdin", has_line=pipe.has_line)


def _is_file(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


class Script:
    """The numbered lines of a file or stdin, or those without a name that were typed.

    ``has_line()`` tells whether the next line, or the end, is there without waiting for it.
    """

    def __init__(
        self, stream: TextIO | _Pipe, name: str, *, has_line: Callable[[], bool] = lambda: True
    ) -> None:
        self.has_line = has_line
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
        return Line(text, f"{self._name}:{self._number}" if self._name else "")

    def close(self) -> None:
        """Close the file; stdin stays open."""
        if self._stream is not sys.stdin:
            self._stream.close()
        self._stream = io.StringIO()


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

    def has_line(self) -> bool:
        """Tell whether readline would not wait."""
        while self._end() is None:
            if not self._is_readable(0):
                return False
            self._fill()
        return True

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
