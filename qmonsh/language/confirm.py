"""Whether a line is to be confirmed, and why: because it is dangerous, or because the configuration says so.

Pure. Knows under which names a command may be typed. Must not know how the question is put, or to whom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from qmonsh.language.judge import name_of
from qmonsh.language.plan import Plan, Way
from qmonsh.language.rules import all_rules, rule_for

if TYPE_CHECKING:
    from qmonsh.language.knowledge import Knowledge

CONFIGURED = "your configuration says to ask first"


def reason_to_ask(plan: Plan, confirm: Collection[str]) -> str:
    """Return why a plan should be confirmed, ``""`` when it need not be.

    ``confirm`` are the names of the configuration: an HMP command or alias stands for its QMP twin, too.
    """
    if plan.danger or not confirm:
        return plan.danger
    wanted = {one for name in confirm for one in _called(name)}
    return CONFIGURED if wanted.intersection(_names(plan)) else ""


def unknown_names(confirm: Collection[str], knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield the names that no command of this monitor or of HMP has, each with the nearest or ``""``."""
    from qmonsh.qapi.nearest import nearest

    known = {*knowledge.commands(), *knowledge.hmp_help(), *(rule.name for rule in all_rules())}
    for name in confirm:
        if name not in known and rule_for(name) is None:
            yield name, nearest(name, sorted(known))


def _called(name: str) -> Iterator[str]:
    """Yield a name of the configuration and what else the same command is called."""
    yield name
    rule = rule_for(name)
    if rule is not None:
        yield rule.name
        yield from rule.twin


def _names(plan: Plan) -> Iterator[str]:
    """Yield what a plan is called and what it sends; a line for HMP by the command in it."""
    yield plan.name
    for step in plan.steps:
        line = (step.arguments or {}).get("command-line") if plan.way is not Way.TEXT else step.command
        if isinstance(line, str):
            rule = rule_for(name_of(line)[0])
            yield rule.name if rule is not None else name_of(line)[0]
        yield step.command
