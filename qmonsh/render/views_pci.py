"""View of the PCI topology: buses and bridges as a tree, each function with its ids, interrupt and BARs.

Knows PciDeviceInfo and HMP's words for it. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.layout import branch
from qmonsh.render.number import hexadecimal, plain, size
from qmonsh.render.style import paint
from qmonsh.render.views import Look, view

#: PCI has at most 256 buses in a row; a hostile reply has no such limit.
_DEEPEST = 60


@view("query-pci", "info pci")
def pci(value: Any, look: Look) -> Iterator[str]:
    """Show each root bus as a tree of functions, bridges with what is behind them."""
    for bus in value:
        yield paint("head", f"Bus {look.text(bus['bus'])}")
        yield from _functions(bus["devices"], look, 0)


def _functions(devices: Any, look: Look, depth: int) -> Iterator[str]:
    for n, device in enumerate(devices):
        yield from branch(_function(device, look, depth), last=n == len(devices) - 1)


def _function(device: dict[str, Any], look: Look, depth: int) -> Iterator[str]:
    bus, slot, function = device["bus"], device["slot"], device["function"]
    info = device["class_info"]
    kind = look.text(info["desc"]) if "desc" in info else _class(info["class"])
    place = f"Bus {bus:2}, device {slot:3}, function {function} ({bus:02x}:{slot:02x}.{function:x})"
    yield f"{place}: {paint('head', kind)}: PCI device {_ids(device['id'], 'vendor', 'device')}"
    name = look.text(device["qdev_id"])
    below = device.get("pci_bridge", {}).get("devices", ())
    margin = "│    " if below and depth < _DEEPEST else "     "
    details = [*_details(device), f'id "{paint("key", name)}"']
    yield from (margin + line for line in details)
    if depth < _DEEPEST:
        yield from _functions(below, look, depth + 1)


def _class(code: Any) -> str:
    return f"Class {code:04d} (0x{code:04x})"


def _hex4(value: Any) -> str:
    return f"{value:04x}"


def _ids(ids: dict[str, Any], vendor: str, device: str) -> str:
    return f"{_hex4(ids[vendor])}:{_hex4(ids[device])}"


def _details(device: dict[str, Any]) -> Iterator[str]:
    if "subsystem-vendor" in device["id"] and "subsystem" in device["id"]:
        yield f"PCI subsystem {_ids(device['id'], 'subsystem-vendor', 'subsystem')}"
    if "irq" in device:
        pin = device.get("irq_pin", 0)
        yield f"IRQ {plain(device['irq'])}, pin {chr(64 + pin) if 0 < pin < 27 else plain(pin)}"
    if "pci_bridge" in device:
        yield from _bridge(device["pci_bridge"]["bus"])
    for region in device["regions"]:
        yield f"BAR{plain(region['bar'])}: {_region(region)}"


def _bridge(bus: dict[str, Any]) -> Iterator[str]:
    numbers = f"secondary bus {plain(bus['secondary'])}, subordinate bus {plain(bus['subordinate'])}"
    yield f"BUS {plain(bus['number'])}, {numbers}"
    for key, label in (
        ("io_range", "IO range"),
        ("memory_range", "memory range"),
        ("prefetchable_range", "prefetchable memory range"),
    ):
        width = 4 if key == "io_range" else 8
        base, limit = (hexadecimal(bus[key][end], width=width) for end in ("base", "limit"))
        yield f"{label} [{base}, {limit}]"


def _region(region: dict[str, Any]) -> str:
    address, amount = region["address"], region["size"]
    if region["type"] == "io":
        kind, width = "I/O", 4
    else:
        bits = "64 bit" if region.get("mem_type_64") is True else "32 bit"
        kind = f"{bits}{' prefetchable' if region.get('prefetch') is True else ''} memory"
        width = 8
    if address in (-1, 2**64 - 1):
        return f"{kind} (not mapped), {size(amount)}"
    last = hexadecimal(address + amount - 1, width=width)
    return f"{kind} at {hexadecimal(address, width=width)} [{last}], {size(amount)}"
