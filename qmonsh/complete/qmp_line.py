"""The words of a QMP command: ``key=value``, dotted keys, values of each argument's type.

Knows how such words are cut at the cursor. Must not know HMP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.hmp_line import Found
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.qmp_arguments import argument_keys, argument_values
from qmonsh.errors import LineError
from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.reader import Assignment, read_assignments
from qmonsh.language.statement import json_end

_KEY = re.compile(r"[^\s=\"'{}\[\]]+:?=")
_BLANK = re.compile(f"[{BLANKS}]")
_CLOSED = {quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", re.DOTALL) for quote in ('"', "'")}


def complete_words(
    look: Inquiry,
    command: str,
    text: str,
    position: int,
    *,
    below: str = "",
    before: Mapping[str, str] | None = None,
) -> Found:
    """Return what may stand at the end of ``text`` after the command's name, which ends at ``position``.

    ``below`` is the dotted key that all the words are below (the data of an action of a transaction),
    ``before`` what is given besides the words.
    """
    pairs, start = _cut(text, position)
    given = {**(before or {}), **{below + pair.key: pair.value or "" for pair in pairs}}
    current = text[start:]
    key, equals, value = current.lstrip("\"'").partition("=")
    if not equals:
        lead = len(current) - len(current.lstrip("\"'"))
        found = argument_keys(look, command, given, below + key)
        shown = [_without(one, below) for one in found] if below else found
        return Found(start + lead, key, shown)
    is_json = key.endswith(":")
    key = below + key.removesuffix(":")
    return _complete_value(look, command, key, given, value, len(text), is_json=is_json)


def _cut(text: str, position: int) -> tuple[Sequence[Assignment], int]:
    """Return the finished words and where the one at the end of ``text`` begins."""
    start = skip_blanks(text, position)
    while start < len(text) and (end := _word_end(text, start)) < len(text):
        start = skip_blanks(text, end)
    try:
        return read_assignments(text[:start], position), start
    except LineError:
        return (), start


def _word_end(text: str, start: int) -> int:
    """Return where a word ends that may hold blanks in quotes or brackets; the text's end when it is open."""
    value = start
    found = _KEY.match(text, start)
    if found is not None:
        value = found.end()
    sign = text[value : value + 1]
    if sign in ('"', "'") and sign:
        closing = _CLOSED[sign].match(text, value)
        value = len(text) if closing is None else closing.end()
    elif sign in ("{", "[") and sign:
        value = json_end(text, value) or len(text)
    blank = _BLANK.search(text, value)
    return len(text) if blank is None else blank.start()


def _complete_value(
    look: Inquiry,
    command: str,
    key: str,
    given: Mapping[str, str],
    value: str,
    end: int,
    *,
    is_json: bool,
) -> Found:
    if is_json or value[:1] in ("{", "["):
        from qmonsh.complete.json_value import complete_json

        return complete_json(look, command, key, given, value, end)
    quote = 1 if value[:1] in ('"', "'") else 0
    typed = value[quote:]
    _, (skip, found) = argument_values(look, command, key, given, typed)
    begin = end - len(typed) + skip
    if quote or not any(" " in one.text for one in found):
        return Found(begin, typed[skip:], found)
    return Found(begin, typed[skip:], [_in_quotes(one) for one in found])


def _in_quotes(one: Candidate) -> Candidate:
    if " " not in one.text:
        return one
    quoted = '"' + one.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Candidate(quoted, one.meta, one.kind, one.suffix, one.rank, one.flag, one.text)


def _without(one: Candidate, below: str) -> Candidate:
    return Candidate(one.text.removeprefix(below), one.meta, one.kind, one.suffix, one.rank, one.flag)
