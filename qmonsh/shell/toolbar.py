"""The line below the prompt: how the command being typed is called, else facts about the VM.

Knows which argument the cursor is in. Must not ask the monitor.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.formatted_text import StyleAndTextTuples

from qmonsh.render.escape import one_line
from qmonsh.render.event import render_event
from qmonsh.render.layout import columns_of

if TYPE_CHECKING:
    from qmonsh.complete.inquiry import Inquiry
    from qmonsh.language.rule import Rule
    from qmonsh.shell.shell import Shell

_ASSIGNED = re.compile(r"(?<!\S)([\w.-]+):?=(\S*)")
_AT_CURSOR = re.compile(r"(?<!\S)([\w-]+)(?:[.:=]\S*)?\Z")
_OPTION = re.compile(r"(?:(?<=[\s,])|\A)([\w.-]+):?=[^\s,=]*\Z")
_LONGEST = 2000


def toolbar(shell: Shell) -> StyleAndTextTuples:
    """Return the bottom line for what is being typed now."""
    if not shell.settings.toolbar:
        return []
    document = get_app().current_buffer.document
    text = document.text_before_cursor
    width = shell.terminal.size[1]
    parts = signature(text, document.text_after_cursor, shell) if 0 < len(text) < _LONGEST else []
    return cut(parts or machine(shell), width)


def signature(before: str, after: str, shell: Shell) -> StyleAndTextTuples:
    """Return how the command before the cursor is called, the argument at the cursor marked."""
    # Imported when the first key is typed: the prompt must not wait for it.
    from qmonsh.complete.inquiry import Inquiry
    from qmonsh.language.judge import name_of
    from qmonsh.language.rules import rule_for

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


def machine(shell: Shell) -> StyleAndTextTuples:
    """Return facts about the VM: version, accelerator, work in progress, the last event."""
    state = shell.monitor.state
    if state.lost is not None:
        return [
            ("class:prompt.lost", "not connected"),
            ("class:toolbar.dim", "  .reconnect, or Ctrl-D to leave"),
        ]
    facts = [f"QEMU {one_line(state.version)}" if state.version else "", one_line(state.accelerator)]
    facts += ["HMP text only"] if shell.monitor.speaks_text else []
    facts += [get_app().vi_state.input_mode.value] if shell.settings.vi else []
    facts += ["read-only"] if shell.settings.read_only else []
    facts += [f"output {shell.settings.output}"] if shell.settings.output != "text" else []
    found: StyleAndTextTuples = [("class:toolbar", "  ".join(fact for fact in facts if fact))]
    work = state.work()
    if work:
        found += [("", "  "), ("class:toolbar.work", work)]
    waiting = shell.monitor.follower.words()
    if waiting:
        found += [("", "  "), ("class:toolbar.work", f"waiting for {waiting}")]
    if state.last_event is not None:
        found += [("", "  "), ("class:toolbar.dim", f"last event {render_event(state.last_event)}")]
    return found


def cut(fragments: StyleAndTextTuples, width: int) -> StyleAndTextTuples:
    """Return fragments that fit into ``width`` columns, the cut marked."""
    left = width - 1
    found: StyleAndTextTuples = []
    for style, text, *_ in fragments:
        if columns_of(text) > left:
            text = text[: max(0, left - 3)]
            while columns_of(text) > max(0, left - 3):  # wide characters
                text = text[:-1]
            return [*found, (style, text + "..." if left >= 3 else "")]
        found.append((style, text))
        left -= columns_of(text)
    return found
