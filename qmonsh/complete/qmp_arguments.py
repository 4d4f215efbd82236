"""The arguments of QMP commands: keys and values, whichever way the line is written.

Knows the commands whose arguments the schema does not tell whole (device_add, object-add before 6.0). Must
not know how words or JSON are cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import keys, values
from qmonsh.complete.option_list import Values, device_keys, device_properties, device_values
from qmonsh.complete.sources import Place
from qmonsh.qapi.entity import Member, Type
from qmonsh.qapi.objects import object_type


def argument_keys(look: Inquiry, command: str, given: Mapping[str, str], typed: str) -> Sequence[Candidate]:
    """Return the arguments of a command that are not given yet, below the dotted key typed so far."""
    prefix = typed[: typed.rfind(".") + 1]
    found = keys(argument_members(look, command, given, prefix), given, prefix)
    if command == "device_add" and given.get("driver") and not prefix:
        place = Place(typed, command, given, given["driver"])
        known = {one.text for one in found}
        found += [one for one in device_keys(look, place) if one.text not in known and one.kind == "key"]
    return found


def argument_members(look: Inquiry, command: str, given: Mapping[str, str], prefix: str) -> Sequence[Member]:
    """Return the members of a command's arguments below a dotted prefix, variants chosen by what is given."""
    schema = look.schema()
    if schema is None:
        return ()
    if command == "object-add":
        return schema.members_at(object_type(schema), given, prefix)
    return schema.members_for(command, given, prefix)


def argument_values(
    look: Inquiry, command: str, key: str, given: Mapping[str, str], typed: str
) -> tuple[Type | None, Values]:
    """Return the type of an argument (None when the schema does not tell) and its values."""
    place = Place(typed, command, given, given.get("driver", ""))
    if command == "device_add" and _is_property(look, key, given):
        return None, device_values(look, key, place)
    names = key.split(".")
    while names and names[-1].isdecimal():
        names.pop()
    prefix = ".".join(names[:-1]) + "." if len(names) > 1 else ""
    members = argument_members(look, command, given, prefix)
    member = next((one for one in members if names and one.name == names[-1]), None)
    if member is None:
        return None, (0, ())
    return member.type, values(look, command, key, member.type, place)


def _is_property(look: Inquiry, key: str, given: Mapping[str, str]) -> bool:
    if key == "bus":
        return True
    return key not in ("driver", "id") and key in (device_properties(look, given.get("driver", "")) or {})
