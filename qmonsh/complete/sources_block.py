"""Block devices, nodes, jobs, exports, snapshots, bitmaps: values of the storage of a VM.

Knows the replies about block devices. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.sources import Place, items, size_text, source, words

_ALL = (Candidate("all", "every block device", "word"),)
_FREE, _USABLE, _USED, _PART, _AUTOMATIC = range(5)
#: Drivers of nodes that stand at the bottom: what they tell of themselves a format above them repeats.
_PROTOCOLS = frozenset(
    "file host_device host_cdrom nbd http https ftp ftps iscsi nfs ssh rbd gluster nvme curl"
    " io_uring virtio-blk-vhost-vdpa virtio-blk-vfio-pci virtio-blk-vhost-user nvme-io_uring".split()
)

#: "disk0 (#block1): /vm/a.qcow2 (qcow2, read-only)" of a text monitor's ``info block``.
_BLOCK_LINE = re.compile(
    r"(?P<name>[^\s:()]+)(?: \((?P<node>[^)]+)\))?: (?:(?P<file>.*) \((?P<how>[^()]*)\)|\[not inserted\])\Z"
)
#: "--   snap1   1 MiB 2026-01-01 ..." of ``info snapshots``.
_SNAPSHOT_LINE = re.compile(r"(?:--|\d+)\s+(?P<tag>\S+)\s+(?P<rest>.*)\Z")
_JOB_LINE = re.compile(r"Type (?P<type>[^,]+), device (?P<id>[^:]+): (?P<rest>.*)\Z")


@source("block")
def block_devices(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block devices by every name that QEMU takes: device name, device id, node-name."""
    return look.joined("block", _devices(look), nodes(look, place))


