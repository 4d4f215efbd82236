from __future__ import annotations

from typing import Any

import pytest

from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, ObjectType, Type
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.spelling import branch_of, integers_of, typed_scalar

TYPES: dict[str, Type] = {
    **{name: Builtin(name) for name in ("str", "int", "number", "bool", "null")},
    "enum": EnumType("enum", ("on", "off", "auto")),
    "object": ObjectType("object", ()),
    "array": ArrayType("array", "int", lambda name: Builtin(name)),
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "1", "1"),
        ("int", "1k", 1024),
        ("number", "0.5", 0.5),
        ("bool", "ON", True),
        ("null", "null", None),
        ("enum", "auto", "auto"),
    ],
)
def test_text_of_a_scalar_type(kind: str, text: str, value: Any) -> None:
    assert typed_scalar(TYPES[kind], text) == value


def test_text_in_an_option_list_is_read_as_hmp_does() -> None:
    assert typed_scalar(TYPES["int"], "0700", as_option=True) == 0o700
    assert typed_scalar(TYPES["int"], "0.3k", as_option=True) == 307
    with pytest.raises(ValueProblem):
        typed_scalar(TYPES["bool"], "ON", as_option=True)


@pytest.mark.parametrize(
    ("text", "values"), [("3", [3]), ("0-3", [0, 1, 2, 3]), ("0-1,0x8,-2", [0, 1, 8, -2]), ("5-5", [5])]
)
def test_lists_of_integers(text: str, values: list[int]) -> None:
    assert integers_of(text) == values


@pytest.mark.parametrize("text", ["", "a", "3-", "3-1", "1,,2", "0-9999999999", "1-2-3"])
def test_what_is_no_list_of_integers(text: str) -> None:
    with pytest.raises(ValueProblem):
        integers_of(text)


@pytest.mark.parametrize(
    ("members", "text", "branch"),
    [
        ("object str", "{", "object"),
        ("object str", "node0", "str"),
        ("str null", "null", "null"),
        ("int bool array", "5", "int"),
        ("int bool array", "off", "bool"),
        ("int bool array", "[1]", "array"),
        ("str array", "[1]", "array"),
        ("object enum", "on", "enum"),
        ("str int", "5", "int"),
    ],
)
def test_branch_by_the_look_of_a_text(members: str, text: str, branch: str) -> None:
    kind = AlternateType("x", tuple(members.split()), TYPES.__getitem__)
    assert branch_of(kind, text) is TYPES[branch]


def test_text_of_no_branch_says_what_would_do() -> None:
    kind = AlternateType("x", ("enum", "int", "array", "object", "bool"), TYPES.__getitem__)
    with pytest.raises(ValueProblem) as problem:
        branch_of(kind, "atuo")
    assert problem.value.expected == ("on", "off", "auto", "int", "[...]", "{...}", "on", "off")
    assert problem.value.nearest == "auto"
