from __future__ import annotations

import json

import pytest

from qmonsh.qapi.entity import EnumType, ObjectType
from qmonsh.qapi.object_table import OBJECTS, STRUCTS
from qmonsh.qapi.objects import object_type
from tests.qapi.captured import CAPTURES, needs_captures, schema

pytestmark = needs_captures

#: What a later schema has dropped or renamed.
GONE = {"loaded"}
#: What the later schema requires and QEMU 5.2 does not.
FREE = {("sev-guest", "reduced-phys-bits")}


def test_table_has_what_the_old_qemu_reports() -> None:
    with open(CAPTURES / "5.2" / "qom-list-properties-user-creatable.json", encoding="utf-8") as file:
        reported = json.load(file)
    assert len(reported) > 30
    for name, rows in reported.items():
        expected = {row["name"] for row in rows} - {"type"}
        assert {one.rstrip("*") for one in OBJECTS[name]} == expected, name


def test_table_agrees_with_the_schema_that_came_later() -> None:
    table, later = object_type(schema("5.2")), object_type(schema("7.2"))
    assert table is not None and later is not None
    compared = 0
    for name, old in table.variants.items():
        new = later.variant({"authz-list-file": "authz-listfile"}.get(name, name))
        if new is None:
            continue
        for member in old.members:
            counterpart = new.member(member.name)
            if counterpart is None:
                assert member.name in GONE, f"{name}.{member.name}"
                continue
            compared += 1
            assert type(member.type) is type(counterpart.type), f"{name}.{member.name}"
            required = counterpart.required and (name, member.name) not in FREE
            assert member.required == required, f"{name}.{member.name}"
    assert compared > 150


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_every_type_of_the_table_resolves(name: str) -> None:
    table = object_type(schema("5.2"))
    assert isinstance(table, ObjectType)
    variant = table.variant(name)
    assert variant is not None
    for member in variant.members:
        assert member.type.name == OBJECTS[name].get(member.name, OBJECTS[name].get(member.name + "*"))
        assert not isinstance(member.type, EnumType) or len(member.type.values) > 1


def test_structures_are_named_by_the_table() -> None:
    used = {word.strip("[]") for table in OBJECTS.values() for word in table.values()}
    assert set(STRUCTS) <= used
