"""Allowed values and marks of a schema."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from qmonsh.complete.schema_values import flag_in, flag_of, marked, of_type
from qmonsh.qapi.entity import Builtin, EnumType

KIND = EnumType("Kind", ("a", "b", "c"), deprecated=frozenset({"a"}), unstable=frozenset({"b"}))


def test_values_of_enums_and_booleans_with_their_marks() -> None:
    assert [(one.text, one.flag, one.meta) for one in of_type(KIND, "kind")] == [
        ("a", "deprecated", "kind"),
        ("b", "unstable", "kind"),
        ("c", "", "kind"),
    ]
    assert [(one.text, one.meta) for one in of_type(Builtin("bool"))] == [("on", "true"), ("off", "false")]
    assert of_type(Builtin("int")) == []
    assert [flag_in(KIND, value) for value in KIND.values] == ["deprecated", "unstable", ""]


@pytest.mark.parametrize(
    ("name", "deprecated", "unstable", "flag"),
    [
        ("stop", False, False, ""),
        ("stop", True, True, "deprecated"),
        ("stop", False, True, "unstable"),
        ("x-stop", False, False, "unstable"),
    ],
)
def test_flag_of_an_entity(name: str, deprecated: bool, unstable: bool, flag: str) -> None:
    assert flag_of(SimpleNamespace(name=name, deprecated=deprecated, unstable=unstable)) == flag


def test_mark_stands_first() -> None:
    assert marked("deprecated", "a", "", "b") == "deprecated, a, b"
