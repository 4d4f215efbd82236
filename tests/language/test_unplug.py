"""Unplugging what disks in use hang behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qmonsh.errors import CommandError
from tests.language.frozen import BLOCK, careful, frozen

STICK = "/machine/peripheral/us0/us0.0/legacy[0]"
#: What each device is plugged into: a SCSI controller behind a root port, a USB stick, a virtio disk.
BUSES = {
    "/machine/peripheral/hd0": "/machine/peripheral/s0/virtio-backend/s0.0",
    "/machine/peripheral/hd1": "/machine/peripheral/s0/virtio-backend/s0.0",
    "/machine/peripheral/s0/virtio-backend": "/machine/peripheral/s0/virtio-bus",
    "/machine/peripheral/s0": "/machine/peripheral/rp0/rp0",
    "/machine/peripheral/rp0": "/machine/q35/pcie.0",
    STICK: "/machine/peripheral/us0/us0.0",
    "/machine/peripheral/us0": "/machine/peripheral/x0/x0.0",
    "/machine/peripheral/x0": "/machine/q35/pcie.0",
    "/machine/q35": "/machine/unattached/sysbus",
    "/machine/peripheral/odd": "/machine/peripheral/odd/odd.0",
}
BLOCKS = [
    {"device": "dr1", "qdev": "hd0", "inserted": {"node-name": "#block1"}},
    {"device": "", "qdev": "hd1", "inserted": {"node-name": "disk1"}},
    {"device": "dr3", "qdev": STICK, "inserted": {"node-name": "#block3"}},
    {"device": "sd0", "removable": True},
    {"device": "loose", "inserted": {"node-name": "#block4"}},
    {"device": "empty", "qdev": "cd0", "removable": True},
    {"device": "hostile", "qdev": "odd", "inserted": {"node-name": "#block5"}},
    {"device": "wrong", "qdev": 5, "inserted": {"node-name": "#block6"}},
]


def bus_of(arguments: Mapping[str, Any]) -> str:
    if arguments["property"] != "parent_bus" or arguments["path"] not in BUSES:
        raise CommandError("GenericError", "no such property")
    return BUSES[arguments["path"]]


@pytest.mark.parametrize(
    ("device", "disks"),
    [
        ("s0", "these disks behind it (dr1, disk1)"),
        ("rp0", "these disks behind it (dr1, disk1)"),
        ("/machine/peripheral/rp0", "these disks behind it (dr1, disk1)"),
        ("x0", "this disk behind it (dr3)"),
        ("hd1", "this disk (disk1)"),
        ("us0", "this disk (dr3)"),
    ],
)
def test_unplugging_what_disks_are_behind_asks_first(device: str, disks: str) -> None:
    known = frozen(answers={"query-block": BLOCKS, "qom-get": bus_of})
    for line in (f"device_del {device}", f"device_del id={device}"):
        assert careful(line, known).danger == f"the guest may be using {disks}"


@pytest.mark.parametrize("device", ["nic0", "rp", "cd0", "s", "nosuch"])
def test_unplugging_what_no_disk_is_behind_does_not_ask(device: str) -> None:
    known = frozen(answers={"query-block": BLOCKS, "qom-get": bus_of})
    assert not careful(f"device_del {device}", known).danger


def test_many_disks_are_counted_and_no_bus_asked_about_twice() -> None:
    blocks = [{"device": f"d{n}", "qdev": "hd0", "inserted": {"node-name": f"n{n}"}} for n in range(9)]
    known = frozen(answers={"query-block": blocks, "qom-get": bus_of})
    assert careful("device_del rp0", known).danger.endswith("(d0, d1, d2 and 6 more)")
    assert sum(one.startswith("qom-get") for one in known.asked) <= 3


def test_monitor_without_qom_is_not_asked() -> None:
    assert not careful("device_del nic0", frozen(answers=BLOCK, drop=["qom-get"])).danger
