"""The objects of a VM: QOM paths level by level, properties with their values, objects and devices by id.

Knows qom-list's replies. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import ABSENT, question
from qmonsh.complete.sources import Place, items, size_text, source

_CHILD = re.compile(r"(?P<how>child|link)<(?P<type>.*)>\Z")
#: The proxies of virtio devices on a bus of the machine.
_VIRTIO = re.compile(
    r"child<(?P<type>(?:virtio|vhost)-.*-(?:pci|ccw)(?:-(?:non-)?transitional)?|virtio-vga.*)>\Z"
)
#: Types whose value is asked for: reading every one of every object of four versions did no harm.
_PLAIN = re.compile(r"(bool|u?int\d*(_t)?|size|str|string|OnOffAuto)\Z")
#: What a menu must not show.
_SECRET = re.compile(r"data|rawdata|.*password.*|.*secret.*")
#: Generations of types; a foreign list may go in circles.
_DEEPEST = 32
#: Types of objects that are deleted last of all: monitors, which are objects since QEMU 11.
_MONITOR, _LAST = "monitor-", 9
_PERIPHERAL = "/machine/peripheral"
_ANONYMOUS = "/machine/peripheral-anon"
_TEXT_ROW = re.compile(r"(?P<name>\S.*?) \((?P<type>.*)\)\Z")


def listed(look: Inquiry, path: str) -> list[tuple[str, str]]:
    """Return (name, type) of the properties of the object at an absolute path."""
    if look.facts.dialect == "hmp":
        return look.derived(("qom", path), _text_rows, look.text(f"qom-list {path}"))
    return look.derived(("qom", path), _rows, look.ask("qom-list", path=path))


@source("virtio-path")
def virtio_devices(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the paths of the virtio devices (the part that is the device, behind its bus's proxy)."""
    found = look.derived("virtio", _virtio, listed(look, _PERIPHERAL), listed(look, _ANONYMOUS))
    return found or paths(look, place)


