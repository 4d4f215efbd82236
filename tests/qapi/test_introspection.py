from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.entity import ANY, AlternateType, Builtin, EnumType, ObjectType
from qmonsh.qapi.introspection import dicts, read_command, read_event, read_type, texts

SHAPES: list[tuple[dict[str, Any], Any]] = [
    ({"name": "int", "meta-type": "builtin"}, Builtin("int")),
    ({"name": "x", "meta-type": "future"}, ANY),
    ({"name": "x"}, ANY),
]


@pytest.mark.parametrize(("entity", "kind"), SHAPES)
def test_simple_types(entity: dict[str, Any], kind: Any) -> None:
    assert read_type(entity, lambda name: ANY) == kind


@pytest.mark.parametrize(
    "entity",
    [
        {"name": "x"},
        {"name": "x", "meta-type": "future"},
        {"name": "x", "meta-type": ["object"]},
        {"name": "x", "meta-type": "object", "members": 5, "variants": "no", "tag": 7},
        {"name": "x", "meta-type": "enum", "values": {"a": 1}, "members": [1, "a", None]},
        {"name": "x", "meta-type": "alternate", "members": None},
        {"name": "x", "meta-type": "array"},
    ],
)
def test_entity_of_a_foreign_shape_is_harmless(entity: dict[str, Any]) -> None:
    kind = read_type(entity, lambda name: ANY)
    assert not isinstance(kind, ObjectType) or kind.chosen({}.get) == ((), "")


def test_enum_by_its_members_alone() -> None:
    kind = read_type({"name": "x", "meta-type": "enum", "members": [{"name": "a"}]}, lambda name: ANY)
    assert isinstance(kind, EnumType) and kind.values == ("a",)


def test_alternate_resolves_its_members_on_demand() -> None:
    asked: list[str] = []

    def resolve(name: str) -> Any:
        asked.append(name)
        return Builtin(name)

    kind = read_type(
        {"name": "x", "meta-type": "alternate", "members": [{"type": "str"}, {"type": "null"}]}, resolve
    )
    assert isinstance(kind, AlternateType) and not asked
    assert kind.members == (Builtin("str"), Builtin("null"))


def test_command_and_event_with_features() -> None:
    data = ObjectType("q", ())
    rows = {"arg-type": "q", "ret-type": "q", "features": ["deprecated", "unstable"], "allow-oob": True}
    command = read_command({"name": "c", **rows}, lambda name: data)
    event = read_event({"name": "e", **rows}, lambda name: data)
    assert (command.deprecated, command.unstable, command.allow_oob) == (True, True, True)
    assert command.arguments is None, "an object without members takes no arguments"
    assert (event.deprecated, event.unstable, event.data) == (True, True, None)


def test_lists_of_foreign_things() -> None:
    assert texts(["a", 1, None, "b"]) == ("a", "b") and texts("ab") == () == texts(None)
    assert dicts([{}, 1, {"a": 1}]) == ({}, {"a": 1}) and dicts({"a": 1}) == ()
