"""The rows of commands."""

from __future__ import annotations

import pytest

from qmonsh.language.rules_command import COMMAND_RULES

READS = """
acl_show clear cpu gpa2hpa gpa2hva gva2gpa help info print qom-get qom-list sum x xen-event-list xp
"""


def test_only_these_cannot_change_the_vm() -> None:
    assert {rule.name for rule in COMMAND_RULES.values() if not rule.acts} == set(READS.split())


@pytest.mark.parametrize(
    "name",
    "quit system_reset system_powerdown loadvm delvm drive_del pmemsave memsave nmi mce commit"
    " snapshot_delete_blkdev_internal pcie_aer_inject_error".split(),
)
def test_dangerous_command_says_why(name: str) -> None:
    assert COMMAND_RULES[name].danger


def test_quit_names_the_way_to_leave_the_shell() -> None:
    assert "Ctrl-D" in COMMAND_RULES["q"].danger
