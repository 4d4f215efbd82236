"""Names that a monitor defines: commands, info words, events, keys, formats, types of objects, trace events.

Knows the schema, HMP's help, and the replies about tracing. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import description_of, parse_listed, parse_log_items, synopsis_of
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.sources import Place, items, source
from qmonsh.language.rules import all_rules, rule_for
from qmonsh.qapi.entity import ArrayType, Builtin, EnumType, ObjectType, Type
from qmonsh.qapi.objects import object_type
from qmonsh.qapi.schema import Schema

#: Commands as completion offers them end with a blank.
_BLANK = " "
_PREFIXES = (
    Candidate("hmp", "read the rest as an HMP line", "word", _BLANK, rank=2),
    Candidate("qmp", "read the rest as a QMP command", "word", _BLANK, rank=2),
)
_MODIFIERS = ("ctrl", "alt", "shift", "meta_l", "ctrl_r", "alt_r", "shift_r", "meta_r")


@source("command")
def commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give everything that a line may begin with: HMP commands and aliases, then QMP commands."""
    prefixes = _PREFIXES if look.has_hmp else _PREFIXES[1:]
    return look.joined("command", hmp_commands(look, place), _qmp_only(look), prefixes)


@source("hmp-command")
def hmp_commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give this monitor's HMP commands with its help; those of the rules where it has no HMP."""
    found = look.derived("hmp-command", _from_help, look.hmp_help())
    if found:
        return found
    if look.facts.dialect != "qmp" or look.has_hmp:
        return []
    return look.derived("rule commands", _from_rules, look.commands())


@source("qmp-command")
def qmp_commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the QMP commands with their signatures."""
    return look.derived("qmp-command", _qmp_commands, look.commands(), look.schema())


@source("info-word")
def info_words(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the words after ``info``."""
    found = look.derived("info-word", _info_words, look.hmp_help())
    if found or look.facts.dialect != "qmp" or look.has_hmp:
        return found
    return look.derived("rule words", _rule_words, look.commands())


@source("help-topic")
def help_topics(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what help can be asked about."""
    return look.joined("help-topic", hmp_commands(look, place), _qmp_only(look), _TOPICS)


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


def of_type(kind: Type, meta: str = "") -> list[Candidate]:
    """Return the values that a schema type allows, when they are few."""
    if isinstance(kind, EnumType):
        return [Candidate(one, meta, "value", flag=flag_in(kind, one)) for one in kind.values]
    if kind == Builtin("bool"):
        return [Candidate("on", meta or "true", "value"), Candidate("off", meta or "false", "value")]
    return []


def flag_of(entity: Any) -> str:
    """Return "deprecated" or "unstable" for a command, event or member of a schema, else ``""``."""
    if entity.deprecated:
        return "deprecated"
    return "unstable" if entity.unstable or entity.name.startswith("x-") else ""


def marked(flag: str, *parts: object) -> str:
    """Return a description with its mark first."""
    return items(flag, *parts)


def flag_in(kind: EnumType, value: str) -> str:
    """Return "deprecated" or "unstable" for a value of a schema enum, else ``""``."""
    if value in kind.deprecated:
        return "deprecated"
    return "unstable" if value in kind.unstable else ""


def _from_help(texts: Mapping[str, str]) -> tuple[Candidate, ...]:
    found = []
    for name, entry in sorted(texts.items()):
        if name.startswith("info ") or not re.match(r"[A-Za-z0-9_?]", name):
            continue
        flag = _flag_of_text(entry)
        real = _real_name(name, entry)
        alias = f"alias of {real}" if real != name else ""
        meta = items(alias, description_of(entry) or synopsis_of(entry))
        found.append(Candidate(name, meta, "hmp-command", _BLANK, rank=1 if alias else 0, flag=flag))
    return tuple(found)


def _real_name(name: str, entry: str) -> str:
    """Return which of "c|cont" is the command and not its alias."""
    rule = rule_for(name)
    return rule.name if rule is not None else max(entry.split(" ", 1)[0].split("|"), key=len)


def _flag_of_text(entry: str) -> str:
    if re.search(r"\(deprecated|\bdeprecated\)", entry, re.IGNORECASE):
        return "deprecated"
    return "unstable" if entry.startswith(("x_", "x-")) else ""


def _from_rules(commands: frozenset[str]) -> tuple[Candidate, ...]:
    """Return the HMP words that QMP commands of this monitor stand in for."""
    found = [Candidate("info", "what is known about the VM", "hmp-command", _BLANK, rank=0)]
    for rule in all_rules():
        if not rule.name.startswith("info ") and any(twin in commands for twin in rule.twin):
            found.append(Candidate(rule.name, rule.summary, "hmp-command", _BLANK, rank=0))
    return tuple(found)


def _qmp_only(look: Inquiry) -> Sequence[Candidate]:
    return look.derived("qmp only", _without, qmp_commands(look, Place()), hmp_commands(look, Place()))


def _without(qmp: Sequence[Candidate], hmp: Sequence[Candidate]) -> tuple[Candidate, ...]:
    names = {one.text for one in hmp}
    return tuple(one for one in qmp if one.text not in names)


def _qmp_commands(names: frozenset[str], schema: Schema | None) -> tuple[Candidate, ...]:
    found = []
    for name in sorted(names):
        command = schema.command(name) if schema is not None else None
        flag = flag_of(command) if command is not None else "unstable" if name.startswith("x-") else ""
        signature = schema.signature(name)[len(name) :].strip() if schema is not None and command else ""
        found.append(Candidate(name, marked(flag, signature or "QMP"), "qmp-command", _BLANK, flag=flag))
    return tuple(found)


def _info_words(texts: Mapping[str, str]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(name[5:], description_of(entry), "info-word", _BLANK, rank=0, flag=_flag_of_text(entry))
        for name, entry in sorted(texts.items())
        if name.startswith("info ")
    )


def _rule_words(commands: frozenset[str]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(rule.name[5:], rule.summary, "info-word", _BLANK, rank=0)
        for rule in all_rules()
        if rule.name.startswith("info ") and any(twin in commands for twin in rule.twin)
    )


#: Topics that are no commands.
_TOPICS = (Candidate("info", "what is known about the VM", "word", _BLANK, rank=1),)


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
        Candidate(row["name"], str(row.get("state", "")), "trace-event", _BLANK)
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    )


def _text_trace_events(text: str) -> tuple[Candidate, ...]:
    found = re.findall(r"^(\S+) : state (\d)", text, re.MULTILINE)
    return tuple(
        Candidate(name, "enabled" if state == "1" else "disabled", "trace-event", _BLANK)
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
