"""key=value words -> the JSON arguments of a QMP command, typed by the schema of this monitor.

Knows which type a command's words are read against, and what happens without one. Nothing is guessed where
the schema tells. Must not know how a line is read into pairs, HMP commands, nor drivers' properties
(property.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmonsh.qapi.entity import ObjectType, Type
from qmonsh.qapi.pair import Node, Pair
from qmonsh.qapi.reading import Reading
from qmonsh.qapi.scalar import ValueProblem, guess
from qmonsh.qapi.schema import Schema, is_open

__all__ = ["Pair", "ValueProblem", "build_arguments", "build_object", "typed_text"]


def build_arguments(schema: Schema | None, command: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the arguments of a QMP command given as key=value words, in the order of the words.

    Without a schema (QEMU before 2.5), and for a command that a filtered schema lacks, values are guessed
    as qmp-shell does. Raises ValueProblem.
    """
    known = None if schema is None else schema.command(command)
    if schema is not None and known is not None and command == "object-add":
        from qmonsh.qapi.objects import object_arguments  # its table is for old monitors only

        found = object_arguments(schema, pairs, last_wins=False)
        if found is not None:
            return found
    reading = Reading(is_guessed=known is None or is_open(known))
    return reading.read_root(None if known is None else known.arguments, pairs, command)


def build_object(
    schema: Schema | None,
    kind: ObjectType | str,
    pairs: Sequence[Pair],
    *,
    last_wins: bool = False,
    name: str = "",
) -> dict[str, Any]:
    """Return an object of the type ``kind``: a type, or a command whose arguments are meant.

    With ``last_wins`` the pairs are one of HMP's option lists: of a repeated key the last counts unless its
    type is a list, a bare ``key`` means on and ``nokey`` off, and a fraction of a byte is dropped; what a
    schema does not tell travels as strings. ``name`` names the object in problems. Raises ValueProblem.
    """
    known = schema.command(kind) if schema is not None and isinstance(kind, str) else None
    wanted = kind if isinstance(kind, ObjectType) else None if known is None else known.arguments
    is_guessed = isinstance(kind, str) and (known is None or is_open(known))
    reading = Reading(is_option_list=last_wins, is_guessed=is_guessed)
    return reading.read_root(wanted, pairs, name or (kind if isinstance(kind, str) else ""))


def typed_text(schema: Schema | None, kind: Type | str, text: str, *, key: str = "value") -> Any:
    """Return the value of type ``kind`` (or the type of that schema name) that ``text`` spells.

    Raises ValueProblem.
    """
    node = Node(key, 0, [Pair(key, text)])
    if isinstance(kind, str):
        if schema is None:
            return guess(text)
        kind = schema.entity(kind)
    return Reading().read_value(kind, node)
