"""Block devices by every name."""

from __future__ import annotations

from typing import Any

from tests.complete.look import look_at, metas, offered

BLOCK: list[dict[str, Any]] = [
    {
        "device": "drive0",
        "qdev": "/machine/peripheral/vd0/virtio-backend",
        "inserted": {
            "node-name": "#block1",
            "drv": "qcow2",
            "file": "/vm/a.qcow2",
            "ro": False,
            "group": "slow",
            "image": {
                "virtual-size": 1 << 30,
                "snapshots": [
                    {"name": "before", "vm-state-size": 1 << 20},
                    {"name": "plain", "vm-state-size": 0},
                ],
            },
        },
    },
    {"device": "cd0", "removable": True, "tray_open": True},
    {
        "device": "",
        "qdev": "/machine/peripheral/sd0",
        "inserted": {"node-name": "disk1", "drv": "raw", "ro": True},
    },
    {"device": "", "qdev": "/machine/unattached/device[3]", "removable": True},
    {"device": "loose", "inserted": {"node-name": "#block9", "drv": "raw"}},
]
NODES: list[dict[str, Any]] = [
    {"node-name": "#block1", "drv": "qcow2", "children": [{"node-name": "#block0"}]},
    {"node-name": "disk1", "drv": "raw", "ro": True, "children": [{"node-name": "file1", "child": "file"}]},
    {"node-name": "file1", "drv": "file", "file": "/vm/b"},
    {
        "node-name": "free1",
        "drv": "null-co",
        "dirty-bitmaps": [{"name": "inc", "recording": True, "count": 65536}],
    },
]
LOOK = look_at({"query-block": BLOCK, "query-named-block-nodes": NODES})


def test_block_devices_by_every_name() -> None:
    found = metas("block", LOOK)
    assert found["drive0"] == "qcow2 1 GiB /vm/a.qcow2"
    assert found["cd0"] == "no medium, tray open"
    assert {"sd0", "/machine/unattached/device[3]", "disk1", "free1"} <= found.keys()


def test_qmp_takes_names_of_drives_only() -> None:
    assert list(metas("block-device", LOOK)) == ["drive0", "cd0", "loose"]
    assert list(metas("medium-name", LOOK)) == ["cd0"]


def test_drives_for_a_device_free_first() -> None:
    found = offered("drive", LOOK)
    assert [one.text for one in found][:3] == ["cd0", "loose", "free1"]
    assert "used by vd0" in metas("drive", LOOK)["drive0"]
    assert [one.text for one in found if one.text == "sd0"] == []


def test_removable_media_or_else_every_device() -> None:
    assert list(metas("medium", LOOK)) == ["cd0", "/machine/unattached/device[3]"]
    assert list(metas("medium", LOOK, command="change"))[-1] == "vnc"
    assert list(metas("medium", look_at({"query-block": BLOCK[:1]}))) == ["drive0"]


def test_throttle_groups() -> None:
    assert list(metas("throttle-group", LOOK)) == ["slow"]


def test_a_text_monitor() -> None:
    printed = (
        "drive0 (#block1): /vm/a (1).qcow2 (qcow2, read-only)\n"
        "    Attached to:      x\n\ncd0: [not inserted]\n    Removable device: not locked, tray open\n"
    )
    look = look_at({"hmp:info block": printed}, dialect="hmp")
    assert metas("block", look) == {"drive0": "qcow2, read-only /vm/a (1).qcow2", "cd0": "no medium"}
    assert metas("medium", look) == {"cd0": "no medium"}
    fixed = look_at({"hmp:info block": printed.partition("cd0")[0]}, dialect="hmp")
    assert list(metas("medium", fixed)) == ["drive0"], "all when none is known to be removable"
