"""Names that a monitor defines: events, trace events, keys, formats, types of objects.

Knows the schema, and the replies about tracing. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import parse_listed, parse_log_items
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.schema_values import flag_of, marked
from qmonsh.complete.sources import Place, source
from qmonsh.qapi.entity import ArrayType, EnumType, ObjectType
from qmonsh.qapi.objects import object_type
from qmonsh.qapi.schema import Schema

_MODIFIERS = ("ctrl", "alt", "shift", "meta_l", "ctrl_r", "alt_r", "shift_r", "meta_r")


@source("event")
def events(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the events that this monitor can report, with what they carry."""
    return look.derived("event", _events, look.schema())


@source("trace-event")
def trace_events(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the trace events with their state."""
    if look.has("trace-event-get-state"):
        answer = look.ask("trace-event-get-state", name="*")
        return look.derived("trace-event", _trace_events, answer)
    return look.derived("text trace-event", _text_trace_events, look.text("info trace-events"))


@source("keys", after="-")
def keys(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the keys that can be pressed, those of the combination so far left out.

    Without a schema those that every QEMU has.
    """
    pressed = set(place.typed.split("-")[:-1])
    found = look.derived("keys", _keys, look.schema())
    return [key for key in found if key.text not in pressed] if pressed else found


@source("log-items", after=",")
def log_items(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what QEMU can log."""
    return look.derived("log-items", _log_items, look.text("help log"))


@source("format")
def formats(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the letters that can follow in a format such as ``/8xb``."""
    typed = place.typed or "/"
    match = re.fullmatch(r"/(\d*)([xduoci]?)([bhwg]?)", typed)
    if not match:
        return []
    count, radix, size = match.groups()
    found = []
    if not radix and not size:
        found += [Candidate(f"/{count}{one}", meta, "format") for one, meta in _RADIX.items()]
    if not size and radix != "i":
        found += [Candidate(f"/{count}{radix}{one}", meta, "format", rank=2) for one, meta in _SIZES.items()]
    return found


@source("image-format")
def image_formats(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the formats of disk images, from the schema's block drivers."""
    return look.derived("image-format", _image_formats, look.schema())


@source("object-type")
def object_types(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the types that object_add takes, as this binary lists them."""
    return look.derived("object-type", _object_types, look.text("object_add help"), look.schema())


@source("qemu-option")
def command_line_options(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the groups of options of QEMU's command line."""
    rows = look.rows("query-command-line-options")
    return [Candidate(str(row["option"]), "", "word") for row in rows if row.get("option")]


def _events(schema: Schema | None) -> tuple[Candidate, ...]:
    found = []
    for name in schema.event_names() if schema is not None else ():
        event = schema.event(name) if schema is not None else None
        if event is None:
            continue
        data = [one.name for one in event.data.members] if event.data is not None else []
        flag = flag_of(event)
        found.append(Candidate(name, marked(flag, " ".join(data)), "event", flag=flag))
    return tuple(found)


def _trace_events(answer: Any) -> tuple[Candidate, ...]:
    rows = answer if isinstance(answer, list) else ()
    return tuple(
        Candidate(row["name"], str(row.get("state", "")), "trace-event", " ")
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    )


def _text_trace_events(text: str) -> tuple[Candidate, ...]:
    found = re.findall(r"^(\S+) : state (\d)", text, re.MULTILINE)
    return tuple(
        Candidate(name, "enabled" if state == "1" else "disabled", "trace-event", " ")
        for name, state in found
    )


def key_names(schema: Schema | None) -> tuple[str, ...]:
    """Return the key names of send-key."""
    command = schema.command("send-key") if schema is not None else None
    member = command.arguments.member("keys") if command is not None and command.arguments else None
    if member is None or not isinstance(member.type, ArrayType):
        return ()
    key = member.type.element
    variant = key.variant("qcode") if isinstance(key, ObjectType) else None
    data = variant.member("data") if variant is not None else None
    return data.type.values if data is not None and isinstance(data.type, EnumType) else ()


def _keys(schema: Schema | None) -> tuple[Candidate, ...]:
    from qmonsh.language.convert_input import KEYS

    names = [name for name in key_names(schema) or KEYS if name != "unmapped"]
    order = {name: place for place, name in enumerate(_MODIFIERS)}
    ordered = sorted(names, key=lambda name: (order.get(name, len(order)), len(name) != 1, name))
    return tuple(
        Candidate(name, "modifier" if name in order else "key", "key", rank=0 if name in order else 1)
        for name in ordered
    )


def _log_items(text: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(name, meta, "log-item") for name, meta in parse_log_items(text).items())


_RADIX = {
    "x": "hexadecimal",
    "d": "signed decimal",
    "u": "unsigned decimal",
    "o": "octal",
    "c": "characters",
    "i": "instructions",
}
_SIZES = {"b": "bytes", "h": "2 bytes each", "w": "4 bytes each", "g": "8 bytes each"}

#: Block drivers that are formats of images, the usual ones first.
_FORMATS = "qcow2 raw luks qed vmdk vdi vhdx vpc parallels qcow dmg bochs cloop copy-on-read throttle".split()


def _image_formats(schema: Schema | None) -> tuple[Candidate, ...]:
    member = schema.member_for("blockdev-add", "driver", {}) if schema is not None else None
    known = member.type.values if member is not None and isinstance(member.type, EnumType) else ()
    usual = [name for name in _FORMATS[:-2] if not known or name in known]
    return tuple(
        Candidate(name, "image format", "format", rank=min(place, 1)) for place, name in enumerate(usual)
    )


def _object_types(text: str, schema: Schema | None) -> tuple[Candidate, ...]:
    names: Sequence[str] = parse_listed(text)
    union = object_type(schema) if schema is not None else None
    if not names and union is not None:
        names = tuple(union.case_names)
    return tuple(
        Candidate(name, "", "object-type", ",", flag="unstable" if name.startswith("x-") else "")
        for name in sorted(names)
    )
