"""How a command is to be written, told after the monitor complained of its arguments.

Knows the words of such complaints. Must not ask the monitor anything: what is not known by then is not told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qmonsh.language.plan import Plan, Way
from qmonsh.language.rules import rule_for

if TYPE_CHECKING:
    from qmonsh.qapi.schema import Schema

#: What QEMU says when an argument is wrong, missing or too much; a device that is busy is none of these.
_COMPLAINT = (
    r"\b(parameters?|arguments?|options?|propert(y|ies))\b|\bneeds? exactly\b|\bexpect(s|ed)\b"
    r"|\bmust be (specified|given|set)\b|\bmissing\b|\bextraneous\b|\binvalid (size|value|number)\b"
)


def usage_after(description: str, plan: Plan, schema: Schema | None) -> str:
    """Return the synopsis that helps after this description of an error, ``""`` for none."""
    if not re.search(_COMPLAINT, description, re.IGNORECASE):
        return ""
    rule = rule_for(plan.name) if plan.way not in (Way.QMP, Way.RAW) else None
    if rule is not None:
        return rule.synopsis
    if schema is None or not plan.steps or schema.command(plan.steps[-1].command) is None:
        return ""
    return schema.signature(plan.steps[-1].command)
