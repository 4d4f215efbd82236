"""Finding the rule of an HMP command; the tables are loaded by need, as a one-shot needs one row.

How a row is written: rule.py. The rows: rules_command.py, rules_info.py.
"""

from __future__ import annotations

from qmonsh.language.rule import KINDS as KINDS
from qmonsh.language.rule import Argument as Argument
from qmonsh.language.rule import Rule as Rule


def rule_for(name: str) -> Rule | None:
    """Return the rule of a command or alias ("c", "cont") or of "info WORD", or None."""
    if name.startswith("info "):
        from qmonsh.language.rules_info import INFO_RULES

        return INFO_RULES.get(name)
    from qmonsh.language.rules_command import COMMAND_RULES

    return COMMAND_RULES.get(name)


def all_rules() -> tuple[Rule, ...]:
    """Return every rule once, commands before info words."""
    from qmonsh.language.rules_command import COMMAND_RULES
    from qmonsh.language.rules_info import INFO_RULES

    return tuple({rule.name: rule for rule in (*COMMAND_RULES.values(), *INFO_RULES.values())}.values())
