"""The arguments of QMP commands: keys and values, whichever way the line is written.

Knows the commands whose arguments the schema does not tell whole (device_add, object-add before 6.0). Must
not know how words or JSON are cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.device_list import (
    Values,
    describe_property,
    device_keys,
    device_properties,
    device_values,
    property_candidates,
)
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import keys, values
from qmonsh.complete.sources import Place
from qmonsh.qapi.entity import Member, Type
from qmonsh.qapi.objects import object_type
from qmonsh.qapi.property import Kind, Property, property_kind
from qmonsh.qapi.schema import Schema

#: query-cpu-model-expansion and its like, and the key of their models' features, which no schema tells.
_CPU_MODEL = "query-cpu-model-"
_PROPS = "props."


def argument_keys(look: Inquiry, command: str, given: Mapping[str, str], typed: str) -> Sequence[Candidate]:
    """Return the arguments of a command that are not given yet, below the dotted key typed so far."""
    prefix = typed[: typed.rfind(".") + 1]
    found = keys(argument_members(look, command, given, prefix), given, prefix)
    if command == "device_add" and given.get("driver") and not prefix:
        place = Place(typed, command, given, given["driver"])
        known = {one.text for one in found}
        found += [one for one in device_keys(look, place) if one.text not in known and one.kind == "key"]
    if command.startswith(_CPU_MODEL):
        found += _feature_keys(look, given, prefix)
    return found


def argument_members(look: Inquiry, command: str, given: Mapping[str, str], prefix: str) -> Sequence[Member]:
    """Return the members of a command's arguments below a dotted prefix, variants chosen by what is given."""
    schema = look.schema()
    return () if schema is None else schema.members_at(_arguments(schema, command), given, prefix)


def _arguments(schema: Schema, command: str) -> Type | None:
    known = schema.command(command)
    return object_type(schema) if command == "object-add" else known.arguments if known else None


def _member(look: Inquiry, command: str, prefix: str, name: str, given: Mapping[str, str]) -> Member | None:
    """Return an argument by its name; before the tag is given, of whichever variant has it."""
    schema = look.schema()
    members = argument_members(look, command, given, prefix)
    found = next((one for one in members if one.name == name), None)
    if found is not None or schema is None:
        return found
    possible = schema.possible_at(_arguments(schema, command), given, prefix)
    return next((one for one in possible if one.name == name), None)


def argument_values(
    look: Inquiry, command: str, key: str, given: Mapping[str, str], typed: str
) -> tuple[Type | None, Values]:
    """Return the type of an argument (None when the schema does not tell) and its values."""
    place = Place(typed, command, given, given.get("driver", ""))
    if command.startswith(_CPU_MODEL) and _PROPS in key:
        features = _features(look, given, key[: key.rfind(".") + 1])
        one = features.get(key[key.rfind(".") + 1 :])
        return None, (0, ()) if one is None else property_candidates(look, one, place)
    if command == "device_add" and _is_property(look, key, given):
        return None, device_values(look, key, place)
    names = key.split(".")
    while names and names[-1].isdecimal():
        names.pop()
    prefix = ".".join(names[:-1]) + "." if len(names) > 1 else ""
    member = _member(look, command, prefix, names[-1], given) if names else None
    if member is None:
        return None, (0, ())
    return member.type, values(look, command, key, member.type, place)


def _features(look: Inquiry, given: Mapping[str, str], prefix: str) -> Mapping[str, Property]:
    """Return the properties of the CPU model that is named beside ``props.``."""
    model = given.get(f"{prefix.removesuffix(_PROPS)}name", "") if prefix.endswith(_PROPS) else ""
    if not model:
        return {}
    rows = look.rows("query-cpu-definitions")
    kind = next((str(row.get("typename", "")) for row in rows if row.get("name") == model), "")
    return device_properties(look, kind) or {}


def _feature_keys(look: Inquiry, given: Mapping[str, str], prefix: str) -> list[Candidate]:
    if prefix.endswith(".") and not prefix.endswith(_PROPS):
        return [Candidate(prefix + _PROPS, "the model's features", "key", rank=1)]
    return [
        Candidate(prefix + name, describe_property(one), "key", "=")
        for name, one in sorted(_features(look, given, prefix).items())
        if property_kind(one) in (Kind.BOOL, Kind.STRING, Kind.INT) and prefix + name not in given
    ]


def _is_property(look: Inquiry, key: str, given: Mapping[str, str]) -> bool:
    if key == "bus":
        return True
    return key not in ("driver", "id") and key in (device_properties(look, given.get("driver", "")) or {})
