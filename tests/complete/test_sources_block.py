"""Values of the storage of a VM."""

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


def test_nodes_that_others_stand_on_are_told_by_their_files_where_no_children_are_listed() -> None:
    rows = [
        {"node-name": "top", "drv": "qcow2", "file": "/vm/top", "backing_file": "/vm/base"},
        {"node-name": "base", "drv": "qcow2", "file": "/vm/base"},
        {"node-name": "base-file", "drv": "file", "file": "/vm/base"},
        {"node-name": "#block0", "drv": "file", "file": "/vm/top"},
        {"node-name": "alone", "drv": "file", "file": "/vm/alone"},
        {"node-name": "null", "drv": "null-co", "file": 'json:{"driver": "null-co"}'},
    ]
    found = metas("node", look_at({"query-block": [], "query-named-block-nodes": rows}))
    assert {name for name, meta in found.items() if meta.endswith("free")} == {"top", "alone", "null"}
    assert list(found)[:3] == ["top", "alone", "null"] and found["null"] == "null-co, free"
    assert found["base"] == "qcow2 /vm/base, part of another node"


def test_block_devices_by_every_name() -> None:
    found = metas("block", LOOK)
    assert found["drive0"] == "qcow2 1 GiB /vm/a.qcow2"
    assert found["cd0"] == "no medium, tray open"
    assert {"sd0", "/machine/unattached/device[3]", "disk1", "free1"} <= found.keys()


def test_qmp_takes_names_of_drives_only() -> None:
    assert list(metas("block-device", LOOK)) == ["drive0", "cd0", "loose"]
    assert list(metas("medium-name", LOOK)) == ["cd0"]


def test_nodes_free_first_and_automatic_last() -> None:
    found = offered("node", LOOK)
    assert [one.text for one in found] == ["free1", "disk1", "file1", "#block1"]
    assert (
        found[1].meta == "raw, read-only, used by sd0" and found[2].meta == "file /vm/b, part of another node"
    )


def test_nodes_of_jobs_and_exports_are_not_free() -> None:
    graph = {
        "nodes": [
            {"id": 1, "type": "block-job", "name": "backup0"},
            {"id": 2, "type": "block-driver", "name": "#block5"},
            {"id": 3, "type": "block-driver", "name": "source"},
            {"id": 4, "type": "block-driver", "name": "target"},
            {"id": 5, "type": "block-backend", "name": ""},
            {"id": 6, "type": "block-driver", "name": "shared"},
            {"id": 7, "type": "block-driver", "name": "lone"},
        ],
        "edges": [
            {"parent": 1, "child": 2, "name": "main node"},
            {"parent": 1, "child": 4, "name": "target"},
            {"parent": 2, "child": 3, "name": "backing"},
            {"parent": 5, "child": 6, "name": "root"},
        ],
    }
    names = ("source", "target", "shared", "lone")
    answers = {
        "query-block": [],
        "query-named-block-nodes": [{"node-name": name, "drv": "raw"} for name in names],
        "query-block-exports": [{"id": "export0", "type": "nbd", "node-name": "shared"}],
        "query-block-jobs": [{"device": "backup0", "type": "backup"}],
        "x-debug-query-block-graph": graph,
    }
    assert metas("node", look_at(answers)) == {
        "lone": "raw, free",
        "source": "raw, used by job backup0",
        "target": "raw, used by job backup0",
        "shared": "raw, used by export export0",
    }
    assert offered("node", look_at(answers))[0].text == "lone"
    without_jobs = look_at(answers | {"query-block-jobs": []})
    assert metas("node", without_jobs)["target"] == "raw, free"


def test_graph_of_nodes_that_goes_in_circles_or_is_no_graph() -> None:
    circle = {
        "nodes": [{"id": 1, "type": "block-job", "name": "j"}, {"id": 2, "name": "n"}, {"id": []}],
        "edges": [{"parent": 1, "child": 2}, {"parent": 2, "child": 2}, {"parent": 2, "child": 1}, {}],
    }
    for graph, meta in ((circle, "used by job j"), ({"nodes": 5, "edges": None}, "free"), ("x", "free")):
        answers = {
            "query-block": [],
            "query-named-block-nodes": [{"node-name": "n"}],
            "query-block-jobs": [{"device": "j"}],
            "x-debug-query-block-graph": graph,
        }
        assert metas("node", look_at(answers)) == {"n": meta}


def test_drives_for_a_device_free_first() -> None:
    found = offered("drive", LOOK)
    assert [one.text for one in found][:3] == ["cd0", "loose", "free1"]
    assert "used by vd0" in metas("drive", LOOK)["drive0"]
    assert [one.text for one in found if one.text == "sd0"] == []


def test_removable_media_or_else_every_device() -> None:
    assert list(metas("medium", LOOK)) == ["cd0", "/machine/unattached/device[3]"]
    assert list(metas("medium", LOOK, command="change"))[-1] == "vnc"
    assert list(metas("medium", look_at({"query-block": BLOCK[:1]}))) == ["drive0"]


def test_snapshots_with_vm_state_first() -> None:
    assert metas("snapshot", LOOK) == {
        "before": "with 1 MiB of VM state, drive0",
        "plain": "disk only, drive0",
    }
    assert metas("snapshot", LOOK, given={"device": "sd0"}) == {}
    assert "before" in metas("snapshot", LOOK, given={"device": "vd0"})


def test_bitmaps_of_the_node_on_the_line() -> None:
    assert metas("bitmap", LOOK) == {"inc": "of free1, recording, 64 KiB dirty"}
    assert metas("bitmap", LOOK, given={"node": "disk1"}) == {}


def test_jobs_and_exports() -> None:
    look = look_at(
        {
            "query-block-jobs": [
                {"device": "j0", "type": "mirror", "status": "running", "offset": 1, "len": 4}
            ],
            "query-jobs": [{"id": "j1", "type": "create", "status": "concluded"}],
            "query-block-exports": [{"id": "e0", "type": "nbd", "node-name": "disk1"}],
        }
    )
    assert metas("job", look) == {"j0": "mirror, running, 25 %"}
    assert metas("any-job", look) == {"j1": "create, concluded"}
    assert metas("export", look) == {"e0": "nbd, of disk1"}


def test_throttle_groups() -> None:
    assert list(metas("throttle-group", LOOK)) == ["slow"]


def test_a_text_monitor() -> None:
    look = look_at(
        {
            "hmp:info block": (
                "drive0 (#block1): /vm/a (1).qcow2 (qcow2, read-only)\n"
                "    Attached to:      x\ncd0: [not inserted]\n"
            ),
            "hmp:info snapshots": (
                "List of snapshots present on all disks:\nID        TAG               VM SIZE\n"
                "--        before             1.2 MiB 2026-11-22 20:16:19\n"
            ),
            "hmp:info block-jobs": "Type stream, device j0: Completed 0 of 10 bytes, speed limit 0 bytes/s\n",
        },
        dialect="hmp",
    )
    assert metas("block", look) == {"drive0": "qcow2, read-only /vm/a (1).qcow2", "cd0": "no medium"}
    assert list(metas("snapshot", look)) == ["before"]
    assert list(metas("job", look)) == ["j0"]
