"""The lexical grammar of a line: words with positions, quotes, balanced JSON, statements of several lines.

Knows how HMP and QMP words are quoted and where they end, always as positions in the whole line so that
every complaint can point. Must not know commands or what a monitor has.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qmonsh.errors import IncompleteLineError, LineError
from qmonsh.language.blank import BLANKS, skip_blanks

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_TRANSACTION = re.compile(r"\s*(?:qmp\s+)?transaction\s*\(")
_KEY = re.compile(r"""[^\s=:"'{}\[\],|>][^\s="'{}\[\],]*?(?=:?=)""")

#: Characters that word processors and web pages put in the place of quotes and blanks.
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\uff07"
ODD_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class Word(NamedTuple):
    """A word of a line: its text without quotes and escapes, and where it stands."""

    text: str
    start: int
    end: int
    quoted: bool = False


class Statement(NamedTuple):
    """One command of a script: its text (several lines for JSON), and the number of its first line."""

    text: str
    number: int


# -- words -----------------------------------------------------------------------------------------


def read_word(line: str, position: int = 0) -> Word | None:
    """Return the HMP word at ``position``, or None at the end of the line.

    A word in double quotes may hold blanks and the escapes ``\\n \\r \\\\ \\' \\"``; another word ends at
    the next blank, quotes inside it are its own. Raises LineError (unclosed quote, unknown escape).
    """
    start = skip_blanks(line, position)
    if start >= len(line):
        return None
    if line[start] == '"':
        return _quoted(line, start, escapes=_ESCAPES)
    end = start
    while end < len(line) and line[end] not in BLANKS:
        end += 1
    return Word(line[start:end], start, end)


def read_words(line: str, position: int = 0) -> list[Word]:
    """Return all HMP words from ``position`` on; raises LineError."""
    words = []
    while (word := read_word(line, position)) is not None:
        words.append(word)
        position = word.end
    return words


def _quoted(line: str, start: int, *, escapes: dict[str, str], strict: bool = True) -> Word:
    """Return the word that the quote at ``start`` opens."""
    quote, position = line[start], start + 1
    text: list[str] = []
    while position < len(line):
        char = line[position]
        if char == quote:
            return Word("".join(text), start, position + 1, True)
        if char == "\\" and position + 1 < len(line):
            following = line[position + 1]
            if following not in escapes:
                if strict:
                    raise LineError(
                        f"'\\{following}' is not an escape",
                        line=line,
                        start=position,
                        end=position + 2,
                        expected=[f"\\{one}" for one in "nr\\'\""],
                    )
                text.append(char)
            text.append(escapes.get(following, following))
            position += 2
            continue
        text.append(char)
        position += 1
    raise unclosed(line, start)


def unclosed(line: str, start: int) -> LineError:
    """Return the error for a quote or bracket at ``start`` that nothing closes."""
    what = "quote" if line[start] in "\"'" else "parenthesis" if line[start] == "(" else "bracket"
    return LineError(f"this {what} is not closed", line=line, start=start, end=start + 1)


class Assignment(NamedTuple):
    """A QMP word ``key=value`` or ``key:=JSON`` with positions; ``value`` is None for a word without ``=``.

    ``is_json`` says that ``:=`` was used; ``quoted`` that the value stood in quotes.
    """

    key: str
    value: str | None
    key_start: int
    key_end: int
    start: int
    end: int
    is_json: bool = False
    quoted: bool = False


def read_assignments(line: str, position: int = 0) -> list[Assignment]:
    """Return the QMP words from ``position`` on; raises LineError (unclosed quote or bracket).

    Values may be quoted with ``"`` or ``'``, and JSON objects and lists may hold blanks.
    """
    found = []
    position = skip_blanks(line, position)
    while position < len(line):
        if line[position] in "\"'":
            assignment, end = _quoted_assignment(line, position)
        else:
            assignment = _assignment(line, position)
            end = assignment.end
        found.append(assignment)
        position = skip_blanks(line, end)
    return found


def _assignment(line: str, start: int) -> Assignment:
    key = _KEY.match(line, start)
    if key is None:
        end = _word_end(line, start)
        return Assignment(line[start:end], None, start, end, end, end)
    is_json = line[key.end()] == ":"
    value_start = key.end() + (2 if is_json else 1)
    word = _value(line, value_start)
    text = line[value_start : word.end] if is_json else word.text
    return Assignment(key[0], text, start, key.end(), value_start, word.end, is_json, word.quoted)


def _quoted_assignment(line: str, start: int) -> tuple[Assignment, int]:
    """Return ``"key=value with blanks"``, the whole word in quotes as a shell has it, and where it ends."""
    word = _closed(line, start)
    key, equals, value = word.text.partition("=")
    middle = start + 1 + len(key)
    if not equals:
        return Assignment(word.text, None, start, word.end, word.end, word.end, quoted=True), word.end
    return Assignment(key, value, start + 1, middle, middle + 1, word.end - 1, quoted=True), word.end


def _value(line: str, start: int) -> Word:
    """Return the value at ``start``: quoted, JSON up to its last bracket, or up to the next blank."""
    char = line[start : start + 1]
    if char in ('"', "'"):
        return _closed(line, start)
    if char in ("{", "["):
        end = json_end(line, start)
        if end is None:
            raise unclosed(line, _innermost_open(line, start))
        if end == len(line) or line[end] in BLANKS:
            return Word(line[start:end], start, end)
    end = _word_end(line, start)
    return Word(line[start:end], start, end)


def _closed(line: str, start: int) -> Word:
    """Return a quoted QMP word, which must be followed by a blank."""
    word = _quoted(line, start, escapes=_ESCAPES, strict=False)
    if word.end < len(line) and line[word.end] not in BLANKS:
        end = _word_end(line, word.end)
        raise LineError("a blank is expected after the closing quote", line=line, start=word.end, end=end)
    return word


def _word_end(line: str, position: int) -> int:
    while position < len(line) and line[position] not in BLANKS:
        position += 1
    return position


# -- balanced brackets -------------------------------------------------------------------------------

#: Strings are skipped whole; one that its line does not close is found as its lone quote.
_TOKEN = re.compile(r""""(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+'|["'{}\[\]()]""")


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
        for found in _TOKEN.finditer(text, start):
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


def _brackets(text: str, start: int) -> Brackets:
    brackets = Brackets()
    brackets.feed(text, start)
    return brackets


def json_end(text: str, start: int) -> int | None:
    """Return where the bracket opened at ``start`` is closed (one past it), or None when it is not."""
    return _brackets(text, start).end


def _innermost_open(text: str, start: int) -> int:
    """Return the position of the quote or bracket that is still open at the end of the text."""
    brackets = _brackets(text, start)
    return brackets.open[-1] if brackets.open else start


# -- statements of several lines -----------------------------------------------------------------------


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
    def pending(self) -> str:
        """The text of the statement that is not finished, or ``""``."""
        return "\n".join(self._lines)

    def add(self, line: str) -> Statement | None:
        """Take the next line, without its line end."""
        self._count += 1
        start: int | None = 0
        if not self._lines:
            if not line.strip() or line.lstrip().startswith("#"):
                return None
            self.number, self._length, self._brackets = self._count, 0, Brackets()
            start = opening(line)
        self._lines.append(line)
        if start is not None:
            self._brackets.feed(line, start, offset=self._length)
            self._length += len(line) + 1
            if self._brackets.end is None and not self._brackets.is_broken:
                return None
        statement = Statement(self.pending, self.number)
        self._lines = []
        return statement


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
    found = _TRANSACTION.match(text)
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
    opened = _innermost_open(text, opening(text) or 0)
    return IncompleteLineError("the statement is not finished", line=text, start=opened, end=opened + 1)


# -- what web pages make of quotes ------------------------------------------------------------------------


def check_characters(line: str) -> None:
    """Refuse quotes and blanks that only look right, with the mended line; raises LineError.

    Pointed at are those outside ASCII quotes: every one in raw JSON; elsewhere odd blanks, and double
    quotes that begin a word or value.
    """
    if line.isascii():
        return
    is_json = line.lstrip().startswith("{")
    suspects = (DOUBLE_QUOTES + SINGLE_QUOTES if is_json else DOUBLE_QUOTES) + ODD_BLANKS + INVISIBLE
    for position in _outside_quotes(line):
        char = line[position]
        if char in suspects and (is_json or _is_lookalike(line, position)):
            raise LineError(
                f"this is {_name_of(char)}, not the ASCII {'blank' if char in ODD_BLANKS else 'quote'}"
                if char not in INVISIBLE
                else f"this is {_name_of(char)}, which cannot be seen",
                line=line,
                start=position,
                end=position + 1,
                mended=mend(line),
            )


def mend(line: str) -> str:
    """Return the line with every look-alike quote and blank replaced by the ASCII one."""
    table = dict.fromkeys(map(ord, DOUBLE_QUOTES), '"') | dict.fromkeys(map(ord, ODD_BLANKS), " ")
    table |= dict.fromkeys(map(ord, INVISIBLE), "")
    if line.lstrip().startswith("{"):
        table |= dict.fromkeys(map(ord, SINGLE_QUOTES), "'" if "'" in line else '"')
    return line.translate(table)


def _outside_quotes(line: str) -> list[int]:
    """Return the positions of the non-ASCII characters that stand outside ASCII double quotes."""
    found = []
    position = 0
    while position < len(line):
        if line[position] == '"':
            found_string = _TOKEN.match(line, position)
            position = position + 1 if found_string is None else found_string.end()
            continue
        if line[position] > "\x7f":
            found.append(position)
        position += 1
    return found


def _is_lookalike(line: str, position: int) -> bool:
    """Tell whether a character stands where a blank or an opening quote would."""
    char = line[position]
    return char in ODD_BLANKS + INVISIBLE or position == 0 or line[position - 1] in BLANKS + "=,"


def _name_of(char: str) -> str:
    import unicodedata

    return f"U+{ord(char):04X} {unicodedata.name(char, '').lower()}".rstrip()
