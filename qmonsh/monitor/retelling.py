"""What a transcript needs besides the messages to tell again what each line came to.

Mostly a line is one command and its reply the result: then nothing. Otherwise the line stands before its
messages ("line": how it is shown) and the result behind them ("result": the value, or the error document).
Knows plans and outcomes. Must not know files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qmonsh.errors import CommandError, QmonshError
from qmonsh.language.plan import MISSING, Plan, Way
from qmonsh.language.secrets import mask
from qmonsh.monitor.carrying import Outcome

LINE, RESULT = "line", "result"

#: Called with LINE or RESULT and what a transcript says of it.
Tell = Callable[[str, Any], None]

_IS_ITS_REPLY = frozenset({Way.RAW, Way.QMP, Way.TWIN})


def retold(plan: Plan, tell: Tell, run: Callable[[], Outcome]) -> Outcome:
    """Return what ``run`` does, which carries out a plan, and tell of it what messages do not."""
    is_plain = _is_its_reply(plan)
    if not is_plain:
        tell(LINE, {"line": mask(plan.line), "view": plan.view})
    try:
        outcome = run()
    except QmonshError as error:
        if not (is_plain and isinstance(error, CommandError)):
            tell(RESULT, error.document())
        raise
    if not is_plain:
        tell(RESULT, {"return": outcome.value})
    return outcome


def with_id(plan: Plan, sent: Any) -> Any:
    """Return a command that was sent for a plan with the id that the user wrote, which is not on the wire."""
    if plan.way is not Way.RAW or plan.steps[0].id is MISSING:
        return sent
    return {**sent, "id": plan.steps[0].id}


def _is_its_reply(plan: Plan) -> bool:
    """Return whether a plan comes to what its only command returns."""
    return (
        plan.way in _IS_ITS_REPLY
        and len(plan.steps) == 1
        and not plan.steps[0].text
        and plan.steps[0].wait is None
        and plan.wait is None
        and plan.name != "quit"  # which succeeds without a reply, too
    )
