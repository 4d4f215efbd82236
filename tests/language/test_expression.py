"""HMP's arithmetic, measured with ``print`` on real monitors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.language.expression import (
    NumberProblem,
    is_expression,
    read_expression,
    read_seconds,
    read_size,
)


@pytest.mark.parametrize(
    ("text", "value", "end"),
    [
        ("1|2+4", 7, 5),
        ("6&3*2", 6, 5),
        ("10-2-3", 5, 6),
        ("010", 8, 3),
        ("08", 0, 1),
        ("0x", 0, 1),
        ("0xFf", 255, 4),
        ("-1", -1, 2),
        ("~1", -2, 2),
        ("- -2", 2, 4),
        ("2*3%4", 2, 5),
        ("'a'", 97, 3),
        ("(1+2)*3", 9, 7),
        ("1 + 2 x", 3, 6),
        ("0x1000 16 f", 4096, 7),
        ("-5/2", -2, 4),
        ("-5%3", -2, 4),
        ("1^3", 2, 3),
        ("0xffffffffffffffff", -1, 18),
        ("0x7fffffffffffffff+1", -(1 << 63), 20),
        ("$pc", None, 3),
        ("$pc + 4 b", None, 8),
        ("1/$pc", None, 5),
    ],
)
def test_expression_is_what_the_monitor_reads(text: str, value: int | None, end: int) -> None:
    assert read_expression(text, 0) == (value, end)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("1-", 2),
        ("1||2", 2),
        ("5/0", 2),
        ("(1", 0),
        ("99999999999999999999", 0),
        ("$", 0),
        ("'a", 0),
        ("x", 0),
        ("16 /tmp/f", 4),
    ],
)
def test_wrong_expression_points_at_its_place(text: str, position: int) -> None:
    with pytest.raises(NumberProblem) as caught:
        read_expression(text, 0)
    assert caught.value.position == position


def test_nesting_is_bounded() -> None:
    with pytest.raises(NumberProblem, match="deeply"):
        read_expression("(" * 100_000, 0)
    with pytest.raises(NumberProblem, match="deeply"):
        read_expression("-" * 100_000 + "1", 0)


def test_whole_text_is_expression_or_not() -> None:
    assert is_expression(" 2 ")
    assert is_expression("(2|4)")
    assert not is_expression(" less")
    assert not is_expression("2 less")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("65", 65 << 20),
        ("1.5G", 3 << 29),
        ("70000k", 70000 << 10),
        ("68157440B", 68157440),
        ("0x43", 0x43 << 20),
        ("1.3", 1363149),
        ("1.3k", 1331),
        ("2t", 2 << 40),
        ("7KiB", 7168),
        ("7KB", 7168),
        ("1.0", 1 << 20),
    ],
)
def test_size_is_in_mib_unless_suffixed(text: str, value: int) -> None:
    assert read_size(text, 0) == (value, len(text))


@pytest.mark.parametrize("text", ["", "x", "-1", "k", "1" * 100, "99999999999999999999E"])
def test_wrong_size_is_refused(text: str) -> None:
    with pytest.raises(NumberProblem):
        read_size(text, 0)


@pytest.mark.parametrize("text", ["10x", "1e9", "0x10k", "1.5.5"])
def test_rest_behind_a_size_is_left_over(text: str) -> None:
    assert read_size(text, 0)[1] < len(text)


@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("300ms", 0.3), ("2", 2.0), ("5us", 5e-6), ("1ns", 1e-9)]
)
def test_seconds_take_units(text: str, value: float) -> None:
    found, end = read_seconds(text, 0)
    assert found == pytest.approx(value)
    assert end == len(text)


@given(st.text(alphabet="0123456789abcxkMG.+-*/%&|^~()$' ", max_size=30))
def test_any_text_is_a_number_or_our_problem(text: str) -> None:
    for read in (read_expression, read_size, read_seconds):
        try:
            _, end = read(text, 0)
        except NumberProblem as problem:
            assert 0 <= problem.position <= len(text)
        else:
            assert 0 < end <= len(text)
