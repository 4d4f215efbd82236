"""Completion: the text before the cursor and what is known -> candidates. The one way in.

``complete`` never raises and never asks the monitor: what it would like to know is ``Completion.wanted``.
Who fetches that, and when the menu is drawn again, is the faces' (shell/, completion_face.py). Knows which
form a line has; the forms are in hmp_line.py, qmp_line.py, json_value.py and shell_line.py, each loaded
when a line has it (another shell's Tab pays for every import).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qmonsh.complete.candidate import Candidate, Completion, Facts
from qmonsh.complete.hmp_line import Found, complete_arguments
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.match import select
from qmonsh.complete.members import values
from qmonsh.complete.sources import Place, values_of
from qmonsh.language.judge import name_of
from qmonsh.language.rules import rule_for

_FIRST_WORD = re.compile(r"\s*([\w?.-]*)\Z")
_FORCED = re.compile(r"\s*(hmp|qmp)\s+")
_TRANSACTION = re.compile(r"\s*(?:qmp\s+)?transaction\s*\(")
_GIVEN_LATER = re.compile(r"(?:^|[\s,])([\w.-]+):?=")
_NOTHING: Mapping[str, Any] = {}


def complete(
    line: str,
    cursor: int,
    facts: Facts,
    *,
    builtins: Mapping[str, Any] = _NOTHING,
    aliases: Mapping[str, str] = _NOTHING,
) -> Completion:
    """Return what may stand at ``cursor`` in ``line``, the best first.

    ``builtins`` are the shell's own commands by name (".events"), each with its summary or an object with
    ``usage``, ``summary`` and ``takes_line``; ``aliases`` words that stand for the beginning of a line.
    """
    cursor = min(max(cursor, 0), len(line))
    look = Inquiry(facts)
    text, rest = line[:cursor], line[cursor:]
    text, grown = _unalias(text, aliases)
    try:
        found = _find(look, text, rest, builtins, aliases)
    except RecursionError:  # thousands of brackets: nothing to offer there
        found = None
    if found is None:
        return Completion(cursor, (), tuple(look.wanted))
    chosen = _choose(look, found)
    if rest:
        later = set(_GIVEN_LATER.findall(rest))
        chosen = tuple(one for one in chosen if one.kind != "key" or one.text not in later)
    return Completion(max(found.start - grown, 0), chosen, tuple(look.wanted))


def _choose(look: Inquiry, found: Found) -> tuple[Candidate, ...]:
    """Return what fits; a whole menu that is the same as before needs no work."""
    if not found.typed and isinstance(found.candidates, tuple):
        return look.derived("whole menu", _all, found.candidates)
    return select(found.candidates, found.typed)


def _all(found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    return select(found, "")


def complete_event(text: str, facts: Facts) -> Completion:
    """Return what may stand at the end of ``EVENT,key=value`` (``--wait``)."""
    from qmonsh.complete.shell_line import event_argument

    look = Inquiry(facts)
    found = event_argument(look, text)
    return Completion(found.start, select(found.candidates, found.typed), tuple(look.wanted))


def _unalias(text: str, aliases: Mapping[str, str]) -> tuple[str, int]:
    """Return the text with a finished first word replaced by what it stands for, and how much it grew."""
    found = re.match(r"(\s*)(\S+)(?=\s)", text) if aliases else None
    meant = aliases.get(found[2]) if found else None
    if found is None or meant is None:
        return text, 0
    return found[1] + meant + text[found.end() :], len(meant) - len(found[2])


def _find(
    look: Inquiry, text: str, rest: str, builtins: Mapping[str, Any], aliases: Mapping[str, str]
) -> Found | None:
    start = text.lstrip()
    if start.startswith("{"):
        from qmonsh.complete.json_value import complete_object

        return complete_object(look, text, rest)
    if start.startswith("."):
        from qmonsh.complete.shell_line import complete_builtin

        return complete_builtin(
            look, text, builtins, lambda line, position: _below(look, line, position, builtins, aliases)
        )
    if "|" in text or ">" in text:
        from qmonsh.complete.shell_line import complete_output

        found = complete_output(look, text)
        if found is not None:
            return found
    first = _FIRST_WORD.match(text)
    if first is not None:
        return _first_word(look, first, builtins, aliases)
    if _TRANSACTION.match(text):
        return _transaction(look, text)
    return _command(look, text)


def _below(
    look: Inquiry, text: str, position: int, builtins: Mapping[str, Any], aliases: Mapping[str, str]
) -> Found | None:
    """Return what may stand at the end of the line that begins at ``position`` in ``text``."""
    found = _find(look, text[position:], "", builtins, aliases)
    return None if found is None else Found(found.start + position, found.typed, found.candidates)


def _first_word(
    look: Inquiry, first: re.Match[str], builtins: Mapping[str, Any], aliases: Mapping[str, str]
) -> Found:
    typed = first[1]
    found = list(values_of("command", look, Place(typed))[1])
    found += [Candidate(name, f"alias of {meant}", "alias", " ") for name, meant in aliases.items()]
    if builtins and not typed:
        from qmonsh.complete.shell_line import builtin_names

        found += builtin_names(builtins)
    return Found(first.start(1), typed, found)


def _command(look: Inquiry, text: str) -> Found | None:
    """Return what may follow the command's name, read as HMP, as QMP, or as either."""
    forced = _FORCED.match(text)
    start = forced.end() if forced else 0
    if forced and forced[1] == "hmp" and not look.has_hmp:
        return None
    if forced and re.fullmatch(r"[\w?-]*", text[start:]):
        kind = f"{forced[1]}-command"
        return Found(start, text[start:], values_of(kind, look, Place(text[start:]))[1])
    name, end = _name_at(text, start)
    is_hmp, is_qmp = _readings(look, name, text, end)
    if forced:
        is_hmp, is_qmp = forced[1] == "hmp", forced[1] == "qmp"
    found = complete_arguments(look, name, text, end) if is_hmp else None
    if found is not None and (not is_qmp or select(found.candidates, found.typed)):
        return found
    if not is_qmp:
        return found
    from qmonsh.complete.qmp_line import complete_words

    return complete_words(look, name, text, end)


