"""Which events tell the end of what a command sets going."""

from __future__ import annotations

from qmonsh.shell.endings import RULES


def test_endings_are_well_formed() -> None:
    for rule in RULES.values():
        assert rule.endings and all(one.event.isupper() and one.meaning for one in rule.endings)
