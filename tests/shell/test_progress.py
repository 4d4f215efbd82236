"""Work that goes on, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.shell.progress import Pace, Paces, amount, duration, progress_line, work_words, works

MIGRATION = {
    "status": "active",
    "ram": {"total": 1024**3, "remaining": 256 * 1024**2, "mbps": 800.0, "transferred": 1},
}


def test_migration_shows_share_rate_and_time_left() -> None:
    line = progress_line("migration", MIGRATION, seconds=65, width=200, pace=100 * 1024**2)
    for fact in ("migration: active", "75%", "768 MiB of 1.0 GiB", "95.4 MiB/s", "2 s left", "1:05 min"):
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
        {"current-progress": 10**400, "total-progress": 10**401, "type": "mirror"},
        {"ram": {"total": float("inf"), "remaining": float("nan"), "mbps": float("inf")}},
    ],
)
def test_strange_records_make_a_line(record: dict[str, Any]) -> None:
    line = progress_line("x", record, seconds=0)
    assert line.startswith("x: ") and "\n" not in line
    assert work_words([record], record, record) is not None
    assert Pace().look(record, 0.0) == 0.0


def test_line_fits_and_hides_nothing_dangerous() -> None:
    assert len(progress_line("x" * 500, MIGRATION, seconds=1, width=60)) < 60
    assert "\x1b" not in progress_line("\x1b[2J", {"status": "\x1b[0m"}, seconds=1)


def test_work_is_said_in_few_words() -> None:
    jobs = [
        {"id": "j0", "type": "mirror", "status": "running", "current-progress": 1, "total-progress": 2},
        {"id": "j1", "type": "backup", "status": "concluded"},
    ]
    assert work_words(jobs, {}, {}) == "mirror j0 [#####-----] 50%"
    assert work_words([], MIGRATION, {}) == "migration [#######---] 75% 95.4 MiB/s"
    assert work_words([], {**MIGRATION, "status": "device"}, {}).startswith("migration device [#######")
    assert work_words(jobs, MIGRATION, {}) == "mirror j0 50%, migration 75% 95.4 MiB/s", "of several no bars"
    assert work_words([], {"status": "completed"}, {"status": "completed"}) == ""
    assert work_words([], {}, {}) == ""
    assert work_words([{**jobs[0], "status": "ready"}], {}, {}) == "mirror j0 ready"


def test_pace_tells_rate_and_time_left_of_what_has_no_rate_of_its_own() -> None:
    def job(done: int) -> dict[str, Any]:
        total = 100 * 1024**2
        record = {"id": "j", "type": "mirror", "status": "running"}
        return {**record, "current-progress": done, "total-progress": total}

    paces = Paces()
    assert paces.look(works([job(0)], {}, {}), 100.0) == {"mirror j": 0.0}
    found = paces.look(works([job(20 * 1024**2)], {}, {}), 102.0)
    assert found == {"mirror j": 10.0 * 1024**2}
    said = work_words([job(20 * 1024**2)], {}, {}, found)
    assert said == "mirror j [##--------] 20% 10.0 MiB/s 8 s left"
    assert paces.look(works([], {}, {}), 103.0) == {}
    assert paces.look(works([job(0)], {}, {}), 104.0) == {"mirror j": 0.0}, "a new job of that name"


def test_progress_that_is_not_in_bytes_has_no_rate_but_a_time_left() -> None:
    record = {"type": "snapshot-save", "status": "running", "current-progress": 1, "total-progress": 4}
    line = progress_line("savevm", record, seconds=1, pace=1.0)
    assert "25%" in line and "3 s left" in line and "B" not in line


def test_dump_shows_amounts_and_rate() -> None:
    dump = {"status": "active", "completed": 512 * 1024**2, "total": 1024**3}
    line = progress_line("dump", dump, seconds=4, pace=128 * 1024**2, width=120)
    assert "512 MiB of 1.0 GiB" in line and "128 MiB/s" in line and "4 s left" in line
    narrow = progress_line("dump", dump, seconds=4, pace=128 * 1024**2, width=60)
    assert "128 MiB/s  4 s left" in narrow and len(narrow) < 60 and " of " not in narrow
    assert work_words([], {}, dump).startswith("dump [#####-----] 50%")


def test_work_that_falls_back_begins_anew() -> None:
    pace = Pace()
    for second, done in enumerate((0, 10, 20, 5)):
        rate = pace.look({"current-progress": done}, float(second))
    assert rate > 0
    assert pace.look({"current-progress": -1}, 9.0) == 0.0


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (312 * 1024**2, "312 MiB"), (2**60, "1024 PiB")],
)
def test_amounts_have_units(count: int, text: str) -> None:
    assert amount(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1:01 min"), (3725, "1:02:05 h")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("count", [99, 312])
def test_bound_is_said_to_be_one_and_has_no_share(count: int) -> None:
    mib = 1024**2
    record = {"status": "", "completed": count * mib, "total": 1024 * mib, "at-most": True}
    line = progress_line("savevm", record, seconds=3, pace=104 * mib, width=200)
    assert line.startswith("savevm:  [#") and "MiB of at most 1.0 GiB  104 MiB/s  at most " in line
    assert line.endswith(" s left  3 s") and "%" not in line
    narrow = progress_line("savevm", record, seconds=3, pace=99.5 * mib, width=80)
    assert "of at most 1.0 GiB" in narrow and " left" in narrow and len(narrow) < 80


def test_amount_without_a_total_is_shown() -> None:
    record = {"status": "", "completed": 5 * 1024**2, "total": 0, "at-most": True}
    assert progress_line("savevm", record, seconds=3) == "savevm:  5.0 MiB  3 s"
