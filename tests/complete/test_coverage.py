"""How much of each captured QEMU completes, counted against its own schema, help and lists.

The counts are shown at the end of the run (tests/conftest.py prints every "coverage" property).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.engine import complete
from qmonsh.complete.help_text import parse_drivers, parse_help, parse_listed
from qmonsh.complete.hmp_line import arguments_of
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.sources import find
from qmonsh.language.rules import KINDS, all_rules
from qmonsh.qapi.chardev import chardev_options
from qmonsh.qapi.danger import may_introspect
from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, Member, ObjectType, Type
from qmonsh.qapi.objects import object_type
from qmonsh.qapi.property import Kind, parse_properties, property_kind, property_values
from qmonsh.qapi.schema import Schema, as_object
from tests.complete.frozen import VERSIONS, captured, facts

Record = Callable[[str, object], None]

#: Kinds of HMP arguments that have no list of values: numbers, new names, the rest of something.
WITHOUT_VALUES = {
    "word", "size", "decimal", "seconds", "enum", "rest", "password", "fd", "capture", "command", "rocker",
    "device-options", "netdev-options", "object-options", "chardev-options", "drive-options",
}  # fmt: skip

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def offered(version: str, line: str) -> dict[str, Candidate]:
    """Return the candidates of a line by their text, brackets of JSON and dots of nesting aside."""
    found = complete(line, len(line), facts(version)).candidates
    return {one.text: one for one in found}


def schema_of(version: str) -> Schema:
    schema = Inquiry(facts(version)).schema()
    assert schema is not None
    return schema


def count(record: Record, version: str, what: str, missing: Iterable[str], total: int) -> None:
    """Record how many of ``total`` complete; all must."""
    lost = sorted(missing)
    record(f"coverage {version}", f"{what} {total - len(lost)}/{total}")
    assert not lost, f"{len(lost)} of {total} {what} do not complete: {lost[:20]}"
    assert total, f"no {what} at all"


def test_every_command_completes(version: str, record_property: Record) -> None:
    names = {row["name"] for row in captured(version, "query-commands.json")}
    human = {name for name in parse_help(captured(version, "hmp-help.txt")) if not name.startswith("info ")}
    found = offered(version, "")
    count(record_property, version, "QMP commands", names - found.keys(), len(names))
    count(record_property, version, "HMP commands", human - found.keys(), len(human))
    words = {name[5:] for name in parse_help(captured(version, "hmp-help_info.txt"))}
    count(record_property, version, "info words", words - offered(version, "info ").keys(), len(words))
    assert all(found[name].meta for name in names | human)


def walk(schema: Schema, kind: Type | None, depth: int) -> Iterator[tuple[str, str, Member]]:
    """Yield (the words that lead there, the dotted prefix, member) for members, variants and nested ones."""
    yield from _walk(schema, kind, "", "", depth)


def _walk(
    schema: Schema, kind: Type | None, words: str, prefix: str, depth: int
) -> Iterator[tuple[str, str, Member]]:
    found = as_object(kind)
    if found is None:
        return
    for member in found.members:
        yield words, prefix, member
        yield from _below(schema, member, words, prefix, depth)
    for case in found.case_names:
        variant = found.variant(case)
        chosen = f"{words} {prefix}{found.tag}={case}"
        for member in variant.members if variant is not None else ():
            yield chosen, prefix, member
            yield from _below(schema, member, chosen, prefix, depth)


def _below(
    schema: Schema, member: Member, words: str, prefix: str, depth: int
) -> Iterator[tuple[str, str, Member]]:
    if depth:
        kind, inner = member.type, f"{prefix}{member.name}."
        if isinstance(kind, ArrayType):
            kind, inner = kind.element, f"{inner}0."
        yield from _walk(schema, kind, words, inner, depth - 1)


def test_every_argument_and_value_completes(version: str, record_property: Record) -> None:
    schema = schema_of(version)
    lost, lost_values = [], []
    arguments = values = 0
    lines: dict[str, dict[str, Candidate]] = {}
    for name in schema.command_names():
        command = schema.command(name)
        assert command is not None
        kind = object_type(schema) if name == "object-add" else command.arguments
        # A block driver holds block drivers: two levels show every member of each.
        for words, prefix, member in walk(schema, kind, 1 if "blockdev" in name else 2):
            line = f"qmp {name}{words} {prefix}"
            if line not in lines:
                lines[line] = offered(version, line)
            key = prefix + member.name
            is_tag = f" {key}=" in words
            arguments += 1
            if not is_tag and not {key, f"{key}.", f"{key}.0"} & lines[line].keys():
                lost.append(f"{line}{member.name}")
            for value in expected_values(member.type):
                values += 1
                before = words.partition(f" {key}=")[0] if is_tag else words
                at = f"qmp {name}{before} {key}="
                if at not in lines:
                    lines[at] = offered(version, at)
                if value not in lines[at]:
                    lost_values.append(at + value)
    count(record_property, version, "QMP arguments", lost, arguments)
    count(record_property, version, "enum and bool values", lost_values, values)


def expected_values(kind: Type) -> tuple[str, ...]:
    while isinstance(kind, ArrayType):
        kind = kind.element
    if isinstance(kind, AlternateType):
        return tuple(value for one in kind.members for value in expected_values(one))
    if isinstance(kind, EnumType):
        return kind.values
    return ("on", "off") if kind == Builtin("bool") else ()


def test_every_flag_and_argument_of_hmp_completes(version: str, record_property: Record) -> None:
    texts = parse_help(captured(version, "hmp-help.txt")) | parse_help(captured(version, "hmp-help_info.txt"))
    flags, lost = 0, []
    for name, entry in texts.items():
        synopsis = entry.partition(" -- ")[0]
        for letter in set(re.findall(r"[\[|]-(\w)", synopsis)):
            flags += 1
            if f"-{letter}" not in offered(version, f"{name} -"):
                lost.append(f"{name} -{letter}")
    count(record_property, version, "HMP flags", lost, flags)
    look = Inquiry(facts(version))
    kinds = {one.kind for name in texts for one in arguments_of(look, name) if one.kind}
    without = {kind for kind in kinds - WITHOUT_VALUES if find(kind) is None}
    count(record_property, version, "kinds of HMP arguments", without, len(kinds))


def test_every_kind_of_the_rules_has_a_source(version: str) -> None:
    used = {one.kind for rule in all_rules() for one in rule.arguments if one.kind}
    assert not {kind for kind in used - WITHOUT_VALUES if find(kind) is None}
    assert not WITHOUT_VALUES - set(KINDS)


def test_every_driver_completes(version: str, record_property: Record) -> None:
    drivers = parse_drivers(captured(version, "hmp-device_add_help.txt"))
    names = set(drivers) | {one.alias for one in drivers.values() if one.alias}
    found = offered(version, "device_add ")
    count(record_property, version, "device drivers and aliases", names - found.keys(), len(names))
    assert not [one for one in drivers.values() if one.bus and one.bus not in found[one.name].meta]
    assert not [
        one for one in drivers.values() if one.description and one.description not in found[one.name].meta
    ]


def test_every_property_completes(version: str, record_property: Record) -> None:
    every = captured(version, "device-list-properties.json.gz")
    types = {row["name"] for row in captured(version, "qom-list-types-all.json")}
    lost, shown, learnt, drivers = [], 0, 0, 0
    for driver, reply in every.items():
        if not isinstance(reply, list) or may_introspect(driver, types) is not None:
            continue
        drivers += 1
        found = offered(version, f"{beginning(driver)},")
        for one in parse_properties(reply).values():
            if property_kind(one) is Kind.HIDDEN:
                assert one.name not in found
                continue
            shown += 1
            # Some devices have an id or bus of their own; in device_add these are its name and place.
            if one.name not in found or (
                one.type.split("_")[0] not in found[one.name].meta and one.name not in ("id", "bus")
            ):
                lost.append(f"{driver}.{one.name}")
    count(record_property, version, f"settable properties of {drivers} drivers", lost, shown)
    for driver, reply in every.items():
        for one in parse_properties(reply if isinstance(reply, list) else ()).values():
            if property_kind(one) is Kind.ENUM:
                values = property_values(one)
                line = f"{beginning(driver)},{one.name}="
                if values and set(values) <= offered(version, line).keys():
                    learnt += 1
    wanted = {"5.2": 224, "7.2": 264, "10.0": 316, "11.1": 388}[version]
    record_property(f"coverage {version}", f"enum-like properties with values {learnt} (goal {wanted})")
    assert learnt >= wanted


def beginning(driver: str) -> str:
    """Return the line that names a driver: commas doubled, a name with blanks in quotes."""
    name = driver.replace(",", ",,")
    return f'device_add "{name}' if " " in name else f"device_add {name}"


def list_members(version: str, line: str, members: Iterable[Member]) -> tuple[list[str], int]:
    """Return what of an option list's members does not complete, and how many there are."""
    found = offered(version, line)
    names = {one.name for one in members}
    lost = [name for name in names if not {name, f"{name}.", f"{name}.0"} & found.keys()]
    return [line + name for name in lost], len(names)


