from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given

from qmonsh.render.event import clock, render_event
from qmonsh.render.form import Form
from qmonsh.wire.message import Event
from tests.render.test_escape import is_dangerous
from tests.render.test_json_text import JSON


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def event(name: str, data: Any = None, seconds: int = 1795378579, microseconds: int = 379333) -> Event:
    return Event(name, data or {}, seconds, microseconds, {})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (event("STOP"), "20:16:19.379 STOP"),
        (
            event("DEVICE_DELETED", {"device": "nic0", "path": "/machine/peripheral/nic0"}),
            "20:16:19.379 DEVICE_DELETED device=nic0 path=/machine/peripheral/nic0",
        ),
        (
            event("X", {"a": {"b": 1, "c": [1, "x"]}, "t": True, "s": "two words", "e": "", "n": None}),
            '20:16:19.379 X a.b=1 a.c=[1, "x"] t=true s="two words" e="" n=none',
        ),
        (event("ODD", seconds=-1), "--:--:--.--- ODD"),
        (event("FAR", seconds=10**18), "--:--:--.--- FAR"),
        (event("E\x1b", {"k\x07": "v\u202e\n"}), "20:16:19.379 E\\x1b k\\x07=v\\u202e\\x0a"),
    ],
)
def test_event_is_one_line(given: Event, line: str) -> None:
    assert render_event(given, Form()) == line


def test_event_in_colour() -> None:
    shown = render_event(event("RESUME", {"a": 1}), Form(colour=True))
    assert shown == "\x1b[2m20:16:19.379\x1b[0m \x1b[1mRESUME\x1b[0m \x1b[36ma\x1b[0m=1"


def test_huge_event_is_cut_and_counted() -> None:
    shown = render_event(event("GUEST", {"text": "x" * 100_000}), Form())
    assert len(shown) < 5000 and shown.endswith("more characters)")


def test_clock_shows_milliseconds() -> None:
    assert clock(0, 7000) == "00:00:00.007"


@given(JSON)
def test_any_data_is_one_safe_line(data: Any) -> None:
    shown = render_event(event("E", {"data": data}), Form())
    assert not any(is_dangerous(c) for c in shown)
