"""The newest events, and those since a command was sent."""

from __future__ import annotations

from qmonsh.monitor.recent import KEPT, RecentEvents
from qmonsh.wire.message import Event, Return


def event(number: int) -> Event:
    return Event("E", {"n": number}, 0, 0, {})


def numbers(events: list[Event]) -> list[int]:
    return [one.data["n"] for one in events]


def test_events_since_the_mark_are_told() -> None:
    recent = RecentEvents()
    recent.observe(event(1))
    recent.mark()
    assert recent.since_mark() == []
    recent.observe(event(2))
    recent.observe(Return("id", {}, {}))
    recent.observe(event(3))
    assert numbers(recent.since_mark()) == [2, 3] and numbers(recent.last(2)) == [2, 3]
    assert numbers(recent.last(9)) == [1, 2, 3] and recent.last(0) == [] and recent.total == 3


def test_the_oldest_are_dropped_and_counted() -> None:
    recent = RecentEvents()
    recent.mark()
    for number in range(KEPT + 10):
        recent.take(event(number))
    assert numbers(recent.since_mark()) == list(range(10, KEPT + 10)) and recent.total == KEPT + 10