def test_every_object_netdev_and_chardev_completes(version: str, record_property: Record) -> None:
    schema = schema_of(version)
    union = object_type(schema)
    assert union is not None
    lost, total = listed(version, "object_add ", captured(version, "hmp-object_add_help.txt") or "", union)
    count(record_property, version, "object types", lost, total)
    lost, total = union_members(version, "object_add ", union, "qom-type")
    count(record_property, version, "object properties", lost, total)
    command = schema.command("netdev_add")
    assert command is not None and command.arguments is not None
    lost, total = listed(version, "netdev_add ", captured(version, "hmp-netdev_add_help.txt"))
    count(record_property, version, "netdev types", lost, total)
    lost, total = union_members(version, "netdev_add ", command.arguments, "type")
    count(record_property, version, "netdev options", lost, total)
    lost, total = listed(version, "chardev-add ", captured(version, "hmp-chardev-add_help.txt"))
    count(record_property, version, "chardev backends", lost, total)
    lost, total = [], 0
    for backend in parse_listed(captured(version, "hmp-chardev-add_help.txt")):
        missing, found = list_members(version, f"chardev-add {backend},", chardev_options(schema, backend))
        lost, total = lost + missing, total + found
    count(record_property, version, "chardev options", lost, total)


def listed(version: str, line: str, text: str, union: ObjectType | None = None) -> tuple[set[str], int]:
    names = set(parse_listed(text)) or set(union.case_names if union is not None else ())
    return names - offered(version, line).keys(), len(names)


