"""Block nodes, and who uses each."""

from __future__ import annotations

from tests.complete.look import look_at, metas, offered
from tests.complete.test_sources_block import LOOK


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
