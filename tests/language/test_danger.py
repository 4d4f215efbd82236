"""Which QMP commands are dangerous, and which cannot change the VM."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.language.danger import REASONS, can_act, danger_of, introspection_danger
from tests.language.frozen import VERSIONS, frozen

#: What a monitor has besides its queries that cannot change the VM; everything else acts.
READS = {
    "device-list-properties",
    "qmp_capabilities",
    "qom-get",
    "qom-list",
    "qom-list-get",
    "qom-list-types",
    "trace-event-get-state",
    "x-accel-stats",
    "x-debug-block-dirty-bitmap-sha256",
    "x-debug-query-block-graph",
    "xen-event-list",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_of_the_monitor_is_judged(version: str) -> None:
    for name in frozen(version).commands():
        is_query = name.startswith(("query-", "x-query-")) and name != "x-query-virtio-status"
        assert can_act(name) == (not is_query and name not in READS), name


@pytest.mark.parametrize("name", ["frobnicate", "", "queryx", "QUERY-STATUS", "xquery-"])
def test_unknown_command_acts(name: str) -> None:
    assert can_act(name)


@pytest.mark.parametrize(
    ("command", "arguments", "dangerous"),
    [
        ("quit", None, True),
        ("cont", None, False),
        ("device-list-properties", {"typename": "virtio-gpu-gl-pci"}, True),
        ("device-list-properties", {"typename": "virtio-vga-gl"}, True),
        ("device-list-properties", {"typename": "virtio-net-pci"}, False),
        ("qom-list-properties", {"typename": "colo-compare"}, True),
        ("qom-list-properties", {"typename": "iothread"}, False),
        ("migrate", {"uri": "exec:cat"}, True),
        ("migrate", {"uri": "tcp:h:1"}, False),
        ("migrate", {"channels": []}, False),
        ("migrate", {"channels": [5, {"addr": 5}, {"addr": {"transport": "socket"}}]}, False),
        ("migrate", {"channels": [{"channel-type": "main", "addr": {"transport": "exec"}}]}, True),
        ("migrate-incoming", {"channels": [{"addr": {"transport": "exec", "args": ["x"]}}]}, True),
        ("qom-list-properties", {"typename": "x", "channels": [{"addr": {"transport": "rdma"}}]}, False),
        ("transaction", {"actions": [{"type": "block-dirty-bitmap-clear", "data": {}}]}, True),
        ("transaction", {"actions": [{"type": "block-dirty-bitmap-add", "data": {}}]}, False),
        ("transaction", {"actions": "?"}, False),
        ("transaction", {"actions": [5, {"type": 5}]}, False),
        ("migrate", {"uri": 5}, False),
    ],
)
def test_danger_is_in_the_arguments(command: str, arguments: dict[str, Any] | None, dangerous: bool) -> None:
    assert bool(danger_of(command, arguments)) == dangerous
    assert can_act(command, arguments) or not dangerous


def test_reasons_go_on_from_the_name() -> None:
    assert all(reason[0].islower() and not reason.endswith(".") for reason in REASONS.values())


def test_introspection_of_gl_drivers_is_dangerous() -> None:
    assert introspection_danger("virtio-vga-gl")
    assert not introspection_danger("virtio-vga")
