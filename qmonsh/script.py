"""Lines of input: from -c, files and stdin, joined to statements.

Knows files, line numbers and which lines belong together. Must not know what a line means.
"""

from __future__ import annotations

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
        error = IncompleteLineError("the input ends inside this statement", line=gatherer.pending)
        error.origin = first
        yield error


def _undecodable(line: Line) -> LineError | None:
    """Return what is wrong with a line whose bytes are no UTF-8 (they arrive as surrogates)."""
    try:
        line.text.encode()
    except UnicodeEncodeError as found:
        text = line.text.rstrip("\r\n")
        error = LineError("this is not UTF-8 text", line=text, start=found.start, end=found.end)
        error.origin = line.origin
        return error
    return None


def script_lines(path: str) -> Iterator[Line]:
    """Return the lines of a script as they arrive; ``-`` is stdin. Raises UsageError when unreadable."""
    name = "stdin" if path == "-" else path
    try:
        stream = _stdin() if path == "-" else open(path, encoding="utf-8-sig", errors="surrogateescape")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', error)}") from None
    return _numbered(stream, name)


def _stdin() -> TextIO:
    """Return stdin, whose undecodable bytes spoil their own line only."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    return sys.stdin


def _numbered(stream: TextIO, name: str) -> Iterator[Line]:
    number = 0
    try:
        while text := stream.readline():
            number += 1
            yield Line(text, f"{name}:{number}")
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
    finally:
        if stream is not sys.stdin:
            stream.close()
