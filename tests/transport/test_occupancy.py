"""A descriptor is released once, and never under somebody who is inside."""

from __future__ import annotations

from qmonsh.transport.occupancy import Occupancy


class Record:
    def __init__(self) -> None:
        self.calls: list[str] = []
        self.occupancy = Occupancy(lambda: self.calls.append("release"))

    def close(self) -> bool:
        return self.occupancy.close(lambda: self.calls.append("wake"))


def test_close_releases_at_once_when_nobody_is_inside() -> None:
    record = Record()
    assert record.close()
    assert record.calls == ["wake", "release"]
    assert record.occupancy.closed


def test_close_leaves_the_release_to_the_last_one_inside() -> None:
    record = Record()
    assert record.occupancy.enter() and record.occupancy.enter()
    record.close()
    assert record.calls == ["wake"]
    record.occupancy.leave()
    assert record.calls == ["wake"]
    record.occupancy.leave()
    assert record.calls == ["wake", "release"]


def test_nobody_enters_after_close() -> None:
    record = Record()
    record.close()
    assert not record.occupancy.enter()


def test_second_close_does_nothing() -> None:
    record = Record()
    record.close()
    assert not record.close()
    assert record.calls == ["wake", "release"]


def test_leaving_an_open_one_releases_nothing() -> None:
    record = Record()
    record.occupancy.enter()
    record.occupancy.leave()
    assert record.calls == []