def union_members(version: str, line: str, union: ObjectType, tag: str) -> tuple[list[str], int]:
    lost: list[str] = []
    total = 0
    for case in union.case_names:
        variant = union.variant(case)
        members = [*union.members, *(variant.members if variant is not None else ())]
        missing, found = list_members(version, f"{line}{case},", [one for one in members if one.name != tag])
        lost, total = lost + missing, total + found
    return lost, total


def names_of(rows: Iterable[Mapping[str, str]], key: str) -> set[str]:
    return {row[key] for row in rows}


def test_every_name_completes(version: str, record_property: Record) -> None:
    schema = schema_of(version)
    events = set(schema.event_names())
    found = complete(".wait ", 6, facts(version), builtins={".wait": Usage("EVENT")}).candidates
    count(record_property, version, "events", events - {one.text for one in found}, len(events))
    capabilities = names_of(captured(version, "query-migrate-capabilities.json"), "capability")
    lost = capabilities - offered(version, "migrate_set_capability ").keys()
    count(record_property, version, "migration capabilities", lost, len(capabilities))
    parameters = set(captured(version, "query-migrate-parameters.json"))
    shown = offered(version, "migrate_set_parameter ")
    count(record_property, version, "migration parameters", parameters - shown.keys(), len(parameters))
    assert shown["downtime-limit"].meta == "300"
    models = names_of(captured(version, "query-cpu-definitions.json"), "name")
    lost = models - offered(version, "query-cpu-model-expansion type=full model.name=").keys()
    count(record_property, version, "CPU models", lost, len(models))
    command = schema.command("send-key")
    assert command is not None
    values = [one for one in schema.members_for("send-key", {"keys.0.type": "qcode"}, "keys.0.")]
    keys = next(one.type for one in values if one.name == "data")
    assert isinstance(keys, EnumType)
    names = set(keys.values) - {"unmapped"}
    count(
        record_property,
        version,
        "keys",
        names - offered(version, "sendkey ctrl-alt-").keys() - {"ctrl", "alt"},
        len(names),
    )
    topics = {name for name in parse_help(captured(version, "hmp-help.txt"))}
    count(record_property, version, "help topics", topics - offered(version, "help ").keys(), len(topics))


class Usage:
    """A command of the shell as its registry would hand it in."""

    def __init__(self, usage: str) -> None:
        self.usage = usage
        self.summary = ""
        self.takes_line = False


def test_every_trace_event_completes(version: str, record_property: Record) -> None:
    text = captured(version, "hmp-info-trace-events.txt")
    names = set(re.findall(r"^(\S+) : state", text, re.MULTILINE))
    found = complete("trace-event ", 12, facts(version, "hmp")).candidates
    count(record_property, version, "trace events (as text)", names - {one.text for one in found}, len(names))
