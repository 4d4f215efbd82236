"""What HMP's help and the rule table say on a command or ``info`` word: usage, arguments, how it travels.

Knows rows and help lines. May ask which commands the monitor has, no more. Must not know QMP's arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from qmonsh.complete.help_text import description_of, flag_help, synopsis_of
from qmonsh.help.columns import table
from qmonsh.help.schema_part import heading
from qmonsh.help.units import fact_of
from qmonsh.language.danger_live import asks_first
from qmonsh.language.judge import judge_line
from qmonsh.language.rule import KINDS, Argument, Rule
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap

if TYPE_CHECKING:
    from qmonsh.monitor.knowledge import LiveKnowledge

#: What would say nothing new beside the argument's own name.
_OPTION_LISTS = {
    "device-options": "a device and its properties: help DRIVER lists them",
    "netdev-options": "a network backend and its options: help netdev_add TYPE lists them",
    "object-options": "a type of object and its properties: help object-add TYPE lists them",
    "chardev-options": "a backend and its options: help chardev-add BACKEND lists them",
}


def hmp_section(name: str, rule: Rule | None, entry: str, known: LiveKnowledge, form: Form) -> Iterator[str]:
    """Yield the help on an HMP command; ``entry`` is this monitor's help line on it, ``""`` for none."""
    usage = f"{name} {synopsis_of(entry)}".rstrip() if entry else rule.synopsis if rule else name
    yield from heading(usage, form)
    yield from indented(description_of(entry) or (rule.summary if rule else ""), form)
    if rule is not None:
        yield from table(_argument_rows(rule, entry), form)
        if rule.aliases:
            yield from indented(f"also: {', '.join(rule.aliases)}", form)
    danger, acts = judge_line(name)
    names = () if rule is None else (rule.name, *rule.twin)
    yield from indented(asks_first(danger, names), form)
    if not acts:
        yield "  cannot change the VM"
    yield from indented(_way(name, rule, known), form)


def _argument_rows(rule: Rule, entry: str) -> Iterator[tuple[str, str]]:
    """Yield (argument, what it is); flags that this monitor's own synopsis lacks are of other versions."""
    synopsis = synopsis_of(entry)
    for one in rule.arguments:
        if one.flag and entry and f"-{one.flag}" not in synopsis and f"|{one.flag}" not in synopsis:
            continue
        shown = str(one)
        if one.values or one.kind == "onoff":
            shown = f"-{one.flag} {one.name}" if one.flag else one.name
            shown = f"[{shown}]" if one.optional else shown
        yield shown, _meaning(one, entry, rule.twin)


def _meaning(one: Argument, entry: str, twins: Iterable[str]) -> str:
    said = flag_help(entry, one.flag) if one.flag else ""
    if not said and one.kind in ("expr", "enum"):  # the other kinds say their units themselves
        said = next(filter(None, (fact_of(twin, one.member) for twin in twins)), "")
    if one.flag and not one.kind:
        return said or (one.name if len(one.name) > 1 else "a flag")
    words = (
        f"one of {', '.join(one.values)}" if one.values else _OPTION_LISTS.get(one.kind) or KINDS[one.kind][1]
    )
    return "; ".join(part for part in ("optional" if one.optional else "required", words, said) if part)


def _way(name: str, rule: Rule | None, known: LiveKnowledge) -> str:
    """Say how the line travels on this monitor."""
    commands = known.commands()
    if not commands:
        return ""
    if name == "cpu":
        return "kept by the shell, and sent with each line that depends on it"
    twin = next((one for one in rule.twin if one in commands), "") if rule is not None else ""
    if twin and rule is not None and (rule.is_exact or not known.has_hmp()):
        otherwise = ", else as human-monitor-command" if known.has_hmp() else ""
        return f"sent as QMP {twin} where it can be said in it{otherwise}"
    if known.has_hmp():
        return "sent as human-monitor-command" + (f"; its nearest in QMP is {twin}" if twin else "")
    return ""


def indented(text: str, form: Form) -> list[str]:
    """Return foreign text in lines moved in by two columns."""
    room = None if form.width is None else form.width - 2
    return [f"  {line}" for line in wrap(one_line(text), room)] if text else []
