"""The schema of one monitor as an index: commands, events and types by name, resolved on demand.

Knows the reply of query-qmp-schema and how to walk it by dotted keys. Building it costs one dict, as a
one-shot looks up one command of 240. Must not know how the reply was fetched, nor versions of QEMU:
what a monitor can do is what its schema says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.qapi.entity import (
    ANY,
    AlternateType,
    ArrayType,
    Builtin,
    CommandType,
    EnumType,
    EventType,
    Member,
    ObjectType,
    Type,
)
from qmonsh.qapi.introspection import read_command, read_event, read_type
from qmonsh.qapi.signature import Signature, SignaturePart, signature_of

__all__ = [
    "AlternateType",
    "ArrayType",
    "Builtin",
    "CommandType",
    "EnumType",
    "EventType",
    "Member",
    "ObjectType",
    "Schema",
    "Signature",
    "SignaturePart",
    "Type",
    "is_open",
]

#: Commands that QEMU takes further arguments for than its schema tells ('gen': false in QAPI):
#: device_add in all versions, netdev_add and object-add until they became unions.
_OPEN_COMMANDS = frozenset({"device_add", "netdev_add", "object-add"})


def is_open(command: CommandType) -> bool:
    """Return whether ``command`` takes arguments that the schema does not list."""
    return command.name in _OPEN_COMMANDS and (command.arguments is None or command.arguments.tag is None)


class Schema:
    """The index of one monitor's schema.

    ``entities`` is the return of query-qmp-schema; entries of an unknown shape are left out, and a type
    that a filtered schema lacks is ``any``.
    """

    def __init__(self, entities: Sequence[Mapping[str, Any]]) -> None:
        self._entities = {
            entity["name"]: entity
            for entity in entities
            if isinstance(entity, dict) and isinstance(entity.get("name"), str)
        }
        self._types: dict[str, Type] = {}
        self._commands: dict[str, CommandType] = {}

    def command(self, name: str) -> CommandType | None:
        """Return the command called ``name``, or ``None`` when this monitor has none."""
        known = self._commands.get(name)
        if known is None:
            entity = self._entities.get(name)
            if entity is None or entity.get("meta-type") != "command":
                return None
            known = self._commands[name] = read_command(entity, self.entity)
        return known

    def event(self, name: str) -> EventType | None:
        """Return the event called ``name``, or ``None`` when this monitor has none."""
        entity = self._entities.get(name)
        if entity is None or entity.get("meta-type") != "event":
            return None
        return read_event(entity, self.entity)

    def command_names(self) -> tuple[str, ...]:
        """Return the names of all commands, sorted."""
        return self._names("command")

    def event_names(self) -> tuple[str, ...]:
        """Return the names of all events, sorted."""
        return self._names("event")

    def entity(self, name: str) -> Type:
        """Return the type called ``name`` (schema names mean nothing: "142"); ``any`` when there is none."""
        known = self._types.get(name)
        if known is None:
            entity = self._entities.get(name)
            known = self._types[name] = ANY if entity is None else read_type(entity, self.entity)
        return known

    def signature(self, command: str) -> str:
        """Return ``block_resize size=int [device=str] [node-name=str]``; the bare name when unknown."""
        return str(self.signature_parts(command))

    def signature_parts(self, command: str, given: Mapping[str, Any] | None = None) -> Signature:
        """Return the signature of ``command`` with the variants that the ``given`` arguments choose."""
        known = self.command(command)
        if known is None:
            return Signature(command, ())
        members, undecided = _chosen(known.arguments, given or {}, "")
        return signature_of(command, members, is_open=bool(undecided) or is_open(known))

    def members_for(self, command: str, given: Mapping[str, Any], prefix: str = "") -> tuple[Member, ...]:
        """Return the arguments that can follow the dotted ``prefix`` ("" or "file." or "children.0.").

        ``given`` holds the arguments so far by dotted key; tags among them choose the variants.
        """
        known = self.command(command)
        return () if known is None else self.members_at(known.arguments, given, prefix)

    def members_at(self, kind: Type | None, given: Mapping[str, Any], prefix: str = "") -> tuple[Member, ...]:
        """Return the members that can follow ``prefix`` inside a value of type ``kind``."""
        here = ""
        for name in prefix.rstrip(".").split(".") if prefix else ():
            kind = _step(kind, name, given, here)
            here += name + "."
        return _chosen(kind, given, here)[0]

    def possible_at(self, kind: Type | None, given: Mapping[str, Any], prefix: str) -> tuple[Member, ...]:
        """Return the members of every variant below ``prefix`` while none of them is chosen by ``given``."""
        here = ""
        for name in prefix.rstrip(".").split(".") if prefix else ():
            kind = _step(kind, name, given, here)
            here += name + "."
        found = as_object(kind)
        if found is None or not _chosen(kind, given, here)[1]:
            return ()
        return tuple(member for variant in found.variants.values() for member in variant.members)

    def member_for(self, command: str, key: str, given: Mapping[str, Any]) -> Member | None:
        """Return the argument of ``command`` at the dotted ``key``, or ``None``."""
        prefix, _, name = key.rpartition(".")
        members = self.members_for(command, given, prefix + "." if prefix else "")
        return next((one for one in members if one.name == name), None)

    def _names(self, meta_type: str) -> tuple[str, ...]:
        entities = self._entities.items()
        return tuple(sorted(name for name, one in entities if one.get("meta-type") == meta_type))


def as_object(kind: Type | None) -> ObjectType | None:
    """Return ``kind`` as an object: itself, or the object branch of an alternate."""
    if isinstance(kind, AlternateType):
        return next((one for one in kind.members if isinstance(one, ObjectType)), None)
    return kind if isinstance(kind, ObjectType) else None


def as_array(kind: Type | None) -> ArrayType | None:
    """Return ``kind`` as an array: itself, or the array branch of an alternate."""
    if isinstance(kind, AlternateType):
        return next((one for one in kind.members if isinstance(one, ArrayType)), None)
    return kind if isinstance(kind, ArrayType) else None


def _step(kind: Type | None, name: str, given: Mapping[str, Any], here: str) -> Type | None:
    """Return the type one dotted name further down."""
    array = as_array(kind)
    if array is not None and name.isdecimal():
        return array.element
    return next((one.type for one in _chosen(kind, given, here)[0] if one.name == name), None)


def _chosen(kind: Type | None, given: Mapping[str, Any], here: str) -> tuple[tuple[Member, ...], str]:
    """Return the members of the object at the dotted prefix ``here``, and its undecided tag."""
    found = as_object(kind)
    return ((), "") if found is None else found.chosen(lambda tag: given.get(here + tag))
