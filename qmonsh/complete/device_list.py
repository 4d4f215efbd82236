"""The properties of a device, as keys and values: ``virtio-net-pci,netdev=net0,mq=on``.

Knows what this QEMU says of a driver's properties, and the free slots of hot-plugged CPUs. Must not know how
a list is cut at the cursor (option_list.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.complete.arguments import DEVICE_FILES, REFERENCES
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import parse_options
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.complete.sources import Place, items, size_text, values_of
from qmonsh.complete.sources_cpu import cpu_slots
from qmonsh.complete.sources_machine import resolve_driver
from qmonsh.complete.sources_qom import objects_of
from qmonsh.qapi.danger import may_introspect
from qmonsh.qapi.property import (
    NO_DEFAULT,
    Kind,
    Property,
    parse_properties,
    property_kind,
    property_values,
    reference_of,
)

#: Answers with their position: how many characters of the typed value stay, and what may replace the rest.
Values = tuple[int, Sequence[Candidate]]


def device_properties(look: Inquiry, driver: str) -> Mapping[str, Property] | None:
    """Return the properties of a driver, None while they are not known or must not be asked for."""
    if not driver:
        return None
    real = resolve_driver(look, driver)
    if look.facts.dialect == "hmp":
        text = look.text(f"device_add {real},help")
        return look.derived(("properties", real), _text_properties, text) if text else None
    if not look.has("device-list-properties"):
        return None
    types = look.derived("type names", _type_names, look.ask("qom-list-types", abstract=False))
    if not types or may_introspect(real, types) is not None:
        return None
    answer = look.ask(question("device-list-properties", typename=real))
    return look.derived(("properties", real), parse_properties, answer) if answer is not None else None


def device_keys(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Return the properties of the driver that are not given yet, what connects it first."""
    properties = device_properties(look, place.driver)
    found = look.derived(("property keys", place.driver), _property_keys, properties)
    slots = _slot_keys(look, place)
    return [*slots, *(one for one in found if one.text not in place.given)]


def device_values(look: Inquiry, key: str, place: Place) -> Values:
    """Return the values of a device's property."""
    if key == "bus":
        return values_of("bus", look, place)
    slots = [slot for slot in cpu_slots(look, place.driver) if key in slot and _fits(slot, place.given)]
    if slots:
        numbers = sorted({slot[key] for slot in slots})
        return 0, [Candidate(str(number), "free CPU slot", "value") for number in numbers]
    one = (device_properties(look, place.driver) or {}).get(key)
    return (0, ()) if one is None else property_candidates(look, one, place)


def property_candidates(look: Inquiry, one: Property, place: Place) -> Values:
    """Return the values of a property: its words, or the names of what it refers to."""
    kind = property_kind(one)
    if kind is Kind.HIDDEN:
        return 0, ()
    words = property_values(one)
    if words:
        default = _shown(one)
        return 0, [
            Candidate(word, "default" if word == default else "", "value", rank=0 if word == default else 1)
            for word in words
        ]
    wanted = reference_of(one)
    if wanted is not None:
        return (
            values_of(REFERENCES[wanted], look, place)
            if wanted in REFERENCES
            else (0, objects_of(look, wanted))
        )
    return values_of("file", look, place) if one.name in DEVICE_FILES else (0, ())


def describe_property(one: Property) -> str:
    """Return a property's type, default and description."""
    default = _shown(one)
    description = "" if one.description == "on/off" else one.description
    kind = one.type.removesuffix("_t")
    return items(kind, f"default {default}" if default else "", description)


def _property_keys(properties: Mapping[str, Property] | None) -> tuple[Candidate, ...]:
    found = [
        Candidate("id", "str, the device's name", "key", "=", rank=0),
        Candidate("bus", "str, where it is plugged", "key", "=", rank=1),
    ]
    for one in sorted((properties or {}).values(), key=lambda each: each.name):
        if property_kind(one) is Kind.HIDDEN or one.name in ("id", "bus"):
            continue
        flag = _property_flag(one)
        rank = 0 if reference_of(one) in REFERENCES or one.name == "memdev" else 2
        found.append(Candidate(one.name, items(flag, describe_property(one)), "key", "=", rank, flag))
    return tuple(found)


def _property_flag(one: Property) -> str:
    if "deprecated" in one.description.lower():
        return "deprecated"
    return "unstable" if one.name.startswith("x-") else ""


def _shown(one: Property) -> str:
    default = one.default
    if default is NO_DEFAULT or isinstance(default, list | dict) or default is None:
        return ""
    if isinstance(default, bool):
        return "on" if default else "off"
    if one.type == "bool" and default in ("true", "false"):  # as the text of older QEMUs has it
        return "on" if default == "true" else "off"
    return size_text(default) if one.type == "size" and default else str(default)


def _text_properties(text: str) -> dict[str, Property]:
    return parse_properties(parse_options(text))


def _type_names(answer: Any) -> frozenset[str]:
    rows = answer if isinstance(answer, list) else ()
    return frozenset(str(row.get("name")) for row in rows if isinstance(row, dict))


def _slot_keys(look: Inquiry, place: Place) -> list[Candidate]:
    """Return the free slots of a CPU as whole lists of properties, and their keys as required."""
    slots = [slot for slot in cpu_slots(look, place.driver) if _fits(slot, place.given)]
    names = sorted({name for slot in slots for name in slot}, key=_slot_order)
    found = []
    for slot in slots:
        missing = [name for name in names if name in slot and name not in place.given]
        if missing:
            text = ",".join(f"{name}={slot[name]}" for name in missing)
            found.append(Candidate(text, "free CPU slot", "cpu-slot", rank=0))
    return found


def _fits(slot: Mapping[str, int], given: Mapping[str, str]) -> bool:
    return all(given.get(name, str(value)) == str(value) for name, value in slot.items())


def _slot_order(name: str) -> int:
    order = ("node-id", "drawer-id", "book-id", "socket-id", "die-id", "cluster-id", "module-id", "core-id")
    return order.index(name) if name in order else len(order)
