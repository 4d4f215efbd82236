"""How the command being typed is called, the argument at the cursor marked; shown below the prompt.

Knows which argument the cursor is in. Must not ask the monitor. Loaded while the first prompt stands already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit.formatted_text import StyleAndTextTuples

from qmonsh.complete.inquiry import Inquiry
from qmonsh.language.judge import name_of
from qmonsh.language.rules import rule_for
from qmonsh.render.escape import one_line
from qmonsh.shell.fragments import cut

if TYPE_CHECKING:
    from qmonsh.language.rule import Rule
    from qmonsh.shell.shell import Shell

_ASSIGNED = re.compile(r"(?<!\S)([\w.-]+):?=(\S*)")
_AT_CURSOR = re.compile(r"(?<!\S)([\w-]+)(?:[.:=]\S*)?\Z")
_OPTION = re.compile(r"(?:(?<=[\s,])|\A)([\w.-]+):?=[^\s,=]*\Z")


def signature(before: str, after: str, shell: Shell) -> StyleAndTextTuples:
    """Return how the command before the cursor is called, the argument at the cursor marked."""
    if before.lstrip().startswith("."):
        return _builtin(before)
    name, end = name_of(before)
    if name in ("hmp", "qmp"):
        name, end = name_of(before, end)
    if not name or end == len(before):
        return []
    look = Inquiry(shell.monitor.facts)
    rest = before[end:]
    rule = rule_for(name)
    is_qmp = name in look.commands()
    about = _about(argument(before, shell), shell.terminal.size[1])
    if rule is not None and not (is_qmp and _is_assigned(rest, rule)):
        return [*about, *_rule(rule, before, end)]
    if is_qmp:
        return [*about, *_qmp(name, rest, after, look)]
    if name in look.hmp_help():
        return [("class:toolbar", one_line(look.hmp_help()[name]))]
    return []


def _about(text: str, width: int) -> StyleAndTextTuples:
    """Return what an option is in at most half of the line: how the command is called follows."""
    return [*cut([("class:toolbar.current", text)], width // 2), ("", "  ")] if text else []


def argument(before: str, shell: Shell) -> str:
    """Return what the option at the cursor is ("mac: str, Ethernet 6-byte MAC address"), or ``""``."""
    found = _OPTION.search(before)
    if found is None:
        return ""
    from qmonsh.complete.engine import complete

    typed = before[: found.end(1)]
    offered = complete(typed, len(typed), shell.monitor.facts).candidates
    one = next((one for one in offered if one.text == found[1]), None)
    return f"{one_line(found[1])}: {one_line(one.meta)}" if one is not None and one.meta else ""


def _is_assigned(rest: str, rule: Rule) -> bool:
    """Return whether the words are key=value words, and not HMP's option lists."""
    words = rest.split()
    if words and not rest[-1:].isspace() and "=" not in words[-1]:
        words.pop()  # still being typed
    has_list = any(one.kind.endswith("-options") for one in rule.arguments)
    return bool(words) and all("=" in word for word in words) and not (has_list and "," in words[0])


def _builtin(before: str) -> StyleAndTextTuples:
    from qmonsh.shell.registry import builtins

    name = before.split()[0]
    command = builtins().get(name)
    if command is None:
        return []
    return [("class:toolbar.name", command.synopsis), ("class:toolbar.dim", f"  {command.summary}")]


def _rule(rule: Rule, before: str, end: int) -> StyleAndTextTuples:
    from qmonsh.complete.words import read_typed

    typed = read_typed(before, end)
    flags = {one.flag for one in rule.arguments if one.flag}
    given = [word for word in typed.words if not (word[:1] == "-" and word[1:2] in flags)]
    words = [one for one in rule.arguments if not one.flag]
    place = min(len(given), len(words) - 1) if words else -1
    if words and len(given) > place and words[place].reading not in ("rest", "options-rest", "word-or-rest"):
        place = -1 if len(given) >= len(words) else place
    current = words[place] if place >= 0 else None
    found: StyleAndTextTuples = [("class:toolbar.name", rule.name)]
    for one in rule.arguments:
        style = "class:toolbar.current" if one is current else "class:toolbar"
        found += [("", " "), (style, str(one))]
    return [*found, ("class:toolbar.dim", f"  {rule.summary}")]


def _qmp(name: str, rest: str, after: str, look: Inquiry) -> StyleAndTextTuples:
    schema = look.schema()
    if schema is None or schema.command(name) is None:
        return [("class:toolbar.name", name)]
    assigned = dict(_ASSIGNED.findall(rest + after))
    given = {key.split(".")[0] for key in assigned}
    parts = schema.signature_parts(name, assigned)
    missing = next((one.name for one in parts.parts if one.required and one.name not in given), "")
    at = _AT_CURSOR.search(rest)
    current = at[1] if at and any(one.name == at[1] for one in parts.parts) else missing
    found: StyleAndTextTuples = [("class:toolbar.name", name)]
    # The argument at the cursor must be seen even when the whole does not fit.
    ordered = sorted(parts.parts, key=lambda one: (not one.required, one.name != current))
    for one in ordered:
        if one.name == current:
            style = "class:toolbar.current"
        else:
            style = "class:toolbar.dim" if one.name in given else "class:toolbar"
        found += [("", " "), (style, str(one))]
    return [*found, ("", " ..." if parts.is_open else "")]
