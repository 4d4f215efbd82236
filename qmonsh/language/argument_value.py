"""How the values of HMP's arguments are spelled: text at a position -> value, and where it ends.

Knows words and quotes, option lists, on and off, times, MiB, sizes, ``/fmt``, expressions across blanks. Must
not know which argument is being read, nor what else the line holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.expression import NumberProblem, read_expression, read_seconds, read_size
from qmonsh.language.reader import json_end, read_word
from qmonsh.language.rule import KINDS

_FORMAT = re.compile(r"/([0-9]*)([^\s]*)")
_FORMAT_LETTERS = "oxduicbhwgL"
_FORMATS = (*"xduoci", *"bhwg")
_NEAR_ON_OFF = {"yes": "on", "true": "on", "1": "on", "no": "off", "false": "off", "0": "off"}


class ValueProblem(Exception):
    """What stands from ``start`` to ``end`` is no such value: why, what is, and which may be meant."""

    def __init__(
        self, problem: str, start: int, end: int, *, expected: tuple[str, ...], nearest: str = ""
    ) -> None:
        self.problem = problem
        self.start = start
        self.end = end
        self.expected = expected
        self.nearest = nearest
        super().__init__(problem)


def _word(line: str, start: int) -> tuple[str, int]:
    word = read_word(line, start)
    assert word is not None, "there is a word at start"
    return word.text, word.end


def _options(line: str, start: int) -> tuple[str, int]:
    """Return an option list: a word, or a JSON object with blanks."""
    end = json_end(line, start) if line[start] == "{" else None
    return _word(line, start) if end is None else (line[start:end], end)


def _rest_or_quoted(line: str, start: int) -> tuple[str, int]:
    """Return an option list that takes the rest of the line, unless it is quoted as a whole."""
    if line[start] == '"':
        word = read_word(line, start)
        if word is not None and skip_blanks(line, word.end) == len(line):
            return word.text, word.end
    return _rest(line, start)


def _word_or_rest(line: str, start: int) -> tuple[str, int]:
    word, end = _word(line, start)
    return (word, end) if skip_blanks(line, end) == len(line) else _rest(line, start)


def _rest(line: str, start: int) -> tuple[str, int]:
    return line[start:].rstrip(BLANKS), len(line)


def _on_off(line: str, start: int) -> tuple[bool, int]:
    text, end = _word(line, start)
    low = text.lower()
    if text not in ("on", "off"):
        near = _NEAR_ON_OFF.get(low, low if low in ("on", "off") else "")
        problem = f"'{text}' is neither on nor off"
        raise ValueProblem(problem, start, end, expected=("on", "off"), nearest=near)
    return text == "on", end


def _time(line: str, start: int) -> tuple[str, int]:
    """Return when a password expires; QEMU before 10 takes any other word for 1970."""
    text, end = _word(line, start)
    if not re.fullmatch(r"now|never|\+?[0-9]+", text):
        near = next((one for one in ("now", "never") if one[:2] == text.lower()[:2]), "")
        raise ValueProblem(f"'{text}' is no time", start, end, expected=(KINDS["time"][1],), nearest=near)
    return text, end


def _mib(line: str, start: int) -> tuple[int | None, int]:
    value, end = read_expression(line, start)
    if value is not None and not 0 <= value < 1 << 43:
        raise NumberProblem("a positive number of MiB is expected", start)
    return None if value is None else value << 20, end


def _size(line: str, start: int) -> tuple[int, int]:
    return _whole_word(line, read_size(line, start), start)


def _seconds(line: str, start: int) -> tuple[Any, int]:
    return _whole_word(line, read_seconds(line, start), start)


def _whole_word(line: str, read: tuple[Any, int], start: int) -> tuple[Any, int]:
    value, end = read
    if end < len(line) and line[end] not in BLANKS:
        raise NumberProblem("a number with a known suffix is expected", start)
    return value, end


def _format(line: str, start: int) -> tuple[str, int]:
    """Return a ``/fmt``, "" where there is none."""
    found = _FORMAT.match(line, start)
    if found is None:
        return "", start
    for position, letter in enumerate(found[2], found.start(2)):
        if letter not in _FORMAT_LETTERS:
            raise ValueProblem(f"'{letter}' is no format", position, position + 1, expected=_FORMATS)
    return found[0], found.end()


#: By the reading of a kind (rule.py): a line and where the value begins -> the value, and where it ends.
#: They raise ValueProblem, NumberProblem, LineError.
READINGS: dict[str, Callable[[str, int], tuple[Any, int]]] = {
    "word": _word,
    "options": _options,
    "options-rest": _rest_or_quoted,
    "rest": _rest,
    "word-or-rest": _word_or_rest,
    "onoff": _on_off,
    "time": _time,
    "expr": read_expression,
    "mib": _mib,
    "size": _size,
    "seconds": _seconds,
    "fmt": _format,
}
