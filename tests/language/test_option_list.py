"""How option lists are split."""

from __future__ import annotations

import pytest

from qmonsh.language.call import Value
from qmonsh.language.option_list import asks_help, read_options
from qmonsh.qapi.pair import Pair


def options(text: str, line: str = "") -> list[Pair]:
    line = line or text
    start = line.index(text) if text in line else 0
    return read_options(Value(text, text, start, start + len(text)), line, "driver")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", [("driver", "x")]),
        ("x,id=a", [("driver", "x"), ("id", "a")]),
        ("driver=x,id=a", [("driver", "x"), ("id", "a")]),
        ("x,s=a,,b,t=,,", [("driver", "x"), ("s", "a,b"), ("t", ",")]),
        ("x,mq,nofoo", [("driver", "x"), ("mq", None), ("nofoo", None)]),
        ("x,a=b=c", [("driver", "x"), ("a", "b=c")]),
        ("x,", [("driver", "x")]),
        ("x,,y,a=1", [("driver", "x,y"), ("a", "1")]),
        ("", []),
        (",a=1", [("a", "1")]),
        ("x,a=1,a=2", [("driver", "x"), ("a", "1"), ("a", "2")]),
    ],
)
def test_list_is_split_at_commas(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(one.key, one.value) for one in options(text)] == expected


def test_positions_are_those_of_the_line() -> None:
    line = "device_add x,id=ab"
    first, second = options("x,id=ab", line)
    assert line[first.start : first.end] == "x"
    assert line[second.key_start : second.key_end] == "id"
    assert line[second.start : second.end] == "ab"


def test_quoted_word_with_escapes_is_pointed_at_as_a_whole() -> None:
    line = r'device_add "x,id=a\"b"'
    given = Value('x,id=a"b', 'x,id=a"b', 11, len(line))
    for one in read_options(given, line, "driver"):
        assert (one.start, one.end) == (11, len(line))


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("help", True),
        ("?", True),
        ("x,help", True),
        ("x,?", True),
        ("x,id=help", False),
        ("driver=help", False),
        ("x", False),
    ],
)
def test_question_for_help_is_seen(text: str, asks: bool) -> None:
    assert asks_help(options(text)) == asks
