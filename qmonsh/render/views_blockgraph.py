"""Views of what is around block nodes: the whole graph with its users, exports, descriptor sets.

Knows XDbgBlockGraph, BlockExportInfo and FdsetInfo. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.layout import branch
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view

#: Graphs deeper than this go on at the left edge again.
_DEEPEST = 40

Edges = dict[Any, list[dict[str, Any]]]


def children_in(graph: Any) -> Edges:
    """Return the children of each node by its name, as QEMU 11 writes them ("child", "node-name")."""
    names = {node["id"]: node["name"] for node in graph["nodes"] if node["type"] == "block-driver"}
    children: Edges = {}
    for edge in graph["edges"]:
        if edge["parent"] in names and edge["child"] in names:
            child = {"child": edge["name"], "node-name": names[edge["child"]]}
            children.setdefault(names[edge["parent"]], []).append(child)
    return children


@view("x-debug-query-block-graph")
def graph(value: Any, look: Look) -> Iterator[str]:
    """Show the block graph as trees from its users down, with the permissions that each edge takes."""
    nodes = {node["id"]: node for node in value["nodes"]}
    edges: Edges = {}
    for edge in value["edges"]:
        edges.setdefault(edge["parent"], []).append(edge)
    below = {edge["child"] for edge in value["edges"]}
    shown: set[Any] = set()
    # Roots first; what they did not reach (a cycle, a depth) follows at the edge.
    for number in [number for number in nodes if number not in below] + list(nodes):
        if number not in shown:
            yield from _graph_tree(nodes, edges, number, look, shown, 0)


def _graph_tree(
    nodes: dict[Any, Any], edges: Edges, number: Any, look: Look, shown: set[Any], depth: int
) -> Iterator[str]:
    node = nodes[number]
    name = paint("head", look.text(node["name"]) or f"#{look.text(number)}")
    if number in shown or depth >= _DEEPEST:
        yield f"{name} (shown above)"
        return
    shown.add(number)
    yield f"{name} ({look.text(node['type'])})"
    below = [edge for edge in edges.get(number, ()) if edge["child"] in nodes]
    for n, edge in enumerate(below):
        lines = _graph_tree(nodes, edges, edge["child"], look, shown, depth + 1)
        first = f"{paint('dim', look.text(edge['name']))} {next(lines)}"
        yield from branch([first + _permissions(edge, look), *lines], last=n == len(below) - 1)


def _permissions(edge: dict[str, Any], look: Look) -> str:
    taken = ", ".join(map(look.text, sorted(edge["perm"]))) or "nothing"
    shared = ", ".join(map(look.text, sorted(edge["shared-perm"]))) or "nothing"
    return f": takes {taken}; shares {shared}"


@view("query-block-exports")
def exports(value: Any, look: Look) -> Iterator[str]:
    """Tabulate block exports."""
    rows = (
        [
            look.text(export["id"]),
            look.text(export["type"]),
            look.text(export["node-name"]),
            paint("warn", "shutting down") if export.get("shutting-down") is True else state("active"),
        ]
        for export in value
    )
    if not value:
        yield "No exports"
        return
    yield from look.table(rows, ("id", "type", "node-name", "state"))


@view("query-fdsets")
def fdsets(value: Any, look: Look) -> Iterator[str]:
    """Show descriptor sets with their descriptors."""
    if not value:
        yield "No fd sets"
    for held in value:
        yield f"fdset {paint('head', look.text(held['fdset-id']))}"
        for fd in held["fds"]:
            yield f"  fd {look.text(fd['fd'])}  {look.text(fd.get('opaque', ''))}".rstrip()
