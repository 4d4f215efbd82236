"""Lines judged by their words alone."""

from __future__ import annotations

import pytest

from qmonsh.language.judge import judge_command, judge_line, name_of


@pytest.mark.parametrize(
    ("line", "name", "end"),
    [
        ("info block -v", "info block", 10),
        ("  info   block", "info block", 14),
        ("x/10i $pc", "x", 1),
        ("info", "info", 4),
        ("info ", "info", 4),
        ("", "", 0),
        ("?", "?", 1),
        ("info\tqom-tree /x", "info qom-tree", 13),
    ],
)
def test_name_is_found(line: str, name: str, end: int) -> None:
    assert name_of(line) == (name, end)


@pytest.mark.parametrize(
    ("line", "dangerous", "acts"),
    [
        ("info network", False, False),
        ("info something-new", False, False),
        ("info virtio-status /x", True, True),
        ("x/4xb 0", False, False),
        ("help stop", False, False),
        ("stop", False, True),
        ("q", True, True),
        ("frobnicate", False, True),
        ("", False, False),
        ("device_add help", False, False),
        ("device_add virtio-net-pci,help", False, False),
        ("device_add virtio-gpu-gl-pci,help", True, True),
        ("device_add virtio-gpu-gl-pci,id=a", False, True),
        ("object_add iothread,?", False, False),
        ('qemu-io d "read 0 512"', False, True),
        ('qemu-io d "write 0 512"', True, True),
        ("qemu-io d", True, True),
        ("migrate -d tcp:h:1", False, True),
        ('migrate -d "exec:cat > f"', True, True),
        ("migrate_incoming exec:cat", True, True),
        ("sync-profile", False, False),
        ("sync-profile on", False, True),
        ("drive_del d", True, True),
    ],
)
def test_line_is_judged(line: str, dangerous: bool, acts: bool) -> None:
    danger, found = judge_line(line)
    assert (bool(danger), found) == (dangerous, acts)


def test_human_monitor_command_is_judged_by_its_line() -> None:
    assert judge_command("human-monitor-command", {"command-line": "info status"}) == ("", False)
    assert judge_command("human-monitor-command", {"command-line": "quit"})[0]
    assert judge_command("human-monitor-command", {"command-line": 5}) == ("", True)
    assert judge_command("human-monitor-command", None) == ("", True)
    assert judge_command("query-status", None) == ("", False)
