"""The next question of a script, sent before its turn: QEMU works on it while we wait for nothing.

Knows when nobody can tell the difference. A question cannot change the VM, and one that was sent in vain, as
the line before it failed, is discarded: behind another question whose reply is known to be short it is sent
at once, behind any other line when that has succeeded, before its result is printed. Each line has its turn
all the same: its result, failure and deadline are its own. Must not know how a line is run (batch.py) or
printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qmonsh.language.plan import Way
from qmonsh.own_words import help_topic
from qmonsh.script import Line

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.session import Session
    from qmonsh.script import Statements
    from qmonsh.settings import Settings

_TRAVELS_ALONE = frozenset({Way.RAW, Way.QMP, Way.TWIN, Way.TEXT_TWIN, Way.PASSTHROUGH})


def next_question(statements: Statements, session: Session, settings: Settings) -> Plan | None:
    """Return the plan of the next statement when it may be sent before its turn, else None; sends nothing.

    What is reported among the results (events, -v) keeps its place: nothing is sent early then. Nor is it
    while a long reply is printed: two of those would be held at once.
    """
    if settings.events or settings.verbose or settings.explain or not session.connection.is_at_ease:
        return None
    line = statements.at_hand()
    if not isinstance(line, Line) or line.text.lstrip().startswith(".") or help_topic(line.text) is not None:
        return None
    plan = session.plan_at_hand(line.text)
    return plan if plan is not None and is_question(plan) else None


def is_question(plan: Plan) -> bool:
    """Tell whether a plan is one question whose answer is its result, and cannot change anything."""
    return (
        not plan.acts
        and len(plan.steps) == 1
        and plan.way in _TRAVELS_ALONE
        and plan.output is None
        and plan.wait is None
        and not plan.steps[0].oob
    )
