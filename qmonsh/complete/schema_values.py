"""What a schema says of values and names: those that are allowed, and which are deprecated or unstable.

Knows the schema's types. Must not know a monitor, nor lines.
"""

from __future__ import annotations

from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.sources import items
from qmonsh.qapi.entity import Builtin, EnumType, Type


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


def flag_in(kind: EnumType, value: str) -> str:
    """Return "deprecated" or "unstable" for a value of a schema enum, else ``""``."""
    if value in kind.deprecated:
        return "deprecated"
    return "unstable" if value in kind.unstable else ""


def marked(flag: str, *parts: object) -> str:
    """Return a description with its mark first."""
    return items(flag, *parts)
