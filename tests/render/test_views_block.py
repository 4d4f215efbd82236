from __future__ import annotations

from typing import Any

import pytest

from qmonsh.render.text import render_text
from qmonsh.render.views_block import moment
from tests.render.recorded import value_of


def node(name: str, **more: Any) -> dict[str, Any]:
    return {
        "node-name": name,
        "file": f"/{name}",
        "drv": "raw",
        "ro": False,
        "cache": {"writeback": True, "direct": False, "no-flush": False},
        "image": {"filename": f"/{name}", "format": "raw", "virtual-size": 512},
        **more,
    }


def child(name: str, role: str = "file") -> dict[str, str]:
    return {"node-name": name, "child": role}


def tree(*nodes: dict[str, Any]) -> list[str]:
    lines = render_text(list(nodes), view="query-named-block-nodes").splitlines()
    return [line for line in lines if "Cache" not in line and "Size" not in line]


@pytest.mark.parametrize("device", ["d1", "#block103", "/machine/peripheral/vblk1/virtio-backend"])
def test_block_of_one_device(device: str) -> None:
    value = value_of("11.1", "info block")
    for view, options in (("info block", {"device": device}), (f"info block {device}", {})):
        text = render_text(value, view=view, options=options)
        assert text.startswith("d1 (#block103): ") and text.count("Cache mode") == 1


def test_block_options_say_the_same_as_words() -> None:
    value = value_of("11.1", "info block")
    assert render_text(value, view="info block -v") == render_text(
        value, view="query-block", options={"verbose": True}
    )


def test_drive_with_io_error_and_open_tray() -> None:
    drive = {
        "device": "cd0",
        "qdev": "cd",
        "removable": True,
        "locked": True,
        "tray_open": True,
        "io-status": "nospace",
    }
    assert render_text([drive], view="info block").splitlines() == [
        "cd0: [not inserted]",
        "    Attached to:       cd",
        "    I/O status:        nospace",
        "    Removable device:  locked, tray open",
    ]


def test_drive_without_any_name() -> None:
    drive = {"device": "", "removable": False, "locked": False}
    assert render_text([drive], view="info block") == "<anonymous>: [not inserted]\n"


def test_nodes_are_a_tree_of_their_children() -> None:
    top = node("top", children=[child("mid", "backing"), child("file")])
    mid = node("mid", children=[child("base")])
    assert tree(top, node("file"), mid, node("base")) == [
        "top: /top (raw)",
        "├─ backing mid: /mid (raw)",
        "│  └─ file base: /base (raw)",
        "└─ file file: /file (raw)",
    ]


def test_nodes_that_tell_of_no_children_are_a_tree_of_the_graph() -> None:
    """As QEMU up to 10 answers: the graph names users and nodes by number."""
    names = {1: ("d0", "block-backend"), 7: ("top", "block-driver"), 8: ("base", "block-driver")}
    graph = {
        "nodes": [{"id": n, "name": name, "type": kind} for n, (name, kind) in names.items()],
        "edges": [{"parent": 1, "child": 7, "name": "root"}, {"parent": 7, "child": 8, "name": "backing"}],
    }
    text = render_text([node("base"), node("top")], view="query-named-block-nodes", options={"graph": graph})
    assert [line for line in text.splitlines() if "/" in line] == [
        "top: /top (raw)",
        "└─ backing base: /base (raw)",
    ]


def test_node_with_two_parents_is_shown_once() -> None:
    shown = tree(node("a", children=[child("c")]), node("b", children=[child("c")]), node("c"))
    assert shown == ["a: /a (raw)", "└─ file c: /c (raw)", "", "b: /b (raw)", "└─ file c (shown above)"]


def test_nodes_in_a_circle_end() -> None:
    shown = tree(node("a", children=[child("b")]), node("b", children=[child("a")]))
    assert shown == ["a: /a (raw)", "└─ file b: /b (raw)", "   └─ file a (shown above)"]


def test_children_that_are_not_told_of_are_left_out() -> None:
    assert tree(node("a", children=[child("gone")])) == ["a: /a (raw)"]


def test_inactive_node_is_noted() -> None:
    shown = tree(node("a", active=False, encrypted=True, ro=True))
    assert shown == ["a: /a (raw, read-only, encrypted, inactive)"]


def test_backing_chain_is_told_link_by_link() -> None:
    image = _image("top", _image("mid", _image("base")))
    top = node("top", image=image, backing_file="/mid", backing_file_depth=2)
    text = render_text([top], view="info block -n")
    assert [line.strip() for line in text.splitlines()[-3:]] == [
        "Backing file:  /mid (chain depth: 2)",
        "└─ /mid (qcow2, 512 B)",
        "└─ /base (qcow2, 512 B)",
    ]


def _image(name: str, backing: Any = None) -> dict[str, Any]:
    image: dict[str, Any] = {"filename": f"/{name}", "format": "qcow2", "virtual-size": 512}
    return {**image, "backing-image": backing} if backing else image


def test_verbose_image_tells_of_its_backing_file_and_dirt() -> None:
    image = {
        **_image("top"),
        "dirty-flag": True,
        "backing-filename": "mid",
        "full-backing-filename": "/mid",
        "backing-filename-format": "qcow2",
    }
    lines = render_text([node("top", image=image)], view="info block -nv").splitlines()
    assert "    backing file:        mid (actual path: /mid)" in lines
    assert "    cleanly shut down:   no" in lines


def test_bitmap_is_told_with_its_state() -> None:
    bitmap = {"name": "b", "granularity": 65536, "count": 131072, "recording": False, "busy": True}
    bitmaps = [{**bitmap, "persistent": True}, {"granularity": 1, "count": 0}]
    text = render_text([node("n", **{"dirty-bitmaps": bitmaps})], view="info block -n")
    assert "Dirty bitmaps:  b (granularity 64 KiB (65536), 128 KiB (131072) dirty, busy, persistent)" in text
    assert "(anonymous) (granularity 1 B, 0 B dirty)" in text


def test_snapshots_by_node() -> None:
    text = render_text(value_of("11.1", "info snapshots"), view="info snapshots")
    assert "before upgrade" in text
    assert render_text([node("a")], view="info snapshots") == "There is no snapshot available.\n"


@pytest.mark.parametrize("seconds", [10**30, -(10**30), None, "x", 1e400])
def test_moment_that_is_no_date_is_given_back(seconds: Any) -> None:
    assert moment(seconds)


def test_limits_and_sizes_have_units_and_exact_values() -> None:
    drive = next(one for one in value_of("10.0", "info block") if one["device"] == "d1")
    text = render_text([drive], view="info block -v")
    assert "bps=1000000 (977 KiB/s) bps_rd=0" in text
    size = drive["inserted"]["image"]["actual-size"]
    assert f"204 KiB ({size})\n" in text.split("disk size:", 1)[1]


def test_deleted_snapshot_is_shown_as_in_the_table() -> None:
    snapshot = value_of("10.0", "info block")[0]["inserted"]["image"]["snapshots"][0]
    lines = render_text(snapshot, view="blockdev-snapshot-delete-internal-sync").splitlines()
    assert lines[0] == "Deleted:" and lines[1].split()[:2] == ["ID", "TAG"] and snapshot["name"] in lines[2]
