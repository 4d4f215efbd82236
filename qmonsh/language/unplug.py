"""Why unplugging a device should be confirmed: it is a disk in use, or disks in use hang behind it.

Knows where QOM tells what a device is plugged into. Must not know how lines say which device is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qmonsh.language.call import Request, records
from qmonsh.language.convert_block import find_device

#: Controllers behind bridges behind ports...: no real machine has that many one behind the other.
_DEEPEST = 32
#: Disks that a reason names; more are counted.
_NAMED = 3


def unplug_danger(request: Request, arguments: Mapping[str, Any]) -> str:
    """Return why ``device_del`` of this device (an id or a QOM path) should be confirmed, ``""`` when not.

    What sits behind a controller or a port goes with it.
    """
    device = arguments.get("id")
    if not isinstance(device, str):
        return ""
    found = find_device(request, device)
    if found is not None:
        return f"the guest may be using this disk ({found.drive or found.node})" if found.node else ""
    disks = list(_disks_behind(request, _path_of(device)))
    if not disks:
        return ""
    more = f" and {len(disks) - _NAMED} more" if len(disks) > _NAMED else ""
    what = "this disk" if len(disks) == 1 else "these disks"
    return f"the guest may be using {what} behind it ({', '.join(disks[:_NAMED])}{more})"


def _disks_behind(request: Request, path: str) -> Iterator[str]:
    """Yield the disks with something in them whose buses lead to the device at ``path``."""
    known: dict[str, str] = {}
    for entry in records(request.ask("query-block")):
        inserted, disk = entry.get("inserted"), entry.get("qdev")
        if not isinstance(inserted, dict) or not isinstance(disk, str) or not disk:
            continue
        if _is_behind(request, _path_of(disk), path, known):
            yield str(entry.get("device") or inserted.get("node-name"))


def _is_behind(request: Request, device: str, path: str, known: dict[str, str]) -> bool:
    """Tell whether the device hangs below ``path``; ``known`` keeps the bus of each device asked about."""
    for _ in range(_DEEPEST):
        if device not in known:
            bus = request.ask("qom-get", {"path": device, "property": "parent_bus"})
            known[device] = bus if isinstance(bus, str) else ""
        bus = known[device]
        if bus.startswith(path + "/"):
            return True
        device = bus.rpartition("/")[0]  # a bus is a child of the device that has it
        if not device:
            return False
    return False


def _path_of(device: str) -> str:
    return device if device.startswith("/") else f"/machine/peripheral/{device}"
