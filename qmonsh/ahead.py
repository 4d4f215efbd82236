"""The next question of a script, sent before its turn: QEMU works on it while we wait for nothing.

Knows when nobody can tell the difference. A question cannot change the VM, and one that was sent in vain, as
the line before it failed, is discarded: behind any line it is sent when that has succeeded, before its
result is printed, but behind a question that has had short replies for long (session.py) at once; never
behind a long reply, as two of those would be held at once. Each line has its turn all the same: its result,
failure and deadline are its own. Must not know how a line is run (batch.py) or printed.
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

_OVER_QMP = frozenset({Way.RAW, Way.QMP, Way.TWIN, Way.TEXT_TWIN, Way.PASSTHROUGH})


def next_question(statements: Statements, session: Session) -> Plan | None:
    """Return the plan of the next statement when it is there and a question, else None; sends nothing."""
    line = statements.at_hand()
    if not isinstance(line, Line) or line.text.lstrip().startswith(".") or help_topic(line.text) is not None:
        return None
    plan = session.plan_at_hand(line.text)
    return plan if plan is not None and not plan.acts and is_single(plan) else None


def is_single(plan: Plan) -> bool:
    """Tell whether a plan is one QMP command whose reply is its result, and which leaves QEMU there."""
    return (
        len(plan.steps) == 1
        and plan.way in _OVER_QMP
        and plan.output is None
        and plan.wait is None
        and plan.steps[0].wait is None
        and not plan.steps[0].oob
        and plan.name != "quit"
    )
