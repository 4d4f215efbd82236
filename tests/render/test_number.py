from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.render import number

ODD_NUMBERS = [float("inf"), float("nan"), 10**5000, -(10**5000), 2**1024]
JUNK: list[Any] = [None, "x\x1b", True, [], {}, [1], {"a": 1}, *ODD_NUMBERS]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.977 KiB (1000)"),
        (1024, "1 KiB (1024)"),
        (208896, "204 KiB (208896)"),
        (1 << 30, "1 GiB (1073741824)"),
        (3 << 29, "1.5 GiB (1610612736)"),
        ((1 << 64) - 1, "16 EiB (18446744073709551615)"),
        (1023744, "0.976 MiB (1023744)"),  # not "1e+03 KiB"
        (1 << 80, f"1 YiB ({1 << 80})"),
        (10**30, f"827181 YiB ({10**30})"),
        (10**40, f"8.27e+15 YiB ({10**40})"),
        (-2048, "-2 KiB (-2048)"),
        ("weird", "weird"),
        (True, "true"),
    ],
)
def test_size_is_human_and_exact(value: Any, shown: str) -> None:
    assert number.size(value) == shown


@pytest.mark.parametrize(
    ("value", "per_second", "shown"),
    [
        (0, 1, "0 s"),
        (850, 10**9, "850 ns"),
        (1526360, 10**9, "1.53 ms"),
        (3200, 1000, "3.2 s"),
        (999_600, 10**9, "1 ms"),
        (3723, 1, "1:02:03"),
        ("?", 1, "?"),
    ],
)
def test_duration_chooses_the_unit(value: Any, per_second: int, shown: str) -> None:
    assert number.duration(value, per_second=per_second) == shown


@pytest.mark.parametrize(
    ("value", "width", "shown"),
    [
        (255, 0, "0xff"),
        (0xD000, 4, "0xd000"),
        (0, 8, "0x00000000"),
        (-1, 0, "0xffffffffffffffff"),
        ("x", 4, "x"),
    ],
)
def test_hexadecimal(value: Any, width: int, shown: str) -> None:
    assert number.hexadecimal(value, width=width) == shown


def test_percent_of_nothing_is_empty() -> None:
    assert number.percent(1, 0) == ""
    assert number.percent(1, "x") == ""
    assert number.percent(1, 4) == "25.0 %"


@given(st.integers())
def test_digits_are_those_of_str(value: int) -> None:
    assert number.digits(value) == str(value)


def test_digits_beyond_the_limit_of_str() -> None:
    assert number.digits(10**9000 + 7) == "1" + "0" * 8999 + "7"
    assert number.digits(-(10**4500)) == "-1" + "0" * 4500


def test_plain_words() -> None:
    assert [number.plain(v) for v in (True, False, None, 1.5)] == ["true", "false", "none", "1.5"]
    assert number.plain("a\nb") == "a\\x0ab"
    assert [number.on_off(v) for v in (True, False, 3)] == ["on", "off", "3"]
    assert [number.count(v, "page") for v in (1, 2)] == ["1 page", "2 pages"]
    assert number.rate(2048) == "2 KiB/s"


@pytest.mark.parametrize("value", JUNK, ids=lambda v: str(type(v)))
def test_numbers_never_fail(value: Any) -> None:
    shown = [
        number.plain(value),
        number.human(value),
        number.size(value),
        number.rate(value),
        number.percent(value, 3),
        number.percent(3, value),
        number.hexadecimal(value),
        number.duration(value, per_second=1000),
        number.on_off(value),
        number.count(value, "x"),
    ]
    assert all(isinstance(text, str) and "\x1b" not in text for text in shown)
