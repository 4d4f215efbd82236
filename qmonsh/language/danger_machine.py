"""When commands on the machine, its migration and its network harm the guest, told by asking how things are.

Functions as in danger_block.py. Must not know how lines say their arguments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qmonsh.language.call import Request, records
from qmonsh.language.danger_block import in_units

#: Where QOM keeps devices: those with an id, those without, those of the board.
_DEVICES = ("/machine/peripheral", "/machine/peripheral-anon", "/machine/unattached")
_OFF = (False, "off", "false", "no", "n", "0")


def balloon(request: Request, arguments: Mapping[str, Any]) -> str:
    """``balloon`` to less than half of what the guest has."""
    size = arguments.get("value")
    now = _member(request, "query-balloon", "actual")
    if not isinstance(size, int) or not isinstance(now, int) or 2 * size >= now:
        return ""
    left = f"it leaves the guest {in_units(size)} of {in_units(now)}"
    return f"{left}; one that needs more kills programs or dies"


def wake(request: Request, arguments: Mapping[str, Any]) -> str:
    """``cont`` where the VM has gone to another QEMU, which would write to the same disks."""
    if _member(request, "query-status", "status") != "postmigrate":
        return ""
    return "this VM was migrated away; if it runs elsewhere, two VMs on the same disks destroy them"


def cancel(request: Request, arguments: Mapping[str, Any]) -> str:
    """``migrate_cancel`` once postcopy has begun (newer QEMUs refuse it)."""
    if not str(_member(request, "query-migrate", "status")).startswith("postcopy"):
        return ""
    return "since postcopy began neither side has all of the guest's memory; the guest is lost"


def _member(request: Request, command: str, name: str) -> Any:
    answer = request.ask(command)
    return answer.get(name) if isinstance(answer, dict) else None


def unplug_network(request: Request, arguments: Mapping[str, Any]) -> str:
    """``netdev_del`` of what a network card is on: it gets no other one."""
    name = arguments.get("id")
    card = next(_cards_on(request, name), "") if isinstance(name, str) else ""
    return f"the network card {card} uses it and stays without network for good" if card else ""


def _cards_on(request: Request, name: str) -> Iterator[str]:
    """Yield the devices on a network backend, by their name in QOM."""
    for folder in _DEVICES:
        for child in records(request.ask("qom-list", {"path": folder})):
            device = child.get("name")
            if not str(child.get("type")).startswith("child<") or not isinstance(device, str):
                continue
            if request.ask("qom-get", {"path": f"{folder}/{device}", "property": "netdev"}) == name:
                yield device


def unrealize(request: Request, arguments: Mapping[str, Any]) -> str:
    """``qom-set PATH realized off``: what device_del asks the guest for, this does at once."""
    if arguments.get("property") != "realized" or arguments.get("value") not in _OFF:
        return ""
    return "it takes the device away from the guest at once"


def monitor_object(request: Request, arguments: Mapping[str, Any]) -> str:
    """``object_del`` of a monitor (objects since QEMU 11): its socket stays, and nobody is behind it."""
    objects = records(request.ask("qom-list", {"path": "/objects"}))
    kinds = [str(one.get("type")) for one in objects if one.get("name") == arguments.get("id")]
    if not any(kind.startswith("child<monitor-") for kind in kinds):
        return ""
    return "it is a monitor of this VM; whoever manages the VM through it cannot any more"
