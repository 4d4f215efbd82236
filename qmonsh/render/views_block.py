"""Views of block devices and nodes: what is attached, the images behind it, snapshots, throttles, bitmaps.

Knows the members of BlockInfo, BlockDeviceInfo, ImageInfo, and HMP's words for them. Must not know layout
or escapes beyond ``look``. Statistics and jobs are in views_blockstats.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.layout import branch, indented, pairs
from qmonsh.render.number import human, is_number, plain, size
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view

#: HMP's order of throttling limits; the first twelve are always told, the rest when set.
_LIMITS = (
    "bps bps_rd bps_wr bps_max bps_rd_max bps_wr_max iops iops_rd iops_wr iops_max iops_rd_max iops_wr_max "
    "iops_size"
).split()
_BURSTS = [f"{limit}_max_length" for limit in ("bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr")]
#: Chains and trees deeper than this go on at the left edge again.
_DEEPEST = 40


@view("query-block", "info block")
def block(value: Any, look: Look) -> Iterator[str]:
    """Show each drive as HMP does, with sizes, snapshots and bitmaps; ``-v`` adds the images."""
    if look.option("nodes"):
        yield from nodes(value, look)
        return
    wanted = look.option("device")
    chosen = (drive for drive in value if not wanted or wanted in _names(drive))
    for n, drive in enumerate(chosen):
        node = drive.get("inserted")
        yield from [""] if n else []
        yield from _headed(_drive_name(drive, look), node, look)
        yield from look.pairs([*_attachment(drive, look), *_details(node, look)], indent=4)
        if look.option("verbose") and node:
            yield from _images(node["image"], look)


def _names(drive: dict[str, Any]) -> tuple[Any, ...]:
    return drive["device"], drive.get("qdev"), (drive.get("inserted") or {}).get("node-name")


@view("query-named-block-nodes")
def nodes(value: Any, look: Look) -> Iterator[str]:
    """Show block nodes as trees of their file and backing children.

    QEMU tells them since 11; before, the hint "graph" (of x-debug-query-block-graph) has them.
    """
    by_name = {node["node-name"]: node for node in _with_children(value, look.options.get("graph"))}
    below = {child["node-name"] for node in by_name.values() for child in node.get("children", ())}
    wanted = look.option("device")
    shown: set[str] = set()
    # Roots first; whatever they did not reach (a cycle, a chain beyond the depth) follows at the edge.
    for name in [name for name in by_name if name not in below] + list(by_name):
        if name not in shown and wanted in ("", name):
            yield from [""] if shown else []
            yield from _node_tree(by_name, name, look, shown, 0)


def _with_children(nodes: Any, graph: Any) -> Any:
    if not graph:
        return nodes
    from qmonsh.render.views_blockgraph import children_in  # rarely wanted

    children = children_in(graph)
    return [{"children": children.get(node["node-name"], ()), **node} for node in nodes]


def _node_tree(nodes: dict[str, Any], name: str, look: Look, shown: set[str], depth: int) -> Iterator[str]:
    node = nodes[name]
    shown.add(name)
    yield from _headed(look.text(name), node, look)
    children = [child for child in node.get("children", ()) if child["node-name"] in nodes]
    details = [*pairs(_details(node, look), width=None if look.width is None else look.width - 4 - 3 * depth)]
    if look.option("verbose"):
        details += _images(node["image"], look)
    yield from (f"{'│' if children else ' '}   {line}".rstrip() for line in details)
    for n, child in enumerate(children):
        below = _child(nodes, child, look, shown, depth)
        yield from branch(below, last=n == len(children) - 1)


def _child(
    nodes: dict[str, Any], child: dict[str, Any], look: Look, shown: set[str], depth: int
) -> Iterator[str]:
    role, name = paint("dim", look.text(child["child"])), child["node-name"]
    if name in shown or depth >= _DEEPEST:
        yield f"{role} {paint('head', look.text(name))} (shown above)"
        return
    first, *rest = _node_tree(nodes, name, look, shown, depth + 1)
    yield f"{role} {first}"
    yield from rest


def _headed(name: str, node: Any, look: Look) -> Iterator[str]:
    if node is None:
        yield f"{paint('head', name)}: [not inserted]"
        return
    notes = [look.text(node["drv"])]
    notes += ["read-only"] if node["ro"] is True else []
    notes += ["encrypted"] if node.get("encrypted") is True else []
    notes += [paint("warn", "inactive")] if node.get("active") is False else []
    yield f"{paint('head', name)}: {look.text(node['file'])} ({', '.join(notes)})"


def _drive_name(drive: dict[str, Any], look: Look) -> str:
    node = look.text((drive.get("inserted") or {}).get("node-name", ""))
    device = look.text(drive["device"])
    if device:
        return f"{device} ({node})" if node else device
    return node or look.text(drive.get("qdev", "<anonymous>"))


def _attachment(drive: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    if "qdev" in drive:
        yield "Attached to", look.text(drive["qdev"])
    if drive.get("io-status", "ok") != "ok":
        yield "I/O status", state(look.text(drive["io-status"]))
    if drive["removable"] is True:
        locked = "locked" if drive["locked"] is True else "not locked"
        yield "Removable device", f"{locked}, tray {'open' if drive.get('tray_open') is True else 'closed'}"


def _details(node: Any, look: Look) -> Iterator[tuple[str, str]]:
    if not node:
        return
    image = node["image"]
    cache = node["cache"]
    modes = ["writeback" if cache["writeback"] is True else "writethrough"]
    modes += ["direct"] if cache["direct"] is True else []
    modes += ["ignore flushes"] if cache["no-flush"] is True else []
    yield "Cache mode", ", ".join(modes)
    yield "Size", _sizes(image)
    yield from _backing(node, look)
    if node.get("detect_zeroes", "off") != "off":
        yield "Detect zeroes", look.text(node["detect_zeroes"])
    yield from _throttling(node)
    if node.get("write_threshold"):
        yield "Write threshold", size(node["write_threshold"])
    if image.get("snapshots"):
        yield "Snapshots", ", ".join(look.text(snapshot["name"]) for snapshot in image["snapshots"])
    for n, bitmap in enumerate(node.get("dirty-bitmaps", ())):
        yield ("" if n else "Dirty bitmaps"), _bitmap(bitmap)


def _sizes(image: dict[str, Any]) -> str:
    used = f", {size(image['actual-size'])} on disk" if "actual-size" in image else ""
    return f"{size(image['virtual-size'])}{used}"


def _backing(node: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    if "backing_file" not in node:
        return
    depth = look.text(node["backing_file_depth"])
    yield "Backing file", f"{look.text(node['backing_file'])} (chain depth: {depth})"
    image, margin = node["image"].get("backing-image"), ""
    while isinstance(image, dict):
        yield "", f"{margin}└─ {look.text(image['filename'])} ({look.text(image['format'])}, {_sizes(image)})"
        image, margin = image.get("backing-image"), margin + "  " * (len(margin) < _DEEPEST)


def _throttling(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not any(node.get(limit) for limit in _LIMITS):
        return
    told = [f"{limit}={_limit(limit, node.get(limit, 0))}" for limit in _LIMITS]
    told += [f"{burst}={plain(node[burst])}" for burst in _BURSTS if burst in node]
    yield "I/O throttling", " ".join([*told, f"group={plain(node.get('group', ''))}"])


def _limit(name: str, value: Any) -> str:
    """Return a limit as HMP does; bandwidths that are set also for the eye."""
    is_large = name.startswith("bps") and is_number(value) and value >= 1000
    return f"{plain(value)} ({human(value)}/s)" if is_large else plain(value)


def _bitmap(bitmap: dict[str, Any]) -> str:
    notes = [f"granularity {size(bitmap['granularity'])}", f"{size(bitmap['count'])} dirty"]
    notes += [state(plain(bitmap["status"]))] if "status" in bitmap else []
    notes += [key for key in ("recording", "busy", "persistent", "inconsistent") if bitmap.get(key) is True]
    return f"{plain(bitmap.get('name', '(anonymous)'))} ({', '.join(notes)})"


def _images(image: Any, look: Look) -> Iterator[str]:
    """Yield an image and those behind it as ``info block -v`` does."""
    yield ""
    yield "Images:"
    while isinstance(image, dict):
        yield from look.pairs(_image(image, look), gap=1)
        if image.get("limits"):
            yield "Block limits:"
            yield from _specifics(image["limits"], 1)
        if image.get("snapshots"):
            yield "Snapshot list:"
            yield from snapshot_table(image["snapshots"], look)
        specific = image.get("format-specific", {}).get("data")
        if specific:
            yield "Format specific information:"
            yield from _specifics(specific, 1)
        image = image.get("backing-image")
        if image:
            yield ""


def _image(image: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    yield "image", look.text(image["filename"])
    yield "file format", look.text(image["format"])
    amount = image["virtual-size"]
    yield "virtual size", f"{human(amount)} ({plain(amount)} bytes)"
    if "actual-size" in image:
        yield "disk size", size(image["actual-size"])
    if image.get("encrypted") is True:
        yield "encrypted", "yes"
    if "cluster-size" in image:
        yield "cluster_size", look.text(image["cluster-size"])
    if image.get("dirty-flag") is True:
        yield "cleanly shut down", paint("bad", "no")
    if "backing-filename" in image:
        actual = image.get("full-backing-filename", image["backing-filename"])
        more = "" if actual == image["backing-filename"] else f" (actual path: {look.text(actual)})"
        yield "backing file", look.text(image["backing-filename"]) + more
    if "backing-filename-format" in image:
        yield "backing file format", look.text(image["backing-filename-format"])


def _specifics(data: dict[str, Any], depth: int) -> Iterator[str]:
    """Yield nested members with spaces for dashes, as HMP does."""
    margin = "    " * depth
    members = data.items() if isinstance(data, dict) else ((f"[{n}]", v) for n, v in enumerate(data))
    for key, member in members:
        label = plain(key).replace("-", " ")
        if isinstance(member, dict | list) and member and depth < _DEEPEST:
            yield f"{margin}{label}:"
            yield from _specifics(member, depth + 1)  # type: ignore[arg-type]
        else:
            yield f"{margin}{label}: {'' if isinstance(member, dict | list) else plain(member)}".rstrip()


def snapshot_table(snapshots: Any, look: Look) -> Iterator[str]:
    """Yield internal snapshots as HMP's table, dates in local time."""
    rows = (
        [
            look.text(snapshot["id"]),
            look.text(snapshot["name"]),
            size(snapshot["vm-state-size"]),
            moment(snapshot["date-sec"]),
            _vm_clock(snapshot["vm-clock-sec"], snapshot["vm-clock-nsec"]),
            look.text(snapshot.get("icount", "")),
        ]
        for snapshot in snapshots
    )
    heads = ("ID", "TAG", "VM_SIZE", "DATE", "VM_CLOCK", "ICOUNT")
    yield from look.table(rows, heads, right="  rrrr")


def moment(seconds: Any) -> str:
    """Return a point in time as local date and time, or the number when it is no date."""
    from datetime import datetime

    try:
        return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError, TypeError):
        return plain(seconds)


def _vm_clock(seconds: Any, nanoseconds: Any) -> str:
    if not (is_number(seconds) and is_number(nanoseconds)):
        return plain(seconds)
    return f"{seconds // 3600:04}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanoseconds // 1000000:03}"


@view("blockdev-snapshot-delete-internal-sync")
def deleted_snapshot(value: Any, look: Look) -> Iterator[str]:
    """Show the snapshot that was deleted, as the table of snapshots did."""
    yield "Deleted:"
    yield from snapshot_table([value], look)


@view("info snapshots")
def snapshots(value: Any, look: Look) -> Iterator[str]:
    """List internal snapshots of query-named-block-nodes, node by node."""
    found = False
    for node in value:
        held = node["image"].get("snapshots")
        if held:
            yield f"Snapshots of {paint('head', look.text(node['node-name']))} ({look.text(node['file'])}):"
            yield from indented(snapshot_table(held, look), 2)
            found = True
    if not found:
        yield "There is no snapshot available."
