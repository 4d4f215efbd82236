"""Brackets that must close, and statements of several lines: raw JSON and ``transaction( ... )``.

Knows where a bracket or string ends. Must not know what stands in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qmonsh.errors import IncompleteLineError, LineError
from qmonsh.language.blank import skip_blanks

_CLOSING = {"{": "}", "[": "]", "(": ")"}
# Both are compiled by re when they are first needed: most lines hold no bracket, and start-up counts.
_TRANSACTION = r"\s*(?:qmp\s+)?transaction\s*\("

#: Strings are skipped whole; one that its line does not close is found as its lone quote.
_TOKEN = r""""(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+'|["'{}\[\]()]"""


class Statement(NamedTuple):
    """One command of a script: its text (several lines for JSON), and the number of its first line."""

    text: str
    number: int


class Brackets:
    """The quotes and brackets that are open in a text which may arrive in pieces.

    ``open`` lists their positions, the innermost last; ``end`` is one past the bracket that closed the
    first, or None. ``is_broken`` says that a string was not closed on its line, so that nothing to come
    can mend it. A bracket that closes another kind counts as closing all: the JSON reader says why not.
    """

    def __init__(self) -> None:
        self.open: list[int] = []
        self.end: int | None = None
        self.is_broken = False
        self._kinds: list[str] = []

    def feed(self, text: str, start: int, *, offset: int = 0) -> None:
        """Go on with ``text`` from ``start``; ``offset`` is added to the positions that are noted."""
        for found in re.compile(_TOKEN).finditer(text, start):
            token = found[0]
            if len(token) > 1:
                continue
            if token in "\"'":
                self.open.append(found.start() + offset)
                self.is_broken = True
                return
            if token in _CLOSING:
                self.open.append(found.start() + offset)
                self._kinds.append(_CLOSING[token])
            elif self._close(token):
                self.end = found.end() + offset
                return

    def _close(self, token: str) -> bool:
        self.open.pop()
        return self._kinds.pop() != token or not self.open


def string_end(text: str, start: int) -> int:
    """Return one past the string opened at ``start``, or past its quote when nothing closes it."""
    found = re.compile(_TOKEN).match(text, start)
    return start + 1 if found is None else found.end()


def _brackets(text: str, start: int) -> Brackets:
    brackets = Brackets()
    brackets.feed(text, start)
    return brackets


def json_end(text: str, start: int) -> int | None:
    """Return where the bracket opened at ``start`` is closed (one past it), or None when it is not."""
    return _brackets(text, start).end


def innermost_open(text: str, start: int) -> int:
    """Return the position of the quote or bracket that is still open at the end of the text."""
    brackets = _brackets(text, start)
    return brackets.open[-1] if brackets.open else start


class Gatherer:
    """Joins the lines of raw JSON and ``transaction(`` blocks; each line is looked at once.

    ``add`` returns the statement that a line completes, or None while more must come (blank lines and
    ``#`` comments between statements are skipped). ``pending`` is what waits, ``number`` its first line.
    """

    def __init__(self) -> None:
        self.number = 0
        self._count = 0
        self._lines: list[str] = []
        self._length = 0
        self._brackets = Brackets()

    @property
    def is_open(self) -> bool:
        """Whether a statement waits for more lines."""
        return bool(self._lines)

    @property
    def pending(self) -> str:
        """The text of the statement that is not finished, or ``""``."""
        return "\n".join(self._lines)

    def add(self, line: str) -> Statement | None:
        """Take the next line, without its line end."""
        self._count += 1
        start = 0
        if not self._lines:
            if is_blank(line):
                return None
            self.number = self._count
            opened = opening(line)
            if opened is None:
                return Statement(line, self.number)
            start = opened
            self._length, self._brackets = 0, Brackets()
        self._lines.append(line)
        self._brackets.feed(line, start, offset=self._length)
        self._length += len(line) + 1
        if self._brackets.end is None and not self._brackets.is_broken:
            return None
        statement = Statement(self.pending, self.number)
        self._lines = []
        return statement


def is_blank(line: str) -> bool:
    """Tell whether a line between statements says nothing: it is empty or a comment."""
    text = line.strip()
    return not text or text[0] == "#"


def is_complete(text: str) -> bool:
    """Tell whether the text is a whole statement; False inside raw JSON or ``transaction(``.

    A string that is open at the end of its line can never be closed: that is complete, and wrong.
    """
    start = opening(text)
    if start is None:
        return True
    brackets = _brackets(text, start)
    return brackets.end is not None or brackets.is_broken


def opening(text: str) -> int | None:
    """Return the position of the bracket that must be closed before the statement ends, if there is one."""
    start = skip_blanks(text, 0)
    if text[start : start + 1] == "{":
        return start
    found = re.match(_TRANSACTION, text) if "transaction" in text else None
    return None if found is None else found.end() - 1


def read_statements(text: str) -> list[Statement]:
    """Return the statements of a script; raises IncompleteLineError when the text ends inside one."""
    gatherer = Gatherer()
    found = [statement for line in text.splitlines() if (statement := gatherer.add(line)) is not None]
    if gatherer.pending:
        raise incomplete(gatherer.pending)
    return found


def incomplete(text: str) -> IncompleteLineError:
    """Return the error for a statement that is still open."""
    from qmonsh.language.secrets import starred

    opened = innermost_open(text, opening(text) or 0)
    shown = starred(text)
    return IncompleteLineError("the statement is not finished", line=shown, start=opened, end=opened + 1)


def unclosed(line: str, start: int) -> LineError:
    """Return the error for a quote or bracket at ``start`` that nothing closes."""
    what = "quote" if line[start] in "\"'" else "parenthesis" if line[start] == "(" else "bracket"
    return LineError(f"this {what} is not closed", line=line, start=start, end=start + 1)
