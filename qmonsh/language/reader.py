"""The lexical grammar of a line: words with positions, quotes, balanced JSON.

Knows how HMP and QMP words are quoted and where they end, always as positions in the whole line so that
every complaint can point. Must not know commands or what a monitor has. Statements of several lines are in
statement.py (and to be had from here too).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qmonsh.errors import LineError
from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.statement import Gatherer as Gatherer
from qmonsh.language.statement import Statement as Statement
from qmonsh.language.statement import innermost_open, unclosed
from qmonsh.language.statement import is_complete as is_complete
from qmonsh.language.statement import json_end as json_end
from qmonsh.language.statement import read_statements as read_statements

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_KEY = re.compile(r"""[^\s=:"'{}\[\],|>][^\s="'{}\[\],]*?(?=:?=)""")


class Word(NamedTuple):
    """A word of a line: its text without quotes and escapes, and where it stands."""

    text: str
    start: int
    end: int
    quoted: bool = False


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
            raise unclosed(line, innermost_open(line, start))
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
