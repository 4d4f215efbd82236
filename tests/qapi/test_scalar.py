from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.qapi.scalar import (
    ValueProblem,
    Zeros,
    guess,
    parse_bool,
    parse_integer,
    parse_json,
    parse_number,
    parse_size,
)

SIZES = [
    ("0", 0),
    ("12", 12),
    ("-1", -1),
    ("+8", 8),
    ("0x1F", 31),
    ("-0x10", -16),
    ("1k", 1024),
    ("1K", 1024),
    ("64KiB", 65536),
    ("64kb", 65536),
    ("512M", 512 << 20),
    ("1.5G", 3 << 29),
    (".5M", 1 << 19),
    ("1.M", 1 << 20),
    ("2TiB", 2 << 40),
    ("1P", 1 << 50),
    ("7E", 7 << 60),
    ("7B", 7),
    ("18446744073709551616", 1 << 64),
    ("007", 7),
    ("010K", 10 << 10),
]


@pytest.mark.parametrize(("text", "value"), SIZES)
def test_size_with_and_without_suffix(text: str, value: int) -> None:
    assert parse_size(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "x",
        "1e9",
        "1.5",
        "1.0",
        "0.3k",
        "1.5B",
        "0x10k",
        "0x",
        "1kk",
        "--1",
        "K",
        ".",
        "1_0",
        "٣",
    ]
    + ["9" * 5000, "010"],
)
def test_size_that_is_none(text: str) -> None:
    with pytest.raises(ValueProblem):
        parse_size(text)


def test_size_drops_a_part_of_a_byte_as_qemu_does() -> None:
    assert parse_size("0.3k", truncate=True) == 307
    assert parse_size("1.1G", truncate=True) == 1181116006


@pytest.mark.parametrize(("zeros", "value"), [(Zeros.OCTAL, 0o700), (Zeros.DECIMAL, 700)])
def test_leading_zero_by_context(zeros: Zeros, value: int) -> None:
    assert parse_integer("0700", zeros=zeros) == value
    assert parse_size("0700", zeros=zeros) == value


def test_leading_zero_is_refused_where_it_is_ambiguous() -> None:
    with pytest.raises(ValueProblem, match="octal or decimal") as problem:
        parse_integer("0700")
    assert problem.value.nearest == "700"
    with pytest.raises(ValueProblem):
        parse_integer("089", zeros=Zeros.OCTAL)


def test_integer_has_no_suffix_but_says_the_number() -> None:
    with pytest.raises(ValueProblem) as problem:
        parse_integer("4k")
    assert problem.value.nearest == "4096"


@pytest.mark.parametrize(("text", "value"), [("on", True), ("y", True), ("off", False), ("n", False)])
def test_boolean_words(text: str, value: bool) -> None:
    assert parse_bool(text) is value


@pytest.mark.parametrize(("text", "nearest"), [("ON", "on"), ("1", "on"), ("0", "off"), ("maybe", "")])
def test_boolean_that_is_none(text: str, nearest: str) -> None:
    with pytest.raises(ValueProblem) as problem:
        parse_bool(text)
    assert (problem.value.nearest, problem.value.expected) == (nearest, ("on", "off"))


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("-0.5", -0.5), ("1e3", 1000.0), ("0x10", 16), ("+2", 2)]
)
def test_number(text: str, value: float) -> None:
    assert parse_number(text) == value
    assert type(parse_number(text)) is type(value)


@pytest.mark.parametrize("text", ["", "nan", "inf", "1e999", "1k", "x", ".", "9" * 5000])
def test_number_that_is_none(text: str) -> None:
    with pytest.raises(ValueProblem):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, null, true, 1.5]}', {"a": [1, None, True, 1.5]}),
        ("{'a': True, 'b': None, 'c': -1}", {"a": True, "b": None, "c": -1}),
        ("[true, false, null, 'x']", [True, False, None, "x"]),
        ("{'path': 'C:\\d'}", {"path": "C:\\d"}),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_json_and_python_literals(text: str, value: Any) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[1,]x", "not valid JSON"),
        ('{"a": 1, "a": 2}', "'a' is given twice"),
        ("{'a': 1, 'a': 2}", "'a' is given twice"),
        ("[NaN]", "NaN"),
        ("[Infinity]", "Infinity"),
        ("[1e999]", "too large"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "too long"),
        ("{1: 2}", "not valid JSON"),
        ("[__import__('os')]", "not valid JSON"),
        ("[b'x']", "not valid JSON"),
        ("{**{}}", "not valid JSON"),
        ("[1, 2\0]", "not valid JSON"),
    ],
)
def test_json_that_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueProblem, match=said):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0x10", 16),
        ("1.5", 1.5),
        ("True", True),
        ("false", False),
        ("null", None),
        ("on", "on"),
        ("a b", "a b"),
        ("[1,2]", [1, 2]),
        ("{'a':1}", {"a": 1}),
        ("", ""),
    ],
)
def test_guess_without_a_schema(text: str, value: Any) -> None:
    assert guess(text) == value
    assert type(guess(text)) is type(value)


@given(st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (parse_bool, parse_integer, parse_size, parse_number, parse_json, guess):
        try:
            read(text)
        except ValueProblem as problem:
            assert problem.problem
