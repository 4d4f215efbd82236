"""When commands on block devices destroy data, told by query-block and its like.

Each function gets the Request and the arguments as QMP names them, and returns the reason to ask first, or
``""``, also when the monitor does not tell. Must not know how lines say which device is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qmonsh.language.call import Request, records
from qmonsh.language.convert_block import is_device

#: Exports that a reason names; more are counted.
_NAMED = 3
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


def shrink(request: Request, arguments: Mapping[str, Any]) -> str:
    """``block_resize`` to less than the image's size."""
    size, name = arguments.get("size"), arguments.get("node-name") or arguments.get("device")
    if not isinstance(size, int) or not isinstance(name, str):
        return ""
    now = next((one for one in _sizes(request, name)), None)
    if now is None or size >= now:
        return ""
    return f"it cuts '{name}' from {in_units(now)} to {in_units(size)}; what lies behind is lost"


def _sizes(request: Request, name: str) -> Iterator[int]:
    """Yield the size in bytes of the image that a drive, a device or a node of this name has."""
    for node in _nodes(request, name):
        image = node.get("image")
        size = image.get("virtual-size") if isinstance(image, dict) else None
        if isinstance(size, int) and 0 <= size < 1 << 63:  # no image has another size
            yield size


def _nodes(request: Request, name: str) -> Iterator[dict[str, Any]]:
    for entry in records(request.ask("query-block")):
        node = entry.get("inserted")
        if isinstance(node, dict) and (is_called(entry, name) or node.get("node-name") == name):
            yield node
    for node in records(request.ask("query-named-block-nodes")):
        if node.get("node-name") == name:
            yield node


def is_called(entry: Mapping[str, Any], name: str) -> bool:
    """Tell whether a record of query-block is that of the drive or device of this name."""
    qdev = entry.get("qdev")
    return entry.get("device") == name or (isinstance(qdev, str) and is_device(qdev, name))


def locked_medium(request: Request, arguments: Mapping[str, Any]) -> str:
    """``eject -f`` and its like of a medium that the guest keeps in the drive."""
    name = arguments.get("id") or arguments.get("device")
    if not arguments.get("force") or not isinstance(name, str) or not name:
        return ""
    for entry in records(request.ask("query-block")):
        if is_called(entry, name) and entry.get("locked"):
            return "the guest has locked this medium: it is using it"
    return ""


def replaced_snapshot(request: Request, arguments: Mapping[str, Any]) -> str:
    """``savevm`` with the name of a snapshot that is there."""
    tag = arguments.get("tag")
    for entry in records(request.ask("query-block")):
        node = entry.get("inserted")
        image = node.get("image") if isinstance(node, dict) else None
        known = records(image.get("snapshots")) if isinstance(image, dict) else []
        if any(one.get("name") == tag for one in known):
            return f"it replaces the snapshot '{tag}', which is lost"
    return ""


def exports(request: Request, arguments: Mapping[str, Any]) -> str:
    """``nbd-server-stop`` while something is exported over NBD."""
    found = [one for one in records(request.ask("query-block-exports")) if one.get("type") == "nbd"]
    names = [str(one.get("node-name") or one.get("id")) for one in found]
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"it cuts off who reads or writes the exports of {', '.join(names[:_NAMED])}{more}"


def in_units(size: int) -> str:
    """Return bytes in the largest unit that says them exactly."""
    unit = 0
    while size and size % 1024 == 0 and unit < len(_UNITS) - 1:
        size //= 1024
        unit += 1
    return f"{size} {_UNITS[unit]}"
