"""JSON text <-> values: exact numbers, and errors of ours for all that JSON cannot carry."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import LineError, ProtocolError
from qmonsh.wire.jsontext import decode, encode

GOOD: list[tuple[str, Any]] = [
    ("{}", {}),
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("1" + "0" * 4000, 10**4000),
    ("0.5", 0.5),
    ("1e3", 1000.0),
    ("1.2345678901234568e+29", 1.2345678901234568e29),
    ("1e-999", 0.0),
    (r'"\u001b[31m \ud83d\ude00"', "\x1b[31m 😀"),
    (r'"\ud800"', "\ud800"),
    ('{"a": 1, "a": 2}', {"a": 2}),
]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_decode_keeps_values_exact(text: str, value: Any) -> None:
    decoded = decode(text)
    assert decoded == value
    assert type(decoded) is type(value)


BAD: list[tuple[str, str]] = [
    ("", "invalid JSON at character 0"),
    ("{", "invalid JSON at character 1"),
    ("inf", "invalid JSON"),
    ("nan", "invalid JSON"),
    ('{"return": inf}', "invalid JSON at character 11"),
    ('{"a": 1,}', "invalid JSON"),
    ("{'a': 1}", "invalid JSON"),
    ('"a\nb"', "invalid JSON"),
    ("{]", "invalid JSON"),
    ("{} {}", "invalid JSON"),
    ("01", "invalid JSON"),
    ("NaN", "NaN is not JSON"),
    ("[Infinity]", "Infinity is not JSON"),
    ("-Infinity", "-Infinity is not JSON"),
    ("1e400", "the number 1e400 is too large"),
    ("[-1e400]", "the number -1e400 is too large"),
    ("9" * 400 + ".0", "the number 9999"),
    ("1" * 5000, "a number of 5000 digits"),
    ('{"a": "' + "7" * 2000 + '", "b": -' + "1" * 4301 + "}", "a number of 4301 digits"),
    ("[" * 100_000 + "]" * 100_000, "a message is nested too deeply"),
]


@pytest.mark.parametrize(("text", "reason"), BAD, ids=[text[:20] for text, _ in BAD])
def test_decode_refuses_what_json_cannot_carry(text: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(text)
    assert caught.value.reason.startswith(reason)
    assert len(str(caught.value)) < 300


def test_decode_error_shows_the_place_and_holds_no_copy_of_the_text() -> None:
    text = '{"a": [' + "1, " * 100_000 + "oops" + "1, " * 1000 + "]}"
    with pytest.raises(ProtocolError) as caught:
        decode(text)
    assert "oops" in caught.value.excerpt
    assert caught.value.__context__ is None


@pytest.mark.parametrize("enabled", [True, False])
def test_decode_of_a_large_text_leaves_the_collector_as_it_was(enabled: bool) -> None:
    text = json.dumps(["x" * 1000] * 3000)
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        assert decode(text) == ["x" * 1000] * 3000
        assert gc.isenabled() is enabled
        with pytest.raises(ProtocolError):
            decode(text + "!")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_encode_gives_one_line_of_ascii() -> None:
    assert encode({"a": "é\n\x1b😀"}, what="x") == rb'{"a":"\u00e9\n\u001b\ud83d\ude00"}'


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), {1, 2}, b"x", nested(100_000), 10**5000],
    ids=["nan", "inf", "set", "bytes", "deep", "digits"],
)
def test_encode_refuses_what_json_cannot_carry(value: Any) -> None:
    with pytest.raises(LineError, match="cannot be sent as JSON") as caught:
        encode({"execute": "x", "arguments": value}, what="x")
    assert caught.value.line == "x"


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)


@given(
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)
)
def test_decode_reads_what_encode_writes(value: Any) -> None:
    assert decode(encode(value, what="x").decode("ascii")) == value


@given(st.text('{}[]",:0123456789.eE+-truefalsn\\u \ud800é'))
def test_decode_of_any_text_gives_a_value_or_a_protocol_error(text: str) -> None:
    try:
        value = decode(text)
    except ProtocolError:
        return
    json.dumps(value, allow_nan=False)


def test_a_huge_value_is_not_looked_at_by_the_collector_again() -> None:
    text = "[" + ", ".join(['{"name": "a name of some length", "members": [{}, {}]}'] * 180_000) + "]"
    try:
        value = decode(text)
        frozen = gc.get_freeze_count()  # whatever else this process holds is among them
        assert len(value) == 180_000 and frozen > 360_000
        del value
        assert gc.get_freeze_count() <= frozen - 360_000, "what is dropped is gone, frozen or not"
    finally:
        gc.unfreeze()
