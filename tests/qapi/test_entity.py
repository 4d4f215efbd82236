from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.entity import ArrayType, Builtin, EnumType, ObjectType, is_text_wrapper
from qmonsh.qapi.schema import Schema
from tests.qapi.captured import VERSIONS, needs_captures, schema

ENTITIES: list[dict[str, Any]] = [
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
    {"name": "0", "meta-type": "enum", "values": ["a", "b"]},
    {
        "name": "1",
        "meta-type": "enum",
        "members": [
            {"name": "a"},
            {"name": "b", "features": ["deprecated"]},
            {"name": "c", "features": ["unstable"]},
        ],
    },
    {"name": "[0]", "meta-type": "array", "element-type": "0"},
    {
        "name": "2",
        "meta-type": "object",
        "tag": "kind",
        "members": [
            {"name": "kind", "type": "0"},
            {"name": "more", "type": "[0]", "default": None, "features": ["deprecated", "unstable"]},
        ],
        "variants": [{"case": "a", "type": "3"}, {"case": "b", "type": "4"}],
    },
    {
        "name": "3",
        "meta-type": "object",
        "tag": "sub",
        "members": [{"name": "sub", "type": "0"}],
        "variants": [{"case": "a", "type": "4"}, {"case": "b", "type": "2"}],
    },
    {"name": "4", "meta-type": "object", "members": [{"name": "last", "type": "str"}]},
    {"name": "5", "meta-type": "object", "members": [{"name": "str", "type": "str"}]},
]


def small() -> Schema:
    return Schema(ENTITIES)


def object_type(name: str) -> ObjectType:
    found = small().entity(name)
    assert isinstance(found, ObjectType)
    return found


def test_enum_of_old_and_new_schemas() -> None:
    old, new = small().entity("0"), small().entity("1")
    assert isinstance(old, EnumType) and isinstance(new, EnumType)
    assert old.values == ("a", "b")
    assert (new.values, new.deprecated, new.unstable) == (("a", "b", "c"), {"b"}, {"c"})


def test_member_says_need_and_features() -> None:
    kind, more = object_type("2").members
    assert (kind.required, kind.deprecated, kind.unstable) == (True, False, False)
    assert (more.required, more.deprecated, more.unstable) == (False, True, True)
    assert isinstance(more.type, ArrayType)
    assert more.type.element is more._resolve("0")


def test_chosen_follows_variants_of_variants() -> None:
    union = object_type("2")
    members, undecided = union.chosen({"kind": "a", "sub": "a"}.get)
    assert [one.name for one in members] == ["kind", "more", "sub", "last"]
    assert undecided == ""


@pytest.mark.parametrize(
    ("tags", "undecided"),
    [({}, "kind"), ({"kind": "a"}, "sub"), ({"kind": 5}, "kind"), ({"kind": "x"}, "kind")],
)
def test_chosen_names_the_undecided_tag(tags: dict[str, Any], undecided: str) -> None:
    assert object_type("2").chosen(tags.get)[1] == undecided


def test_chosen_ends_in_a_schema_that_goes_in_circles() -> None:
    members, _ = object_type("2").chosen({"kind": "a", "sub": "b"}.get)
    assert {one.name for one in members} == {"kind", "more", "sub"}


def test_text_wrapper_is_recognised_by_its_shape() -> None:
    assert is_text_wrapper(object_type("5"))
    assert not is_text_wrapper(object_type("4"))
    assert not is_text_wrapper(Builtin("str"))


TEXT_TWINS = {
    "5.2": set(),
    "7.2": {"irq", "jit", "numa", "opcount", "profile", "ramblock", "rdma", "roms", "usb"},
    "10.0": {"interrupt-controllers", "irq", "jit", "numa", "opcount", "ramblock", "roms", "usb"},
    "11.1": {"interrupt-controllers", "irq", "jit", "numa", "ramblock", "roms", "usb"},
}


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_text_twins_are_recognised_by_their_return_type(version: str) -> None:
    index = schema(version)
    found = {name for name in index.command_names() if (one := index.command(name)) and one.returns_text}
    assert {name.removeprefix("x-query-") for name in found} - {"x-accel-stats"} == TEXT_TWINS[version]
