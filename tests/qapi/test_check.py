from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.check import check_value
from qmonsh.qapi.entity import Type
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.schema import Schema

SCHEMA = Schema(
    [
        *({"name": name, "meta-type": "builtin"} for name in ("str", "int", "number", "bool", "null", "any")),
        {"name": "enum", "meta-type": "enum", "values": ["red", "green"]},
        {"name": "[int]", "meta-type": "array", "element-type": "int"},
        {
            "name": "either",
            "meta-type": "alternate",
            "members": [{"type": "enum"}, {"type": "null"}, {"type": "union"}],
        },
        {
            "name": "union",
            "meta-type": "object",
            "tag": "kind",
            "members": [{"name": "kind", "type": "enum"}, {"name": "n", "type": "number", "default": None}],
            "variants": [{"case": "red", "type": "more"}, {"case": "green", "type": "none"}],
        },
        {"name": "more", "meta-type": "object", "members": [{"name": "list", "type": "[int]"}]},
        {"name": "none", "meta-type": "object", "members": []},
    ]
)


def kind(name: str) -> Type:
    return SCHEMA.entity(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("str", "x"),
        ("int", -5),
        ("number", 1),
        ("number", 1.5),
        ("bool", False),
        ("null", None),
        ("any", {"x": [1]}),
        ("enum", "red"),
        ("[int]", [1, 2]),
        ("either", None),
        ("either", "green"),
        ("either", {"kind": "green"}),
        ("union", {"kind": "red", "list": [], "n": 2}),
    ],
)
def test_json_of_the_right_type(name: str, value: Any) -> None:
    check_value(kind(name), value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("str", 5, "must be a string, not an integer"),
        ("int", True, "must be an integer, not a boolean"),
        ("int", 1.0, "must be an integer, not a number"),
        ("number", "1", "must be a number, not a string"),
        ("bool", "on", "must be true or false"),
        ("null", 0, "must be null"),
        ("enum", "gren", "'gren' is not allowed"),
        ("enum", None, "must be a string, not null"),
        ("[int]", {}, "must be a list, not an object"),
        ("[int]", [1, "2"], "'1' must be an integer"),
        ("either", 5, "must not be an integer"),
        ("either", "blue", "'blue' is not allowed"),
        ("union", [], "must be an object, not a list"),
        ("union", {}, "'kind' is missing"),
        ("union", {"kind": "red"}, "'list' is missing"),
        ("union", {"kind": "green", "list": []}, "'list' is not known here"),
        ("union", {"kind": "red", "list": [True]}, "'list.0' must be an integer"),
    ],
)
def test_json_of_the_wrong_type(name: str, value: Any, said: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        check_value(kind(name), value)
    assert said in problem.value.problem


def test_wrong_enum_names_the_nearest() -> None:
    with pytest.raises(ValueProblem) as problem:
        check_value(kind("enum"), "gren")
    assert (problem.value.expected, problem.value.nearest) == (("red", "green"), "green")
