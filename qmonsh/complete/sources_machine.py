"""What a machine is made of: drivers, buses with free slots, screens, mice.

Knows ``device_add help``, ``info qtree`` and the replies about PCI. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import Driver, parse_drivers
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, source, words
from qmonsh.complete.sources_qom import listed

_FREE, _USABLE, _FULL, _REFUSES = 0, 1, 3, 4
_DEVICE_LINE = re.compile(r'dev: (?P<driver>.+), id "(?P<id>[^"]*)"\Z')

#: Buses that no machine lets a device be plugged on while it lives.
_FIXED = frozenset({"IDE", "ISA", "floppy-bus", "i2c-bus", "HDA", "maple-bus"})

#: Devices that are a bus of one slot.
_PORT = re.compile(r"(root-port|downstream|ioh3420|cxl-rp|pcie-pci-bridge-port)")

#: Devices that are the root of a PCI Express tree, whose bus cannot take another device while the VM lives.
_PCI_HOST = re.compile(r"(pcihost|gpex|pxb|host-bridge|pcie-host)")

#: The types of bus that a driver for another type fits on.
_WIDER = {"PCI": ("PCI", "PCIE", "CXL"), "virtio-bus": ("virtio-bus", "virtio-pci-bus", "virtio-mmio-bus")}


@dataclass(slots=True)
class Bus:
    """A bus of the device tree; ``owner`` is the driver that it belongs to, ``devices`` what is on it."""

    name: str
    type: str = ""
    owner: str = ""
    owner_id: str = ""
    devices: list[str] = field(default_factory=list)


@source("driver")
def drivers(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the devices that can be added, by name and alias, with bus and description."""
    found = known_drivers(look)
    if found:
        return look.derived("driver", _drivers, found)
    # Without HMP nothing tells buses and descriptions.
    rows = look.ask("qom-list-types", abstract=False, implements="device")
    return look.derived("driver types", _types, rows)


