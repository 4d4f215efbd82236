"""Block devices by every name they have: drives, devices, removable media, throttle groups.

Knows the replies about block devices. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qmonsh.complete.block_rows import FREE, USED, device_id, image_text, inserted, name_of
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, source, words
from qmonsh.complete.sources_node import nodes

_ALL = (Candidate("all", "every block device", "word"),)

#: "disk0 (#block1): /vm/a.qcow2 (qcow2, read-only)" of a text monitor's ``info block``.
_BLOCK_LINE = re.compile(
    r"(?P<name>[^\s:()]+)(?: \((?P<node>[^)]+)\))?: (?:(?P<file>.*) \((?P<how>[^()]*)\)|\[not inserted\])\Z"
)


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
    if look.facts.dialect == "hmp":
        removable = look.derived("text media", _text_media, look.text("info block"))
    else:
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


@source("throttle-group")
def throttle_groups(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the throttle groups that drives are in."""
    rows = [inserted(row) for row in look.rows("query-block")]
    return [Candidate(name, "throttle group", "group") for name in _unique(row.get("group") for row in rows)]


def _devices(look: Inquiry) -> Sequence[Candidate]:
    if look.facts.dialect == "hmp":
        return look.derived("text block", _text_blocks, look.text("info block"))
    return look.derived("block", _block_devices, look.ask("query-block"))


def _block_devices(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in objects_in(answer) if name_of(row))


def _media(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in objects_in(answer) if name_of(row) and row.get("removable"))


def _named(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in objects_in(answer) if row.get("device"))


def _named_media(answer: Any) -> tuple[Candidate, ...]:
    return tuple(_of_row(row) for row in objects_in(answer) if row.get("device") and row.get("removable"))


def _drives(answer: Any, known: Sequence[Candidate]) -> tuple[Candidate, ...]:
    found = []
    for row in objects_in(answer):
        if not row.get("device"):
            continue  # only nodes can be named here, and they are below
        user = device_id(row)
        meta = items(image_text(row), f"used by {user}" if user else "free")
        found.append(Candidate(str(row["device"]), meta, "drive", rank=USED if row.get("qdev") else FREE))
    return (*found, *known)


def _of_row(row: dict[str, Any]) -> Candidate:
    state = "tray open" if row.get("tray_open") else ""
    locked = "locked" if row.get("locked") else ""
    return Candidate(name_of(row), items(image_text(row), state, locked), "block-device", rank=0)


def _text_blocks(text: str) -> tuple[Candidate, ...]:
    matches = (_BLOCK_LINE.match(line) for line in text.splitlines())
    return tuple(
        Candidate(m["name"], words(m["how"], m["file"]) or "no medium", "block-device", rank=0)
        for m in matches
        if m
    )


def _text_media(text: str) -> tuple[Candidate, ...]:
    parts = re.split(r"\n(?=\S)", text)
    return tuple(one for part in parts if "Removable device:" in part for one in _text_blocks(part))


def _unique(names: Iterable[Any]) -> Iterator[str]:
    return iter(dict.fromkeys(str(name) for name in names if name))
