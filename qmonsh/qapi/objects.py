"""The arguments of object-add, which say the same in two shapes.

Since QEMU 6.0 the schema has them as a union on "qom-type"; before, as {"qom-type", "id", "props": any},
where the types of the properties come from object_table.py. Both are offered as the one union that the
words of a line are read against. Must not know how a line is read, nor ask anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from qmonsh.qapi.entity import ObjectType
from qmonsh.qapi.object_table import OBJECTS, STRUCTS, Properties
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.reading import Reading
from qmonsh.qapi.schema import Schema

_BUILTINS = ("str", "int", "bool")


def object_type(schema: Schema) -> ObjectType | None:
    """Return the arguments of object-add as a union on "qom-type"; ``None`` when this monitor has none."""
    command = schema.command("object-add")
    if command is None or command.arguments is None:
        return None
    return command.arguments if command.arguments.tag is not None else _before_the_union()


def object_arguments(
    schema: Schema, pairs: Sequence[Pair], *, last_wins: bool = True
) -> dict[str, Any] | None:
    """Return the arguments of object-add for the words of an object_add line, "qom-type" and "id" among them.

    With ``last_wins`` they are one of HMP's option lists, else QMP key=value words, where "props.size" is
    taken for "size" too. ``None`` when the schema tells no types and the qom-type is not one of QEMU 5.2.
    Raises ValueProblem.
    """
    kind = object_type(schema)
    if kind is None:
        return None
    command = schema.command("object-add")
    is_union = command is not None and kind is command.arguments
    if not is_union:
        if any(pair.key == "qom-type" and pair.value not in OBJECTS for pair in pairs):
            return None
        pairs = [_without_props(pair) for pair in pairs]
    found = Reading(is_option_list=last_wins).read_root(kind, pairs, "object-add")
    return found if is_union else _nested(found)


def _without_props(pair: Pair) -> Pair:
    if not pair.key.startswith("props."):
        return pair
    return Pair(
        pair.key.removeprefix("props."),
        pair.value,
        pair.is_text,
        pair.key_start + len("props.") if pair.key_start >= 0 else -1,
        pair.key_end,
        pair.start,
        pair.end,
    )


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments in the shape from before the union, which QEMU 2.0 took already."""
    nested = {name: value for name, value in flat.items() if name in ("qom-type", "id")}
    props = {name: value for name, value in flat.items() if name not in nested}
    return {**nested, "props": props} if props else nested


@cache
def _before_the_union() -> ObjectType:
    """Return the table of objects as the union that a later schema would describe."""
    schema = Schema(list(_entities()))
    union = schema.entity("object-add arguments")
    assert isinstance(union, ObjectType)
    return union


def _entities() -> Iterator[dict[str, Any]]:
    for name in _BUILTINS:
        yield {"name": name, "meta-type": "builtin"}
    tables = [*OBJECTS.values(), *STRUCTS.values()]
    for word in {word.strip("[]") for one in tables for word in one.values()}:
        yield {"name": f"[{word}]", "meta-type": "array", "element-type": word}
        if "|" in word:
            yield {"name": word, "meta-type": "enum", "values": word.split("|")}
    for name, properties in STRUCTS.items():
        yield {"name": name, "meta-type": "object", "members": _members(properties)}
    for name, properties in OBJECTS.items():
        yield {"name": f"object {name}", "meta-type": "object", "members": _members(properties)}
    yield {"name": "qom-type", "meta-type": "enum", "values": list(OBJECTS)}
    yield {
        "name": "object-add arguments",
        "meta-type": "object",
        "tag": "qom-type",
        "members": [{"name": "qom-type", "type": "qom-type"}, {"name": "id", "type": "str"}],
        "variants": [{"case": name, "type": f"object {name}"} for name in OBJECTS],
    }


def _members(properties: Properties) -> list[dict[str, Any]]:
    return [
        {"name": name.removesuffix("*"), "type": word, **({} if name.endswith("*") else {"default": None})}
        for name, word in properties.items()
    ]
