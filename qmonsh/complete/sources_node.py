"""Block nodes by node-name, and who uses each.

Knows the replies about nodes, their edges and their users. Must not know lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmonsh.complete.block_rows import AUTOMATIC, FREE, PART, USED, inserted, name_of, node_text
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, source

#: Drivers of nodes that stand at the bottom: what they tell of themselves a format above them repeats.
_PROTOCOLS = frozenset(
    "file host_device host_cdrom nbd http https ftp ftps iscsi nfs ssh rbd gluster nvme curl"
    " io_uring virtio-blk-vhost-vdpa virtio-blk-vfio-pci virtio-blk-vhost-user nvme-io_uring".split()
)


@source("node")
def nodes(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give node-names, free ones first, those that QEMU made up last."""
    rows, devices = look.ask("query-named-block-nodes"), look.ask("query-block")
    return look.derived("node", _nodes, rows, devices, look.ask("query-block-exports"), _graph(look))


@source("node-name")
def node_names(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give node-names (the kind of arguments that take nothing else)."""
    return nodes(look, place)


def _nodes(answer: Any, devices: Any, exports: Any, graph: Any) -> tuple[Candidate, ...]:
    rows = objects_in(answer)
    users = _users(devices, exports, graph)
    parts = _parts(rows)
    found = []
    for row in rows:
        name = str(row.get("node-name") or "")
        if not name:
            continue
        user = users.get(name, "")
        if name.startswith("#"):
            rank = AUTOMATIC
        elif user:
            rank = USED
        else:
            rank = PART if name in parts else FREE
        is_part = name in parts or rank == AUTOMATIC  # nobody but QEMU names those it makes by itself
        state = f"used by {user}" if user else "part of another node" if is_part else "free"
        found.append(Candidate(name, items(node_text(row), state), "node", rank=rank))
    return tuple(found)


def _graph(look: Inquiry) -> Any:
    """Return who stands on which node; asked while jobs run, as nothing else tells what they work on."""
    return look.ask("x-debug-query-block-graph") if look.rows("query-block-jobs") else None


def _users(devices: Any, exports: Any, graph: Any) -> dict[str, str]:
    """Return who uses a node, by its name."""
    users = _jobs_on(graph)
    users |= {str(row.get("node-name")): f"export {row.get('id')}" for row in objects_in(exports)}
    return users | {str(inserted(row).get("node-name")): name_of(row) for row in objects_in(devices)}


def _jobs_on(graph: Any) -> dict[str, str]:
    """Return the jobs by the nodes that they work on, and by those below these."""
    if not isinstance(graph, dict):
        return {}
    things = {str(row.get("id")): row for row in objects_in(graph.get("nodes"))}
    below: dict[str, list[str]] = {}
    for edge in objects_in(graph.get("edges")):
        below.setdefault(str(edge.get("parent")), []).append(str(edge.get("child")))
    found: dict[str, str] = {}
    left = [
        (number, f"job {one.get('name')}") for number, one in things.items() if one.get("type") == "block-job"
    ]
    while left:
        number, job = left.pop()
        for child in below.pop(number, ()):
            found.setdefault(str(things.get(child, {}).get("name")), job)
            left.append((child, job))
    return found


def _parts(rows: list[dict[str, Any]]) -> set[str]:
    """Return the nodes that others stand on.

    Newer monitors list the children; on older ones a node is told by its file, which a format has from the
    node below it, and the overlay of a backing file names.
    """
    parts = {str(child.get("node-name")) for row in rows for child in objects_in(row.get("children"))}
    above = {str(row.get("file")) for row in rows if row.get("drv") not in _PROTOCOLS}
    above_too = {str(row.get("backing_file")) for row in rows if row.get("backing_file")}
    for row in rows:
        file = str(row.get("file") or "")
        if file and (file in above_too or (row.get("drv") in _PROTOCOLS and file in above)):
            parts.add(str(row.get("node-name")))
    return parts