@source("block-device")
def device_names(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the names of drives, which is all that the argument "device" of QMP commands takes."""
    return look.derived("block-device", _named, look.ask("query-block"))


@source("block-root")
def roots(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the names of drives and nodes, as "device" of newer QMP commands takes both."""
    return look.joined("block-root", device_names(look, place), nodes(look, place))


@source("medium-name")
def media_names(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the names of the drives with a removable medium."""
    return look.derived("medium-name", _named_media, look.ask("query-block"))


@source("image-device")
def image_devices(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block devices, and ``all``."""
    return look.joined("image-device", _devices(look), _ALL)


@source("medium")
def media(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the removable devices; all when none is known to be removable."""
    removable = look.derived("media", _media, look.ask("query-block"))
    found = removable or _devices(look)
    vnc = [Candidate("vnc", "the VNC password", "word", rank=3)] if place.command == "change" else []
    return [*found, *vnc]


@source("drive")
def drives(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what a device can use as its disk: nodes and drives that no device uses first."""
    if look.facts.dialect == "hmp":
        return _devices(look)
    return look.derived("drive", _drives, look.ask("query-block"), nodes(look, place))


@source("node")
def nodes(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give node-names, free ones first, those that QEMU made up last."""
    rows, devices = look.ask("query-named-block-nodes"), look.ask("query-block")
    return look.derived("node", _nodes, rows, devices, look.ask("query-block-exports"), _graph(look))


@source("node-name")
def node_names(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give node-names (the kind of arguments that take nothing else)."""
    return nodes(look, place)


@source("job")
def block_jobs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block jobs."""
    if look.facts.dialect == "hmp":
        return look.derived("text jobs", _text_jobs, look.text("info block-jobs"))
    return look.derived("job", _block_jobs, look.ask("query-block-jobs"))


@source("any-job")
def jobs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give jobs of every kind."""
    return look.derived("any-job", _jobs, look.ask("query-jobs"))


@source("export")
def exports(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block exports."""
    return look.derived("export", _exports, look.ask("query-block-exports"))


@source("snapshot")
def snapshots(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the snapshots inside images, those of the device on the line when there is one."""
    if look.facts.dialect == "hmp":
        return look.derived("text snapshots", _text_snapshots, look.text("info snapshots"))
    device = place.first("device", "vmstate")
    return look.derived(("snapshot", device), _snapshots, look.ask("query-block"), device)


@source("bitmap")
def bitmaps(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the dirty bitmaps, those of the node on the line when there is one."""
    return look.derived(
        ("bitmap", place.first("node", "device")),
        _bitmaps,
        look.ask("query-named-block-nodes"),
        place.first("node", "device"),
    )


@source("throttle-group")
def throttle_groups(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the throttle groups that drives are in."""
    rows = [_inserted(row) for row in look.rows("query-block")]
    return [Candidate(name, "throttle group", "group") for name in _unique(row.get("group") for row in rows)]


def _devices(look: Inquiry) -> Sequence[Candidate]:
    if look.facts.dialect == "hmp":
        return look.derived("text block", _text_blocks, look.text("info block"))
    return look.derived("block", _block_devices, look.ask("query-block"))


def _rows(answer: Any) -> list[dict[str, Any]]:
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []


def _block_devices(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in _rows(answer) if _name_of(row))


def _media(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in _rows(answer) if _name_of(row) and row.get("removable"))


def _named(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in _rows(answer) if row.get("device"))


def _named_media(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in _rows(answer) if row.get("device") and row.get("removable"))


def _drives(answer: Any, known: Sequence[Candidate]) -> tuple[Candidate, ...]:
    found = []
    for row in _rows(answer):
        if not row.get("device"):
            continue  # only nodes can be named here, and they are below
        user = _device_id(row)
        meta = items(_image_text(row), f"used by {user}" if user else "free")
        found.append(Candidate(str(row["device"]), meta, "drive", rank=_USED if row.get("qdev") else _FREE))
    return (*found, *known)


def _of_row(row: dict[str, Any]) -> Candidate:
    state = "tray open" if row.get("tray_open") else ""
    locked = "locked" if row.get("locked") else ""
    return Candidate(_name_of(row), items(_image_text(row), state, locked), "block-device", rank=0)


def _name_of(row: dict[str, Any]) -> str:
    """Return what a device is called: the name of its drive, else its own id or QOM path."""
    return str(row.get("device") or _device_id(row))


def _device_id(row: dict[str, Any]) -> str:
    path = str(row.get("qdev") or "")
    # virtio devices are called by a part of theirs: /machine/peripheral/ID/virtio-backend
    found = re.match(r"/machine/peripheral/([^/]+)(?:/virtio-backend)?\Z", path)
    return found[1] if found else path


def _inserted(row: dict[str, Any]) -> dict[str, Any]:
    found = row.get("inserted")
    return found if isinstance(found, dict) else {}


def _image(node: dict[str, Any]) -> dict[str, Any]:
    found = node.get("image")
    return found if isinstance(found, dict) else {}


def _image_text(row: dict[str, Any]) -> str:
    node = _inserted(row)
    return _node_text(node) if node else "no medium"


def _node_text(node: dict[str, Any]) -> str:
    """Return "qcow2 1 GiB /vm/a.qcow2"."""
    file = str(node.get("file") or "")
    if file.startswith("json:"):
        file = ""  # it has no file: these are its options
    what = words(node.get("drv"), size_text(_image(node).get("virtual-size")), file)
    return items(what, "read-only" if node.get("ro") else "")


def _nodes(answer: Any, devices: Any, exports: Any, graph: Any) -> tuple[Candidate, ...]:
    rows = _rows(answer)
    users = _users(devices, exports, graph)
    parts = _parts(rows)
    found = []
    for row in rows:
        name = str(row.get("node-name") or "")
        if not name:
            continue
        user = users.get(name, "")
        if name.startswith("#"):
            rank = _AUTOMATIC
        elif user:
            rank = _USED
        else:
            rank = _PART if name in parts else _FREE
        is_part = name in parts or rank == _AUTOMATIC  # nobody but QEMU names those it makes by itself
        state = f"used by {user}" if user else "part of another node" if is_part else "free"
        found.append(Candidate(name, items(_node_text(row), state), "node", rank=rank))
    return tuple(found)


def _graph(look: Inquiry) -> Any:
    """Return who stands on which node; asked while jobs run, as nothing else tells what they work on."""
    return look.ask("x-debug-query-block-graph") if look.rows("query-block-jobs") else None


def _users(devices: Any, exports: Any, graph: Any) -> dict[str, str]:
    """Return who uses a node, by its name."""
    users = _jobs_on(graph)
    users |= {str(row.get("node-name")): f"export {row.get('id')}" for row in _rows(exports)}
    return users | {str(_inserted(row).get("node-name")): _name_of(row) for row in _rows(devices)}


def _jobs_on(graph: Any) -> dict[str, str]:
    """Return the jobs by the nodes that they work on, and by those below these."""
    if not isinstance(graph, dict):
        return {}
    things = {str(row.get("id")): row for row in _rows(graph.get("nodes"))}
    below: dict[str, list[str]] = {}
    for edge in _rows(graph.get("edges")):
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
    parts = {str(child.get("node-name")) for row in rows for child in _rows(row.get("children"))}
    above = {str(row.get("file")) for row in rows if row.get("drv") not in _PROTOCOLS}
    above_too = {str(row.get("backing_file")) for row in rows if row.get("backing_file")}
    for row in rows:
        file = str(row.get("file") or "")
        if file and (file in above_too or (row.get("drv") in _PROTOCOLS and file in above)):
            parts.add(str(row.get("node-name")))
    return parts


def _progress(done: Any, total: Any) -> str:
    if isinstance(done, int) and isinstance(total, int) and total > 0:
        return f"{100 * done // total} %"
    return ""


def _block_jobs(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            str(row["device"]),
            items(row.get("type"), row.get("status"), _progress(row.get("offset"), row.get("len"))),
            "job",
        )
        for row in _rows(answer)
        if row.get("device")
    )


def _jobs(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            str(row["id"]),
            items(
                row.get("type"),
                row.get("status"),
                _progress(row.get("current-progress"), row.get("total-progress")),
            ),
            "job",
        )
        for row in _rows(answer)
        if row.get("id")
    )


def _exports(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(str(row["id"]), items(row.get("type"), f"of {row.get('node-name', '?')}"), "export")
        for row in _rows(answer)
        if row.get("id")
    )


def _snapshots(answer: Any, device: str) -> tuple[Candidate, ...]:
    found: dict[str, list[str]] = {}
    sizes: dict[str, Any] = {}
    for row in _rows(answer):
        if device and device not in (_name_of(row), _device_id(row), _inserted(row).get("node-name")):
            continue
        for one in _rows(_image(_inserted(row)).get("snapshots")):
            name = str(one.get("name") or one.get("id") or "")
            found.setdefault(name, []).append(_name_of(row))
            sizes[name] = max(sizes.get(name, 0), _integer(one.get("vm-state-size")))
    return tuple(
        Candidate(
            name,
            items(f"with {size_text(sizes[name])} of VM state" if sizes[name] else "disk only", *where),
            "snapshot",
            rank=0 if sizes[name] else 1,
        )
        for name, where in found.items()
        if name
    )


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _bitmaps(answer: Any, node: str) -> tuple[Candidate, ...]:
    found = []
    for row in _rows(answer):
        if node and node != row.get("node-name"):
            continue
        for one in _rows(row.get("dirty-bitmaps")):
            if one.get("name"):
                state = "recording" if one.get("recording") else "disabled"
                meta = items(f"of {row.get('node-name')}", state, f"{size_text(one.get('count'))} dirty")
                found.append(Candidate(str(one["name"]), meta, "bitmap"))
    return tuple(found)


def _text_blocks(text: str) -> tuple[Candidate, ...]:
    matches = (_BLOCK_LINE.match(line) for line in text.splitlines())
    return tuple(
        Candidate(m["name"], words(m["how"], m["file"]) or "no medium", "block-device", rank=0)
        for m in matches
        if m
    )


def _text_snapshots(text: str) -> tuple[Candidate, ...]:
    matches = (_SNAPSHOT_LINE.match(line) for line in text.splitlines())
    rows = [m for m in matches if m and not m["rest"].startswith("--")]
    return tuple(
        Candidate(m["tag"], words(*m["rest"].split()), "snapshot") for m in rows if m["tag"] != "TAG"
    )


def _text_jobs(text: str) -> tuple[Candidate, ...]:
    matches = (_JOB_LINE.match(line) for line in text.splitlines())
    return tuple(Candidate(m["id"], items(m["type"], m["rest"]), "job") for m in matches if m)


def _unique(names: Iterable[Any]) -> Iterator[str]:
    return iter(dict.fromkeys(str(name) for name in names if name))
