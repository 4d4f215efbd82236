"""Work that goes on, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.shell.progress import amount, duration, progress_line, work_words

MIGRATION = {
    "status": "active",
    "ram": {"total": 1024**3, "remaining": 256 * 1024**2, "mbps": 800.0, "transferred": 1},
}


def test_migration_shows_share_rate_and_time_left() -> None:
    line = progress_line("migration", MIGRATION, seconds=65, width=200)
    for fact in ("migration: active", "75%", "768.0 MiB of 1.0 GiB", "95.4 MiB/s", "2 s left", "1:05 min"):
        assert fact in line


def test_job_shows_share() -> None:
    line = progress_line("j0", {"status": "running", "current-progress": 1, "total-progress": 4}, seconds=1)
    assert "j0: running" in line and "25%" in line and "[#####-" in line


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"status": "setup"},
        {"ram": {}},
        {"ram": {"total": 0, "remaining": 0}},
        {"ram": 5},
        {"status": None, "current-progress": "x", "total-progress": []},
        {"ram": {"total": 1, "remaining": 2, "mbps": 0}},
        {"current-progress": 5, "total-progress": 1},
    ],
)
def test_strange_records_make_a_line(record: dict[str, Any]) -> None:
    line = progress_line("x", record, seconds=0)
    assert line.startswith("x: ") and "\n" not in line
    assert work_words([record], record) is not None


def test_line_fits_and_hides_nothing_dangerous() -> None:
    assert len(progress_line("x" * 500, MIGRATION, seconds=1, width=60)) < 60
    assert "\x1b" not in progress_line("\x1b[2J", {"status": "\x1b[0m"}, seconds=1)


def test_work_is_said_in_few_words() -> None:
    jobs = [
        {"id": "j0", "type": "mirror", "status": "running", "current-progress": 1, "total-progress": 2},
        {"id": "j1", "type": "backup", "status": "concluded"},
    ]
    assert work_words(jobs, MIGRATION) == "mirror j0 50%, migration active 75%"
    assert work_words([], {"status": "completed"}) == ""
    assert work_words([], {}) == ""


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (2**60, "1024.0 PiB")]
)
def test_amounts_have_units(count: int, text: str) -> None:
    assert amount(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1:01 min"), (3725, "1:02:05 h")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text
