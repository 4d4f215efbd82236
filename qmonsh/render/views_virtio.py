"""Views of virtio devices: list, device status with features in words, queues and their elements.

Knows the unstable x-query-virtio* replies and HMP's labels for them. Must not know layout or escapes
beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.layout import wrap
from qmonsh.render.number import hexadecimal, plain
from qmonsh.render.style import paint
from qmonsh.render.views import Look, view

#: member -> HMP's label, in HMP's order; all others follow a to z with dashes for underscores.
_STATUS = {
    "name": "device_name",
    "device-id": "device_id",
    "vhost-started": "vhost_started",
    "bus-name": "bus_name",
    "num-vqs": "num_vqs",
    "device-endian": "endianness",
}
_FEATURES = {
    "status": "status",
    "guest-features": "Guest features",
    "host-features": "Host features",
    "backend-features": "Backend features",
    "features": "Features",
    "acked-features": "Acked features",
    "protocol-features": "Protocol features",
    "backend-cap": "Backend caps",
}
_LIST_MEMBERS = ("statuses", "transports", "dev-features", "protocols")
_VRING = ("num", "num-default", "align", "desc", "avail", "used")


@view("x-query-virtio", "info virtio")
def virtio(value: Any, look: Look) -> Iterator[str]:
    """List virtio devices: QOM path and kind."""
    if not value:
        yield "No VirtIO devices"
    for device in value:
        yield f"{look.text(device['path'])} [{paint('key', look.text(device['name']))}]"


@view("x-query-virtio-status", "info virtio-status")
def status(value: Any, look: Look) -> Iterator[str]:
    """Show a device's state and what host, guest and backend agreed on."""
    yield f"{look.option('path') or look.text(value['name'])}:"
    yield from _status(value, look, 2)
    vhost = value.get("vhost-dev")
    if vhost:
        yield "  VHost:"
        yield from _status(vhost, look, 4)


def _status(value: dict[str, Any], look: Look, indent: int) -> Iterator[str]:
    plain_keys = [k for k in _STATUS if k in value]
    plain_keys += sorted(k for k in value if k not in _STATUS and not isinstance(value[k], dict | list))
    items = [(_STATUS.get(k, look.text(k).replace("-", "_")), _value(k, value[k])) for k in plain_keys]
    yield from look.pairs(items, indent=indent, gap=1)
    for key, label in _FEATURES.items():
        if key in value:
            yield f"{' ' * indent}{label}:"
            yield from _features(value[key], look, indent + 6)


def _value(key: str, member: Any) -> str:
    if key == "bus-name" and not member:
        return "(null)"
    return hexadecimal(member) if key.startswith("unknown-") else plain(member)


def _features(value: dict[str, Any], look: Look, indent: int) -> Iterator[str]:
    for key in _LIST_MEMBERS:
        for feature in value.get(key, ()):
            room = None if look.width is None else look.width - indent
            for n, line in enumerate(wrap(look.text(feature), room)):
                yield " " * (indent + 4 * bool(n)) + line
    for key in sorted(key for key in value if key.startswith("unknown-")):
        yield f"{' ' * indent}{look.text(key)}: {hexadecimal(value[key], width=16)}"


@view(
    "x-query-virtio-queue-status",
    "info virtio-queue-status",
    "x-query-virtio-vhost-queue-status",
    "info virtio-vhost-queue-status",
)
def queue_status(value: Any, look: Look) -> Iterator[str]:
    """Show a queue's indices and where its ring is."""
    yield f"{look.option('path') or look.text(value['name'])}:"
    items = [("device_name", look.text(value["name"]))]
    items += [
        (look.text(k).replace("-", "_"), look.text(value[k]))
        for k in sorted(value)
        if k != "name" and not k.startswith("vring-")
    ]
    yield from look.pairs(items, indent=2, gap=1)
    yield "  VRing:"
    ring = [part for part in _VRING if f"vring-{part}" in value]
    items = [(part.replace("-", "_"), _address(part, value[f"vring-{part}"])) for part in ring]
    yield from look.pairs(items, indent=4, gap=1)


def _address(part: str, value: Any) -> str:
    return hexadecimal(value, width=16) if part in ("desc", "avail", "used") else plain(value)


@view("x-query-virtio-queue-element", "info virtio-queue-element")
def queue_element(value: Any, look: Look) -> Iterator[str]:
    """Show one element of a queue: its descriptors and the rings' heads."""
    yield f"{look.option('path') or look.text(value['name'])}:"
    yield f"  device_name: {look.text(value['name'])}"
    yield f"  index:   {look.text(value['index'])}"
    yield "  desc:"
    yield "    descs:"
    for desc in value["descs"]:
        flags = f" ({', '.join(map(look.text, desc['flags']))})" if desc.get("flags") else ""
        yield f"        addr {hexadecimal(desc['addr'])} len {look.text(desc['len'])}{flags}"
    for part in ("avail", "used"):
        yield f"  {part}:"
        yield from look.pairs([(look.text(k), look.text(v)) for k, v in value[part].items()], indent=4, gap=1)
