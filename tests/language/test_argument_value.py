"""Values of HMP's arguments: what each reading takes of a line, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.language.argument_value import READINGS, ValueProblem
from qmonsh.language.expression import NumberProblem
from qmonsh.language.rule import KINDS


def test_every_kind_has_a_reading_that_there_is() -> None:
    assert {reading for reading, _ in KINDS.values()} <= set(READINGS)


@pytest.mark.parametrize(
    ("reading", "line", "start", "value", "end"),
    [
        ("word", '"a b" c', 0, "a b", 5),
        ("word", "x  yz  ", 3, "yz", 5),
        ("options", '{"a": 1} rest', 0, '{"a": 1}', 8),
        ("options", "a=1,b=2 rest", 0, "a=1,b=2", 7),
        ("options", "{never closed", 0, "{never", 6),
        ("options-rest", "a=1, b=2  ", 0, "a=1, b=2", 10),
        ("options-rest", '"a=1, b=2"', 0, "a=1, b=2", 10),
        ("options-rest", '"a=1", b=2', 0, '"a=1", b=2', 10),
        ("word-or-rest", '"one word" ', 0, "one word", 10),
        ("word-or-rest", "two words", 0, "two words", 9),
        ("onoff", "on", 0, True, 2),
        ("onoff", "off x", 0, False, 3),
        ("time", "+30 x", 0, "+30", 3),
        ("expr", "1 + 2) x", 0, 3, 5),
        ("expr", "$pc+4", 0, None, 5),
        ("mib", "64", 0, 64 << 20, 2),
        ("size", "64k", 0, 65536, 3),
        ("seconds", "100ms", 0, 0.1, 5),
        ("fmt", "/4xb $pc", 0, "/4xb", 4),
        ("fmt", "$pc", 0, "", 0),
    ],
)
def test_a_reading_takes(reading: str, line: str, start: int, value: Any, end: int) -> None:
    assert READINGS[reading](line, start) == (value, end)


@pytest.mark.parametrize(
    ("reading", "line", "start", "end", "nearest"),
    [
        ("onoff", "Yes", 0, 3, "on"),
        ("onoff", "OFF x", 0, 3, "off"),
        ("onoff", "maybe", 0, 5, ""),
        ("time", "tomorrow", 0, 8, ""),
        ("time", "nev", 0, 3, "never"),
        ("fmt", "/4xq 0", 3, 4, ""),
    ],
)
def test_a_reading_refuses(reading: str, line: str, start: int, end: int, nearest: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        READINGS[reading](line, 0)
    problem = caught.value
    assert (problem.start, problem.end, problem.nearest) == (start, end, nearest)
    assert problem.expected and "'" in problem.problem


@pytest.mark.parametrize(
    ("reading", "line"), [("mib", "-1"), ("mib", "8796093022208"), ("size", "1kx"), ("seconds", "1h")]
)
def test_a_number_that_is_none_is_refused(reading: str, line: str) -> None:
    with pytest.raises(NumberProblem):
        READINGS[reading](line, 0)