@source("bus")
def buses(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the buses that the driver on the line fits on, those with a free slot first."""
    driver = known_drivers(look).get(resolve_driver(look, place.driver))
    wanted = driver.bus if driver is not None else ""
    if look.has_hmp:
        found = look.derived("qtree", parse_qtree, look.text(_qtree_line(look)))
    else:
        found = look.derived("pci buses", _pci_buses, look.ask("query-pci"))
    return look.derived(("bus", wanted), lambda known: _buses(known, wanted), found)


@source("console")
def consoles(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the devices that have a screen (their drivers are QEMU's display devices)."""
    known = known_drivers(look)
    return [
        Candidate(name, kind[len("child<") : -1], "device", rank=0)
        for name, kind in listed(look, "/machine/peripheral")
        if kind.startswith("child<") and _is_display(kind[len("child<") : -1], known)
    ]


@source("mouse")
def mice(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the mice by index."""
    if look.facts.dialect == "hmp":
        return look.derived("text mice", _text_mice, look.text("info mice"))
    return look.derived("mouse", _mice, look.ask("query-mice"))


def known_drivers(look: Inquiry) -> dict[str, Driver]:
    """Return the drivers of ``device_add help`` by name."""
    return look.derived("drivers", parse_drivers, look.text("device_add help"))


def resolve_driver(look: Inquiry, name: str) -> str:
    """Return the real name of a driver given by its alias, else ``name``."""
    return look.derived("aliases", _aliases, known_drivers(look)).get(name, name)


def parse_qtree(text: str) -> list[Bus]:
    """Return the buses of ``info qtree``."""
    found: list[Bus] = []
    #: What is open, outermost first: (indentation, bus or None, driver, id).
    stack: list[tuple[int, Bus | None, str, str]] = []
    fresh: Bus | None = None
    for line in text.splitlines():
        row = line.lstrip(" ")
        if fresh is not None and row.startswith("type "):
            fresh.type, fresh = row[len("type ") :], None
        if not row.startswith(("bus: ", "dev: ")):
            continue
        indent = len(line) - len(row)
        while stack and stack[-1][0] >= indent:
            stack.pop()
        if row.startswith("bus: "):
            _, _, owner, owner_id = stack[-1] if stack else (0, None, "", "")
            fresh = Bus(row[len("bus: ") :], "", owner, owner_id)
            found.append(fresh)
            stack.append((indent, fresh, owner, owner_id))
        elif device := _DEVICE_LINE.match(row):
            holder = stack[-1][1] if stack else None
            if holder is not None:
                holder.devices.append(words(device["driver"], device["id"]))
            stack.append((indent, None, device["driver"], device["id"]))
    return found


def _drivers(known: Mapping[str, Driver]) -> tuple[Candidate, ...]:
    found = []
    for one in known.values():
        meta = items(one.bus, one.description or one.category.removesuffix(" devices"))
        found.append(Candidate(one.name, meta, "driver", flag=_flag(one.name, one.description)))
        if one.alias:
            found.append(Candidate(one.alias, f"alias of {one.name}, {meta}", "driver"))
    return tuple(sorted(found, key=lambda candidate: candidate.text))


def _flag(name: str, description: str) -> str:
    if name.startswith("x-"):
        return "unstable"
    return "deprecated" if "deprecated" in description.lower() else ""


def _types(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        sorted(
            (
                Candidate(str(row["name"]), str(row.get("parent", "")), "driver")
                for row in objects_in(answer)
                if "name" in row
            ),
            key=lambda candidate: candidate.text,
        )
    )


def _aliases(known: Mapping[str, Driver]) -> dict[str, str]:
    return {one.alias: one.name for one in known.values() if one.alias}


def _qtree_line(look: Inquiry) -> str:
    """Return the brief form where the monitor has it: ten times shorter with many devices."""
    return "info qtree -b" if "[-b]" in look.hmp_help().get("info qtree", "") else "info qtree"


def _buses(known: Sequence[Bus], wanted: str) -> tuple[Candidate, ...]:
    fitting = [
        bus for bus in known if not wanted or bus.type in _WIDER.get(wanted, (wanted,)) or not bus.type
    ]
    return tuple(_bus(bus) for bus in fitting)


def _bus(bus: Bus) -> Candidate:
    count = len(bus.devices)
    if _PORT.search(bus.owner):
        if count:
            return Candidate(bus.name, items(bus.type, f"taken by {bus.devices[0]}"), "bus", rank=_FULL)
        return Candidate(bus.name, items(bus.type, f"free slot of {bus.owner}"), "bus", rank=_FREE)
    if bus.type in ("PCIE", "CXL") and (_PCI_HOST.search(bus.owner) or not bus.owner):
        return Candidate(bus.name, items(bus.type, "refuses hot-plug"), "bus", rank=_REFUSES)
    have = {0: "empty", 1: "1 device"}.get(count, f"{count} devices")
    if bus.type in _FIXED:
        return Candidate(bus.name, items(bus.type, have, "refuses hot-plug"), "bus", rank=_REFUSES)
    return Candidate(bus.name, items(bus.type, have, f"of {bus.owner}"), "bus", rank=_USABLE)


def _pci_buses(answer: Any) -> list[Bus]:
    """Return the buses of bridges that have an id, which is the name of their bus (without HMP)."""
    found: list[Bus] = []
    waiting = [(root, None) for root in answer if isinstance(root, dict)] if isinstance(answer, list) else []
    pending: list[list[Any]] = [list(objects_in(root.get("devices"))) for root, _ in waiting]
    while pending:
        for device in pending.pop():
            bridge = device.get("pci_bridge")
            if not isinstance(bridge, dict):
                continue
            inside = list(objects_in(bridge.get("devices")))
            if device.get("qdev_id"):
                names = [str(one.get("qdev_id") or "a device") for one in inside]
                found.append(Bus(str(device["qdev_id"]), "PCI", "root-port", str(device["qdev_id"]), names))
            pending.append(inside)
    return found


def _is_display(driver: str, known: Mapping[str, Driver]) -> bool:
    row = known.get(driver)
    return row is None or row.category.startswith("Display")


def _mice(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(str(row["index"]), items(row.get("name"), "current" if row.get("current") else ""), "mouse")
        for row in objects_in(answer)
        if "index" in row
    )


def _text_mice(text: str) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(index, rest, "mouse")
        for index, rest in re.findall(r"^[* ] Mouse #(\d+): (.*)$", text, re.MULTILINE)
    )
