"""Lines of input: from -c, files and stdin, joined to statements.

Knows files, line numbers and which lines belong together. Must not know what a line means.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

from qmonsh.errors import IncompleteLineError, LineError, UsageError


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input and where it stands ("script.qm:3", "" for COMMAND)."""

    text: str
    origin: str = ""


def statements(lines: Iterable[Line]) -> Iterator[Line | LineError]:
    """Join the lines of JSON objects and transactions that span several; skip blanks and comments.

    A statement that is still open at the end of the input is returned as the error that says so.
    """
    from qmonsh.language.reader import is_complete

    pending: Line | None = None
    for line in lines:
        text = line.text.rstrip("\r\n")
        if pending is not None:
            pending = Line(f"{pending.text}\n{text}", pending.origin)
        elif not text.strip() or text.lstrip().startswith("#"):
            continue
        else:
            pending = Line(text, line.origin)
        if is_complete(pending.text):
            yield pending
            pending = None
    if pending is not None:
        error = IncompleteLineError("the input ends inside this statement", line=pending.text)
        error.origin = pending.origin
        yield error


def script_lines(path: str) -> Iterator[Line]:
    """Return the lines of a script as they arrive; ``-`` is stdin. Raises UsageError when unreadable."""
    name = "stdin" if path == "-" else path
    try:
        stream = sys.stdin if path == "-" else open(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return _numbered(stream, name)


def _numbered(stream: TextIO, name: str) -> Iterator[Line]:
    number = 0
    try:
        while text := stream.readline():
            number += 1
            yield Line(text, f"{name}:{number}")
    except UnicodeDecodeError:
        raise UsageError(f"{name}:{number + 1}: this is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None
    finally:
        if stream is not sys.stdin:
            stream.close()
