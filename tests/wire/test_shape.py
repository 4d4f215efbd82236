"""Which message a JSON value is, in the spelling of every QEMU and in no spelling at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.wire.message import ErrorReply, Event, Greeting, Ignored, Message, Return
from qmonsh.wire.shape import message_of

VENDOR = " (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)"


def greeting(version: Any, capabilities: Any = ()) -> dict[str, Any]:
    return {"QMP": {"version": version, "capabilities": list(capabilities)}}


def qemu(major: int, minor: int, micro: int, package: str) -> dict[str, Any]:
    return {"qemu": {"micro": micro, "minor": minor, "major": major}, "package": package}


STAMP = {"seconds": 1668695571, "microseconds": 123456}

# Value, and the message without its raw value.
SHAPES: list[tuple[Any, Message]] = [
    (greeting(qemu(2, 0, 0, "")), Greeting((2, 0, 0), "", (), None)),
    (greeting(qemu(2, 3, 0, VENDOR)), Greeting((2, 3, 0), VENDOR, (), None)),
    (greeting(qemu(11, 1, 3, "D"), ["oob"]), Greeting((11, 1, 3), "D", ("oob",), None)),
    ({"QMP": {}}, Greeting((0, 0, 0), "", (), None)),
    (greeting("7.2"), Greeting((0, 0, 0), "", (), None)),
    (greeting({"qemu": 7, "package": 3}), Greeting((0, 0, 0), "", (), None)),
    (greeting({"qemu": {"major": True, "minor": "2"}}), Greeting((0, 0, 0), "", (), None)),
    (greeting({}, ["oob", 3]), Greeting((0, 0, 0), "", ("oob",), None)),
    ({"QMP": {"capabilities": "oob"}}, Greeting((0, 0, 0), "", (), None)),
    ({"QMP": 1}, Ignored("unknown message", None)),
    ({"return": {}, "id": "a"}, Return("a", {}, None)),
    ({"id": "a", "return": None}, Return("a", None, None)),
    ({"return": 5}, Ignored("response without id", None)),
    ({"return": 5, "id": 5}, Ignored("unknown id", None)),
    ({"return": 5, "id": None}, Ignored("unknown id", None)),
    (
        {"id": "a", "error": {"class": "CommandNotFound", "desc": "no"}},
        ErrorReply("a", "CommandNotFound", "no", None),
    ),
    ({"error": {"class": "X", "desc": "no"}}, ErrorReply(None, "X", "no", None)),
    ({"error": {"class": "X", "desc": "no"}, "id": None}, Ignored("unknown id", None)),
    ({"error": {"class": "X", "desc": "no"}, "id": 7}, Ignored("unknown id", None)),
    ({"error": {}, "id": "a"}, ErrorReply("a", "GenericError", "no description", None)),
    ({"error": "odd", "id": "a"}, ErrorReply("a", "GenericError", "odd", None)),
    ({"error": {"class": 1, "desc": []}}, ErrorReply(None, "GenericError", "no description", None)),
    # A reply that says both must not pass for a success.
    ({"return": {}, "error": {"desc": "no"}, "id": "a"}, ErrorReply("a", "GenericError", "no", None)),
    (
        {"event": "STOP", "timestamp": STAMP},
        Event("STOP", {}, 1668695571, 123456, None),
    ),
    ({"event": "X", "data": {"a": 1}}, Event("X", {"a": 1}, -1, -1, None)),
    ({"event": "X", "data": 1, "timestamp": 2}, Event("X", {}, -1, -1, None)),
    (
        {"event": "X", "timestamp": {"seconds": -1, "microseconds": "1"}},
        Event("X", {}, -1, -1, None),
    ),
    ({"event": 1}, Ignored("unknown message", None)),
    ({"foo": 1}, Ignored("unknown message", None)),
    ({}, Ignored("unknown message", None)),
    ([], Ignored("unknown message", None)),
    ([{"return": {}, "id": "a"}], Ignored("unknown message", None)),
    (1, Ignored("unknown message", None)),
    ("return", Ignored("unknown message", None)),
    (None, Ignored("unknown message", None)),
]


def facts(message: Message) -> tuple[Any, ...]:
    names = [name for name in message.__slots__ if name != "raw"]
    return type(message), *(getattr(message, name) for name in names)


@pytest.mark.parametrize(("value", "expected"), SHAPES, ids=[str(value)[:60] for value, _ in SHAPES])
def test_shape_decides_the_message(value: Any, expected: Message) -> None:
    message = message_of(value)
    assert facts(message) == facts(expected)
    assert getattr(message, "raw") is value  # noqa: B009 - not all messages have it


MEMBERS = st.sampled_from(["QMP", "return", "error", "event", "id", "data", "timestamp", "version", "class"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(MEMBERS, inner, max_size=4),
)


@given(ANY)
def test_any_value_is_some_message(value: Any) -> None:
    assert isinstance(message_of(value), Greeting | Return | ErrorReply | Event | Ignored)
