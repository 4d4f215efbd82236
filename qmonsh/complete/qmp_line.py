"""The words of a QMP command: ``key=value``, dotted keys, values of each argument's type.

Knows how such words are cut at the cursor. Must not know HMP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.hmp_line import Found
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.json_value import complete_json
from qmonsh.complete.qmp_arguments import argument_keys, argument_values
from qmonsh.errors import LineError
from qmonsh.language.reader import Assignment, read_assignments


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
    try:
        pairs = read_assignments(text, position)
    except LineError as error:  # a quote or bracket that is still open
        start = _word_start(text, min(error.start, len(text)), position)
        return _finished(text[:start], position), start
    if pairs and pairs[-1].end >= len(text) and not text[-1:].isspace():
        start = _word_start(text, pairs[-1].key_start, position)
        return pairs[:-1], start
    return pairs, len(text)


def _finished(text: str, position: int) -> Sequence[Assignment]:
    try:
        return read_assignments(text, min(position, len(text)))
    except LineError:
        return ()


def _word_start(text: str, at: int, least: int) -> int:
    while at > least and not text[at - 1].isspace():
        at -= 1
    return at


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