def _name_at(text: str, start: int) -> tuple[str, int]:
    """Return the command's name and its end; of ``info`` only "info" while the word after it is typed."""
    name, end = name_of(text, start)
    if name.startswith("info ") and end == len(text):
        return "info", text.index("info", start) + len("info")
    return name, end


def _readings(look: Inquiry, name: str, text: str, end: int) -> tuple[bool, bool]:
    """Return whether the line can be read as HMP, and whether as QMP."""
    is_qmp = look.facts.dialect != "hmp" and name in look.commands()
    rule = rule_for(name)
    is_hmp = look.facts.dialect != "agent" and (name == "info" or rule is not None or name in look.hmp_help())
    if not (is_hmp and is_qmp):
        return is_hmp, is_qmp
    finished = text[end:].split()
    if finished and not text[-1:].isspace():
        finished.pop()
    has_list = rule is not None and any(one.kind.endswith("-options") for one in rule.arguments)
    # As language/translate.py decides: words that are all key=value are QMP's.
    if finished and all("=" in word for word in finished):
        return has_list and "," in finished[0], not (has_list and "," in finished[0])
    return True, not finished


def _transaction(look: Inquiry, text: str) -> Found | None:
    """Return what may stand on the last line of ``transaction(``: an action and its arguments."""
    from qmonsh.complete.qmp_arguments import argument_members
    from qmonsh.complete.qmp_line import complete_words

    start = max(text.rfind("\n"), text.rfind("(")) + 1
    word = re.match(r"\s*([\w-]*)", text[start:])
    assert word is not None, "the pattern matches nothing too"
    begin, end = start + word.start(1), start + word.end(1)
    if end == len(text):
        members = argument_members(look, "transaction", {}, "actions.0.")
        kind = next((one.type for one in members if one.name == "type"), None)
        if kind is None:
            return None
        actions = values(look, "transaction", "actions.0.type", kind, Place(word[1]))[1]
        return Found(begin, word[1], [Candidate(one.text, one.meta, "action", " ") for one in actions])
    tag = {"actions.0.type": word[1]}
    return complete_words(look, "transaction", text, end, below="actions.0.data.", before=tag)
