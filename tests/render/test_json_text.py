from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.render import json_text
from qmonsh.render.form import Form
from qmonsh.render.json_text import dumps, render_json, stream_dumps, stream_json
from qmonsh.wire.long_list import LongList
from tests.render.test_escape import is_dangerous

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FINITE | st.text()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def long_list(value: list[Any], *, broken: str = "") -> LongList:
    """Return a list that is not empty as one that is decoded while it is walked, ``broken`` at its end."""
    text = json.dumps(value)[:-1] + broken + "]"
    return LongList(text, 1, len(text) - 1)


@given(JSON)
def test_dumps_reads_back_in_ascii_on_one_line(value: Any) -> None:
    text = dumps(value)
    assert json.loads(text) == value
    assert text.isascii() and text.isprintable()


@given(JSON)
def test_dumps_slow_and_fast_agree(value: Any) -> None:
    slow = "".join(json_text._tokens(value, indent=None, string=json_text._ascii))
    assert slow == dumps(value)


@given(JSON, st.booleans(), st.booleans())
def test_render_json_reads_back_and_is_safe(value: Any, colour: bool, unicode: bool) -> None:
    text = render_json(value, Form(colour=colour, unicode=unicode))
    for parameters in ("36", "32", "34", "35", "0"):
        text = text.replace(f"\x1b[{parameters}m", "")
    assert json.loads(text) == value
    assert {c for c in set(text) if is_dangerous(c)} <= {"\n"}
    assert unicode or text.isascii()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"status": "running", "n": [1, 2.0]}, '{"status": "running", "n": [1, 2.0]}'),
        ("\x7f\x1b\u202e\ud800é", '"\\u007f\\u001b\\u202e\\ud800\\u00e9"'),
        (2**64 - 1, "18446744073709551615"),
        ({}, "{}"),
        ([], "[]"),
        (None, "null"),
    ],
)
def test_dumps_of(value: Any, text: str) -> None:
    assert dumps(value) == text


def test_integers_beyond_the_limit_of_str_are_exact() -> None:
    assert dumps([10**4999]) == "[1" + "0" * 4999 + "]"


@pytest.mark.parametrize("length", [0, 1, 999, 1000, 1001, 2000, 2001])
def test_stream_dumps_is_dumps_in_pieces(length: int) -> None:
    value = [{"n": number, "text": "\x7f[]"} for number in range(length)]
    pieces = list(stream_dumps(value))
    assert "".join(pieces) == dumps(value) + "\n"
    assert len(pieces) == (1 if length <= 1000 else -(-length // 1000) + 1)
    assert "".join(stream_dumps({"return": value})) == dumps({"return": value}) + "\n"


@pytest.mark.parametrize("length", [1, 999, 1000, 1001, 2001])
def test_a_long_list_is_the_same_json_as_any(length: int) -> None:
    value = [{"n": number, "text": "\x7f[]", "deep": [{}, [[]]]} for number in range(length)]
    long = long_list(value)
    assert "".join(stream_dumps(long)) == dumps(value) + "\n"
    for more in ({"id": 1}, {"\x7f": {"a": []}}, {}):
        assert "".join(stream_dumps({"return": long, **more})) == dumps({"return": value, **more}) + "\n"
        assert "".join(stream_dumps({**more, "return": long})) == dumps({**more, "return": value}) + "\n"
    assert "".join(stream_json(long, Form())) == render_json(value, Form())


@pytest.mark.parametrize("part", ["x", "\x7f\r\n", "é😀", "\ud83d\ude00\ud83d", '"\\'], ids=ascii)
def test_long_text_is_the_same_json_in_pieces(part: str) -> None:
    text = part * 300_000
    pieces = list(stream_dumps(text))
    assert "".join(pieces) == dumps(text) + "\n"
    assert len(pieces) > 4
    assert "".join(stream_dumps({"return": text, "id": 1})) == dumps({"return": text, "id": 1}) + "\n"


def test_a_long_list_that_is_no_json_at_its_end_is_said_on_a_line_of_its_own() -> None:
    pieces = stream_dumps(long_list([1] * 2500, broken=", x"))
    found = [next(pieces) for _ in range(3)]
    assert "".join(found) == "[" + "1, " * 1999 + "1" + "\n"
    with pytest.raises(ProtocolError, match="Expecting value"):
        next(pieces)


def test_dumps_with_indent() -> None:
    assert dumps({"a": [1, {}]}, indent=1) == '{\n "a": [\n  1,\n  {}\n ]\n}'


@pytest.mark.parametrize("bad", [float("inf"), float("-inf"), float("nan")])
def test_numbers_that_json_lacks_are_protocol_errors(bad: float) -> None:
    with pytest.raises(ProtocolError):
        dumps({"a": [bad]})
    with pytest.raises(ProtocolError):
        render_json([bad], Form())


def test_values_that_are_no_json_are_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError):
        dumps({"a": object()})


def test_nesting_beyond_the_stack_is_written() -> None:
    deep = nested(sys.getrecursionlimit() * 5)
    assert dumps(deep).startswith("[[[[")
    assert len(render_json(deep, Form())) < 2_000_000


def test_colour_says_what_is_key_and_value() -> None:
    assert render_json({"a": ["x", 1, None]}, Form(colour=True)).split("\n") == [
        "{",
        '  \x1b[36m"a"\x1b[0m: [',
        '    \x1b[32m"x"\x1b[0m,',
        "    \x1b[34m1\x1b[0m,",
        "    \x1b[35mnull\x1b[0m",
        "  ]",
        "}",
        "",
    ]


def test_huge_json_streams_without_colour() -> None:
    value = [{"name": f"node{n}", "size": n} for n in range(50_000)]
    pieces = list(stream_json(value, Form(colour=True)))
    assert len(pieces) > 10 and len(pieces[0]) < 200_000
    assert json.loads("".join(pieces)) == value


def test_readable_letters_stay_where_unicode_may_be_shown() -> None:
    assert render_json("é日\x9b", Form()) == '"é日\\u009b"\n'
    assert render_json("é", Form(unicode=False)) == '"\\u00e9"\n'
