from __future__ import annotations

from typing import Any

from qmonsh.render.form import Form
from qmonsh.render.text import render_text


def test_exports_and_descriptor_sets() -> None:
    export = {"id": "e", "type": "nbd", "node-name": "n", "shutting-down": False}
    text = render_text([export], view="query-block-exports", form=Form(width=60))
    assert text.splitlines()[1] == "e   nbd   n          active"
    assert render_text([], view="query-block-exports") == "No exports\n"
    sets = [{"fdset-id": 1, "fds": [{"fd": 33, "opaque": "log"}, {"fd": 34}]}]
    assert render_text(sets, view="query-fdsets") == "fdset 1\n  fd 33  log\n  fd 34\n"
    assert render_text([], view="query-fdsets") == "No fd sets\n"


def graph(*edges: tuple[int, int]) -> dict[str, Any]:
    numbers = sorted({number for edge in edges for number in edge})
    return {
        "nodes": [{"id": n, "type": "block-driver", "name": f"n{n}" if n > 1 else ""} for n in numbers],
        "edges": [
            {"parent": a, "child": b, "name": "file", "perm": ["write", "resize"], "shared-perm": []}
            for a, b in edges
        ],
    }


def test_graph_is_trees_from_the_users_down() -> None:
    assert render_text(graph((1, 2), (2, 3), (1, 4)), view="x-debug-query-block-graph").splitlines() == [
        "#1 (block-driver)",
        "├─ file n2 (block-driver): takes resize, write; shares nothing",
        "│  └─ file n3 (block-driver): takes resize, write; shares nothing",
        "└─ file n4 (block-driver): takes resize, write; shares nothing",
    ]


def test_graph_with_a_shared_node_tells_it_once() -> None:
    text = render_text(graph((1, 3), (2, 3), (3, 4)), view="x-debug-query-block-graph")
    assert text.count("n4") == 1 and text.count("(shown above)") == 1


def test_graph_that_goes_in_circles_ends() -> None:
    text = render_text(graph((1, 2), (2, 3), (3, 2), (4, 4)), view="x-debug-query-block-graph")
    assert text.count("(shown above)") == 2 and "n4" in text


def test_deep_graph_keeps_all_nodes() -> None:
    text = render_text(
        graph(*((n, n + 1) for n in range(3000))), view="x-debug-query-block-graph", form=Form(width=80)
    )
    assert all(f"n{n}" in text for n in range(2, 3001))
