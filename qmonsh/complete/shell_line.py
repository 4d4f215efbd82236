"""The shell's own parts of a line: ``.word`` commands, ``| command`` and ``> file``.

Knows how usage lines such as "on|off|only PATTERN" tell what a word can be. Must not know what the commands
do: their names and usage are handed in by the shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.hmp_line import Found
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import keys, of_kind
from qmonsh.complete.schema_values import of_type
from qmonsh.complete.sources import Place, values_of
from qmonsh.complete.words import Typed, read_typed
from qmonsh.errors import LineError
from qmonsh.language.redirect import split_output

#: Completes the line that some commands of the shell end in: (text, position) -> Found.
CompleteLine = Callable[[str, int], "Found | None"]

#: What the capital words of a usage line stand for.
_KINDS: Mapping[str, str] = {
    "EVENT": "event",
    "PATTERN": "event",
    "FILE": "own-file",
    "PATH": "own-file",
    "TARGET": "own-file",
    "WORD": "help-topic",
    "TOPIC": "help-topic",
    "COMMAND": "command",
    "JOB": "any-job",
    "DEVICE": "console",
    "MONITOR": "objects:monitor",
}
_NAME = re.compile(r"\s*(\.[\w-]*)")
_NUMBER = re.compile(r"\d+(\.\d*)?")


def complete_builtin(
    look: Inquiry, text: str, builtins: Mapping[str, Any], complete_line: CompleteLine
) -> Found | None:
    """Return what may stand at the end of a ``.word`` line; None when the line is none.

    ``builtins`` gives for each name its summary, or an object with ``usage``, ``summary``, ``takes_line``
    and, where the usage cannot tell, ``choices(words before)`` which returns the words.
    """
    name = _NAME.match(text)
    if name is None:
        return None
    if name.end() == len(text):
        return Found(name.start(1), name[1], builtin_names(builtins))
    row = builtins.get(name[1])
    usage = str(getattr(row, "usage", ""))
    typed = read_typed(text, name.end())
    if getattr(row, "takes_line", False):
        return _before_line(look, text, name.end(), usage, complete_line)
    if name[1] == ".wait" and typed.words:
        return _event_fields(look, typed.words, typed.current, typed.start)
    choices = getattr(row, "choices", None)
    if choices is not None:
        found = [Candidate(one, "", "word", " ") for one in choices(typed.words)]
    else:
        found = _usage_words(look, usage, typed, builtins)
    return Found(typed.start, typed.current, found)


def _usage_words(look: Inquiry, usage: str, typed: Typed, builtins: Mapping[str, Any]) -> list[Candidate]:
    found: list[Candidate] = []
    for word in _words_at(usage, typed.words):
        kind = _KINDS.get(word.strip("."))
        if kind is not None:
            found += of_kind(look, kind, Place(typed.current))[1]
            found += builtin_names(builtins) if kind == "help-topic" else ()
        elif not word.isupper():
            found.append(Candidate(word, "", "word", " "))
    return found


def _before_line(look: Inquiry, text: str, end: int, usage: str, complete_line: CompleteLine) -> Found | None:
    """Return what completes a line that a command of the shell ends in, or the word that may stand before it.

    "[SECONDS] LINE" and "[qmp|python] LINE" have such a word.
    """
    options = [word for word in re.split(r"[\[\]| ]+", usage) if word and word != "LINE"]
    typed = read_typed(text, end)
    first = typed.words[0] if typed.words else ""
    start = end
    if first in options or (_NUMBER.fullmatch(first) and any(word.isupper() for word in options)):
        start = text.index(first, end) + len(first)
    found = complete_line(text, start)
    if typed.words or found is None:
        return found
    words = [Candidate(word, "", "word", " ") for word in options if not word.isupper()]
    return Found(found.start, found.typed, [*words, *found.candidates]) if words else found


def builtin_names(builtins: Mapping[str, Any]) -> list[Candidate]:
    """Return the shell's own commands."""
    return [Candidate(one, _summary(row), "builtin", " ", 3) for one, row in builtins.items()]


def complete_output(look: Inquiry, text: str) -> Found | None:
    """Return the files after ``>`` and ``>>`` and the programs after ``|``; None when there is neither."""
    if "|" not in text and ">" not in text:
        return None
    try:
        # The word at the cursor may not have begun: a letter stands in for it.
        head, output = split_output(text + "x")
    except LineError:
        return None
    if output is None:
        return None
    start = text.find(output.operator, len(head)) + len(output.operator)
    whole = read_typed(text, 0)
    if whole.start <= start and text[whole.start - 1 : whole.start] == '"':
        return None  # the operator stands in a quote that is still open
    typed = read_typed(text, start)
    if output.operator == "|":
        kind = "own-file" if typed.words else "program"
    else:
        kind = "own-file"
    return Found(typed.start, typed.current, values_of(kind, look, Place(typed.current))[1])


def event_argument(look: Inquiry, text: str) -> Found:
    """Return what may stand at the end of ``EVENT,key=value`` as --wait takes it."""
    name, comma, rest = text.partition(",")
    if not comma:
        return Found(0, text, values_of("event", look, Place(text))[1])
    words = tuple(rest.split(","))
    return _event_fields(look, (name, *words[:-1]), words[-1], len(text) - len(words[-1]))


def _event_fields(look: Inquiry, words: tuple[str, ...], current: str, start: int) -> Found:
    """Return the data fields of an event, dotted, with the values of their enums."""
    schema = look.schema()
    event = schema.event(words[0]) if schema is not None else None
    if schema is None or event is None:
        return Found(start, current, ())
    given = {pair.partition("=")[0]: pair.partition("=")[2] for pair in words[1:] if "=" in pair}
    key, equals, value = current.partition("=")
    prefix = key[: key.rfind(".") + 1]
    members = schema.members_at(event.data, given, prefix)
    if not equals:
        return Found(start, current, keys(members, given, prefix))
    member = next((one for one in members if prefix + one.name == key), None)
    return Found(start + len(key) + 1, value, of_type(member.type) if member is not None else ())


def _summary(row: Any) -> str:
    return row if isinstance(row, str) else str(getattr(row, "summary", ""))


def _words_at(usage: str, before: tuple[str, ...]) -> list[str]:
    """Return the words of a usage line that can follow those typed before.

    "on|off|only PATTERN|last N|to FILE" has alternatives of several words; "[SECS] LINE" is a sequence.
    """
    plain = re.sub(r"[\[\]]", "", usage)
    alternatives = [one.split() for one in re.split(r"\|", plain)]
    if len(before) == 0:
        return [words[0] for words in alternatives if words]
    return [
        words[len(before)]
        for words in alternatives
        if len(words) > len(before) and all(_fits(a, b) for a, b in zip(words, before, strict=False))
    ]


def _fits(word: str, typed: str) -> bool:
    return word.isupper() or word == typed
