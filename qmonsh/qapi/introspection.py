"""SchemaInfo, as query-qmp-schema returns it -> commands, events and types.

Knows the documented shapes of all versions (qapi/introspect.json). A schema is foreign data: whatever has
another shape is left out, never trusted. Must not know what the types are used for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    Resolve,
    Type,
)


def read_type(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    """Return the type that a SchemaInfo describes; one of an unknown shape is ``any``."""
    reader = _READERS.get(str(entity.get("meta-type")))
    return ANY if reader is None else reader(entity, resolve)


def read_command(entity: Mapping[str, Any], resolve: Resolve) -> CommandType:
    """Return the command that a SchemaInfo of meta-type "command" describes."""
    features = texts(entity.get("features"))
    return CommandType(
        name=entity["name"],
        arguments=_arguments(entity, resolve),
        returns=resolve(str(entity.get("ret-type", ""))),
        allow_oob=entity.get("allow-oob") is True,
        deprecated="deprecated" in features,
        unstable="unstable" in features,
    )


def read_event(entity: Mapping[str, Any], resolve: Resolve) -> EventType:
    """Return the event that a SchemaInfo of meta-type "event" describes."""
    features = texts(entity.get("features"))
    data = _arguments(entity, resolve)
    is_deprecated, is_unstable = "deprecated" in features, "unstable" in features
    return EventType(entity["name"], data, deprecated=is_deprecated, unstable=is_unstable)


def _arguments(entity: Mapping[str, Any], resolve: Resolve) -> ObjectType | None:
    kind = resolve(str(entity.get("arg-type", "")))
    return kind if isinstance(kind, ObjectType) and (kind.members or kind.tag) else None


def _read_builtin(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    return Builtin(entity["name"])


def _read_enum(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    # "values" is in every version so far, "members" (with features) since 6.2; either alone must do.
    members = dicts(entity.get("members"))
    values = texts(entity.get("values")) or tuple(str(one.get("name", "")) for one in members)
    return EnumType(entity["name"], values, _featured(members, "deprecated"), _featured(members, "unstable"))


def _featured(members: Sequence[Mapping[str, Any]], feature: str) -> frozenset[str]:
    return frozenset(str(one.get("name", "")) for one in members if feature in texts(one.get("features")))


def _read_array(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    return ArrayType(entity["name"], str(entity.get("element-type", "")), resolve)


def _read_object(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    members = tuple(_read_member(one, resolve) for one in dicts(entity.get("members")))
    tag = entity.get("tag")
    cases = {str(one.get("case", "")): str(one.get("type", "")) for one in dicts(entity.get("variants"))}
    tag = tag if isinstance(tag, str) else None
    return ObjectType(entity["name"], members, tag=tag, case_names=cases, resolve=resolve)


def _read_member(entity: Mapping[str, Any], resolve: Resolve) -> Member:
    features = texts(entity.get("features"))
    return Member(
        str(entity.get("name", "")),
        str(entity.get("type", "")),
        resolve,
        required="default" not in entity,
        deprecated="deprecated" in features,
        unstable="unstable" in features,
    )


def _read_alternate(entity: Mapping[str, Any], resolve: Resolve) -> Type:
    names = tuple(str(one.get("type", "")) for one in dicts(entity.get("members")))
    return AlternateType(entity["name"], names, resolve)


_READERS: dict[str, Callable[[Mapping[str, Any], Resolve], Type]] = {
    "builtin": _read_builtin,
    "enum": _read_enum,
    "array": _read_array,
    "object": _read_object,
    "alternate": _read_alternate,
}


def texts(value: object) -> tuple[str, ...]:
    """Return the strings of a list that should hold only strings."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()


def dicts(value: object) -> tuple[dict[str, Any], ...]:
    """Return the objects of a list that should hold only objects."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list | tuple) else ()