@source("qom-path")
def paths(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the next level below the path typed so far; at the start also the ids of devices."""
    typed = place.typed
    if not typed.startswith("/"):
        roots = [Candidate(one.text, one.meta, "qom-path", "/", 0) for one in _below(look, "/")]
        ids = [Candidate(one.text, one.meta, "device") for one in _peripherals(look)]
        return [*roots, *ids]
    folder = typed[: typed.rindex("/") + 1]
    return _below(look, folder)


@source("qom-property")
def properties(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the properties of the object on the line with their types and present values."""
    path = absolute(look, place.first("path", "id"))
    if not path:
        return []
    return [
        Candidate(name, items(kind, _value_text(_value(look, path, name, kind))), "property", " ")
        for name, kind in listed(look, path)
        if not kind.startswith("child<") and name.startswith(place.typed)
    ]


@source("qom-value")
def values(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the present value of the property on the line, and the values of a type that has few."""
    path, name = absolute(look, place.first("path")), place.first("property")
    kind = dict(listed(look, path)).get(name, "") if path and name else ""
    if not kind:
        return []
    if kind.startswith("link<"):
        return objects_of(look, kind[len("link<") : -1])
    value = _value_text(_value(look, path, name, kind))
    found = [Candidate(value, "its present value", "value", rank=0)] if value else []
    allowed = {"bool": ("true", "false"), "OnOffAuto": ("on", "off", "auto")}.get(kind, ())
    return [*found, *(Candidate(one, kind, "value") for one in allowed if one != value)]


@source("object")
def objects(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the objects that object_add makes."""
    return look.derived("object", _objects, listed(look, "/objects"))


@source("device")
def devices(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the devices that have an id, then those without by their paths."""
    anonymous = listed(look, _ANONYMOUS)
    return look.joined("device", _peripherals(look), look.derived("anonymous devices", _anonymous, anonymous))


def objects_of(look: Inquiry, kind: str) -> Sequence[Candidate]:
    """Return the objects and devices of a QOM type or of types below it."""
    detailed = _DETAILED.get(kind)
    if detailed is not None:
        return look.derived(("objects", kind), detailed, *_detail(look, kind))
    parents = look.derived("type parents", _parents, look.ask("qom-list-types", abstract=False))
    return look.derived(
        ("objects", kind),
        lambda rows, more, above: _of_type(kind, rows, more, above),
        listed(look, "/objects"),
        listed(look, _PERIPHERAL) if kind not in _OBJECTS_ONLY else None,
        parents,
    )


def absolute(look: Inquiry, path: str) -> str:
    """Return the absolute path of what the user named by a path or an id, ``""`` when it is neither."""
    if path.startswith("/"):
        return path.rstrip("/") or "/"
    if not path or "/" in path:
        return ""
    for folder in (_PERIPHERAL, "/objects"):
        if any(name == path for name, _ in listed(look, folder)):
            return f"{folder}/{path}"
    return ""


def _rows(answer: Any) -> list[tuple[str, str]]:
    rows = answer if isinstance(answer, list) else ()
    return [
        (row["name"], str(row.get("type", "")))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    ]


def _text_rows(text: str) -> list[tuple[str, str]]:
    matches = (_TEXT_ROW.match(line) for line in text.splitlines())
    return [(match["name"], match["type"]) for match in matches if match]


def _below(look: Inquiry, folder: str) -> Sequence[Candidate]:
    rows = listed(look, folder.rstrip("/") or "/")
    return look.derived(("qom paths", folder), lambda found: _children(folder, found), rows)


def _children(folder: str, rows: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    found = []
    for name, kind in sorted(rows):
        match = _CHILD.match(kind)
        if match:
            is_child = match["how"] == "child"
            meta = match["type"] if is_child else f"link to {match['type']}"
            rank = 0 if is_child else 2
            found.append(Candidate(folder + name, meta, "qom-path", "/", rank, display=name))
    return tuple(found)


def _value(look: Inquiry, path: str, name: str, kind: str) -> Any:
    if not _PLAIN.match(kind) or _SECRET.fullmatch(name) or look.facts.dialect != "qmp":
        return ABSENT
    answer = look.ask(question("qom-get", path=path, property=name))
    return ABSENT if answer is None else answer


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is ABSENT or isinstance(value, list | dict) else str(value)


def _objects(rows: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(name, match["type"], "object", rank=_LAST if match["type"].startswith(_MONITOR) else 1)
        for name, kind in sorted(rows)
        if (match := _CHILD.match(kind)) and match["how"] == "child"
    )


def _peripherals(look: Inquiry) -> Sequence[Candidate]:
    return look.derived("peripherals", _devices, listed(look, _PERIPHERAL))


def _devices(rows: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(name, match["type"], "device", rank=0)
        for name, kind in sorted(rows)
        if (match := _CHILD.match(kind))
    )


def _virtio(named: list[tuple[str, str]], anonymous: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    found = []
    for folder, rows in ((_PERIPHERAL, named), (_ANONYMOUS, anonymous)):
        for name, kind in sorted(rows):
            match = _VIRTIO.match(kind)
            if match:
                text = f"{folder}/{name}/virtio-backend"
                found.append(Candidate(text, match["type"], "virtio-device", rank=0))
    return tuple(found)


def _anonymous(rows: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(f"{_ANONYMOUS}/{name}", f"{match['type']}, without id", "device", rank=3)
        for name, kind in sorted(rows)
        if (match := _CHILD.match(kind))
    )


#: Links to these lead to objects that object_add makes, never to devices.
_OBJECTS_ONLY = frozenset(
    {"secret", "tls-creds", "authz", "can-bus", "pr-manager", "thread-context", "monitor"}
)


def _parents(answer: Any) -> dict[str, str]:
    rows = answer if isinstance(answer, list) else ()
    return {str(row.get("name")): str(row.get("parent", "")) for row in rows if isinstance(row, dict)}


def _of_type(
    kind: str,
    objects_found: list[tuple[str, str]],
    devices_found: list[tuple[str, str]] | None,
    parents: Mapping[str, str],
) -> tuple[Candidate, ...]:
    found = []
    for name, of in (*sorted(objects_found), *sorted(devices_found or ())):
        match = _CHILD.match(of)
        if match and _is_a(match["type"], kind, parents):
            found.append(Candidate(name, match["type"], "object"))
    return tuple(found)


def _is_a(kind: str, wanted: str, parents: Mapping[str, str]) -> bool:
    """Return whether a type is another or below it; names tell where the list of types does not."""
    if wanted in ("object", "device", "qemu:device"):
        return True
    stem = wanted.removesuffix("-backend") + "-"
    for _ in range(_DEEPEST):
        if kind == wanted or kind.startswith(stem):
            return True
        kind = parents.get(kind, "")
        if not kind:
            return False
    return False


def _detail(look: Inquiry, kind: str) -> tuple[Any, ...]:
    if kind == "memory-backend":
        ram = look.ask("qom-get", path="/machine", property="memory-backend")
        devices = look.ask("query-memory-devices")
        return look.ask("query-memdev"), devices, ram, listed(look, "/objects")
    return look.ask("query-iothreads"), None, None, listed(look, "/objects")


def _memory_backends(
    answer: Any, plugged: Any, ram: Any, rows: list[tuple[str, str]]
) -> tuple[Candidate, ...]:
    used = {str(ram).rsplit("/", 1)[-1]}
    used |= {
        str(one.get("data", {}).get("memdev", "")).rsplit("/", 1)[-1]
        for one in (plugged if isinstance(plugged, list) else ())
        if isinstance(one, dict) and isinstance(one.get("data"), dict)
    }
    found = {}
    for row in answer if isinstance(answer, list) else ():
        if isinstance(row, dict) and row.get("id"):
            name = str(row["id"])
            shared = "shared" if row.get("share") else ""
            meta = items(size_text(row.get("size")), shared, "used" if name in used else "")
            found[name] = Candidate(name, meta, "memory-backend", rank=2 if name in used else 0)
    for name, kind in rows:
        match = _CHILD.match(kind)
        if match and match["type"].startswith("memory-backend") and name not in found:
            found[name] = Candidate(name, match["type"], "memory-backend")
    return tuple(found.values())


def _iothreads(answer: Any, _: Any, __: Any, rows: list[tuple[str, str]]) -> tuple[Candidate, ...]:
    found = {}
    for row in answer if isinstance(answer, list) else ():
        if isinstance(row, dict) and row.get("id"):
            name = str(row["id"])
            found[name] = Candidate(name, f"thread {row.get('thread-id', '?')}", "iothread")
    for name, kind in rows:
        if kind == "child<iothread>" and name not in found:
            found[name] = Candidate(name, "iothread", "iothread")
    return tuple(found.values())


_DETAILED = {"memory-backend": _memory_backends, "iothread": _iothreads}
