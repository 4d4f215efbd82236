"""What a row of query-block or query-named-block-nodes says: its names, what is in it, in words.

Knows the members of both. Must not know who asks, nor candidates.
"""

from __future__ import annotations

import re
from typing import Any

from qmonsh.complete.sources import items, size_text, words

#: How well a node or drive serves as a disk: nobody uses it, somebody does, another node stands on it, QEMU
#: made it by itself.
FREE, USED, PART, AUTOMATIC = range(4)


def name_of(row: dict[str, Any]) -> str:
    """Return what a device is called: the name of its drive, else its own id or QOM path."""
    return str(row.get("device") or device_id(row))


def device_id(row: dict[str, Any]) -> str:
    """Return the id of the device that a drive belongs to, its QOM path when it has none."""
    path = str(row.get("qdev") or "")
    # virtio devices are called by a part of theirs: /machine/peripheral/ID/virtio-backend
    found = re.match(r"/machine/peripheral/([^/]+)(?:/virtio-backend)?\Z", path)
    return found[1] if found else path


def inserted(row: dict[str, Any]) -> dict[str, Any]:
    """Return the node in a drive, empty without a medium."""
    found = row.get("inserted")
    return found if isinstance(found, dict) else {}


def image(node: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a node's image."""
    found = node.get("image")
    return found if isinstance(found, dict) else {}


def image_text(row: dict[str, Any]) -> str:
    """Return what is in a drive, in words."""
    node = inserted(row)
    return node_text(node) if node else "no medium"


def node_text(node: dict[str, Any]) -> str:
    """Return "qcow2 1 GiB /vm/a.qcow2"."""
    file = str(node.get("file") or "")
    if file.startswith("json:"):
        file = ""  # it has no file: these are its options
    what = words(node.get("drv"), size_text(image(node).get("virtual-size")), file)
    return items(what, "read-only" if node.get("ro") else "")
