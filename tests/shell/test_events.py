"""Which events are shown, how floods are folded, where they are kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import UsageError
from qmonsh.monitor.recent import KEPT
from qmonsh.shell.events import MOST, MOST_OF_ALL, NAMES, WINDOW, EventReporter, Folder
from qmonsh.wire.message import Event


def event(name: str = "STOP", **data: object) -> Event:
    raw = {"event": name, "data": data, "timestamp": {"seconds": 1, "microseconds": 0}}
    return Event(name, dict(data), 1, 0, raw)


class Desk:
    """A reporter whose clock stands still and whose later functions the test calls."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.reporter = EventReporter(
            self.lines.append, lambda seconds, do: self.later.append((seconds, do)), clock=lambda: self.now
        )

    def pass_window(self) -> None:
        self.now += WINDOW
        due, self.later = self.later, []
        for _, function in due:
            function()


def test_event_is_one_line() -> None:
    desk = Desk()
    desk.reporter.take(event("DEVICE_DELETED", device="n0", path="/machine"))
    assert len(desk.lines) == 1 and desk.lines[0].endswith("DEVICE_DELETED device=n0 path=/machine\n")


def test_slow_events_are_all_shown() -> None:
    desk = Desk()
    for _ in range(100):
        desk.now += WINDOW
        desk.reporter.take(event())
    assert len(desk.lines) == 100 and not desk.later


def test_flood_is_counted_and_none_is_lost() -> None:
    desk = Desk()
    for number in range(100_000):
        desk.reporter.take(event("BLOCK_IO_ERROR", n=number))
    assert len(desk.lines) == MOST and len(desk.later) == 1
    desk.pass_window()
    assert f"the last of {100_000 - MOST} more" in desk.lines[-1] and "n=99999" in desk.lines[-1]
    assert desk.reporter.total == 100_000


def test_flood_ends_after_a_quiet_window() -> None:
    desk = Desk()
    for _ in range(MOST + 5):
        desk.reporter.take(event())
    desk.pass_window()
    desk.pass_window()
    assert not desk.later, "nothing is left to count"
    count = len(desk.lines)
    desk.reporter.take(event())
    assert len(desk.lines) == count + 1


def test_flood_of_ever_new_names_is_counted_too() -> None:
    desk = Desk()
    for number in range(100_000):
        desk.reporter.take(event(f"E{number}"))
    assert len(desk.lines) == MOST_OF_ALL and desk.reporter.total == 100_000
    desk.pass_window()
    assert f"the last of {100_000 - MOST_OF_ALL} more" in desk.lines[-1]
    desk.pass_window()
    assert not desk.later
    desk.reporter.take(event("LATER"))
    assert "LATER" in desk.lines[-1]


def test_names_that_have_been_quiet_are_forgotten() -> None:
    folder = Folder()
    for number in range(10 * NAMES):
        folder.take(event(f"E{number}"), number / 10)
    assert len(folder._times) <= NAMES + 1 and not folder.floods


def test_flood_of_one_name_hides_no_other() -> None:
    desk = Desk()
    for _ in range(1000):
        desk.reporter.take(event("A"))
    desk.reporter.take(event("B"))
    assert desk.lines[-1].endswith(" B\n")


def test_folder_shows_the_first_of_each_burst() -> None:
    folder = Folder()
    shown = [folder.take(event(), now=0.0) for _ in range(MOST + 3)]
    assert shown == [True] * MOST + [False] * 3


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        (("*",), ["STOP", "JOB_STATUS_CHANGE"]),
        ((), []),
        (("JOB_*",), ["JOB_STATUS_CHANGE"]),
        (("ST?P",), ["STOP"]),
    ],
)
def test_only_chosen_names_are_shown_and_all_are_kept(shown: tuple[str, ...], names: list[str]) -> None:
    desk = Desk()
    desk.reporter.shown = shown
    for name in ("STOP", "JOB_STATUS_CHANGE"):
        desk.reporter.take(event(name))
    assert [line.split()[1] for line in desk.lines] == names
    assert len(desk.reporter.show_last(10)) == 2


def test_kept_events_are_bounded() -> None:
    desk = Desk()
    for number in range(KEPT + 10):
        desk.reporter.take(event(n=number))
    assert len(desk.reporter.show_last(KEPT * 2)) == KEPT
    assert desk.reporter.show_last(1)[0].endswith(f"n={KEPT + 9}")
    assert desk.reporter.show_last(0) == []


def test_file_gets_every_event_as_it_came(tmp_path: Path) -> None:
    desk = Desk()
    desk.reporter.shown = ()
    path = tmp_path / "events"
    desk.reporter.to_file(str(path))
    for number in range(50):
        desk.reporter.take(event(n=number))
    desk.reporter.to_file("")
    desk.reporter.take(event(n=50))
    documents = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["data"]["n"] for one in documents] == list(range(50))
    assert path.stat().st_mode & 0o777 == 0o600


def test_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write events"):
        Desk().reporter.to_file(str(tmp_path / "no" / "such"))


def test_fifo_that_nobody_reads_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError):
        Desk().reporter.to_file(str(tmp_path / "fifo"))


def test_full_disk_ends_the_file_and_not_the_shell() -> None:
    desk = Desk()
    desk.reporter.to_file("/dev/full")
    desk.reporter.take(event())
    desk.reporter.take(event())
    assert "no longer written to /dev/full" in desk.lines[0] and len(desk.lines) == 3


def test_escape_sequences_of_a_guest_are_visible() -> None:
    desk = Desk()
    desk.reporter.take(event("GUEST", text="\x1b[2J\nx"))
    assert "\x1b" not in desk.lines[0] and desk.lines[0].count("\n") == 1
