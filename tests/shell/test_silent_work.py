"""What is known beforehand of commands that hold the monitor."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.language.plan import Plan, Step, Way
from qmonsh.shell.silent_work import READING, SILENT_WORK, WRITING, Estimate, silent_work

GIB = 1024**3
MEMORY = {"base-memory": GIB, "plugged-memory": GIB}
OVERLAY = {
    "device": "d0",
    "inserted": {
        "ro": False,
        "file": "/vm/over.qcow2",
        "backing_file": "base.qcow2",
        "image": {
            "actual-size": 700,
            "full-backing-filename": "/vm/base.qcow2",
            "snapshots": [
                {"name": "a", "id": "1", "vm-state-size": 5000},
                {"name": "1", "id": "2", "vm-state-size": 40},
            ],
        },
    },
}
PLAIN = {"device": "d1", "inserted": {"ro": False, "file": "d1.img", "image": {"actual-size": 9}}}
FIXED = {"device": "cd", "inserted": {"ro": True, "file": "cd.iso", "image": {"snapshots": "none"}}}
EMPTY = {"device": "cd1", "removable": True}
ANSWERS = {"query-block": [OVERLAY, PLAIN, FIXED, EMPTY], "query-memory-size-summary": MEMORY}


def passed_on(line: str, *, typed: str = "") -> Plan:
    step = Step("human-monitor-command", {"command-line": line})
    return Plan(typed or line, line.split()[0], Way.PASSTHROUGH, (step,))


def estimate(plan: Plan, answers: Any = ANSWERS) -> Estimate:
    work = silent_work(plan)
    assert work is not None
    return work.estimate(plan, answers)


def test_commands_that_do_not_hold_the_monitor_have_no_row() -> None:
    assert silent_work(passed_on("info status")) is None


def test_savevm_writes_all_memory_at_most_into_a_disk_that_can_be_written() -> None:
    assert estimate(passed_on("savevm a")) == Estimate(
        2 * GIB, files=("/vm/over.qcow2", "d1.img"), is_memory=True
    )
    assert SILENT_WORK["savevm"].doing == WRITING


@pytest.mark.parametrize(
    ("line", "size"), [("loadvm a", 5000), ('loadvm "a"', 5000), ("loadvm 1", 5000), ("loadvm none", 0)]
)
def test_loadvm_reads_what_the_snapshot_is_said_to_hold(line: str, size: int) -> None:
    assert estimate(passed_on(line)) == Estimate(size, is_bound=False)
    assert SILENT_WORK["loadvm"].doing == READING


def test_word_is_that_of_the_line_that_travels() -> None:
    assert estimate(passed_on("loadvm a", typed="loadvm a > /tmp/x")).total == 5000
    assert estimate(Plan("loadvm a", "loadvm", Way.TWIN, (Step("snapshot-load", {}),))).total == 5000
    assert estimate(Plan("loadvm a", "loadvm", Way.TEXT, (Step("loadvm a"),))).total == 5000


@pytest.mark.parametrize("device", ["d0", "all"])
def test_commit_writes_what_the_overlay_holds_into_its_backing_file(device: str) -> None:
    assert estimate(passed_on(f"commit {device}")) == Estimate(700, files=("/vm/base.qcow2",))


def test_commit_of_a_disk_without_backing_file_writes_nothing() -> None:
    assert estimate(passed_on("commit d1")) == Estimate()


def test_memory_that_is_copied_has_its_size_in_the_line() -> None:
    step = Step("pmemsave", {"val": 0, "size": 4096, "filename": "/tmp/x"})
    plan = Plan("pmemsave 0 4096 /tmp/x", "pmemsave", Way.TWIN, (step,))
    assert estimate(plan) == Estimate(4096, is_bound=False, files=("/tmp/x",))


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"query-block": None, "query-memory-size-summary": []},
        {"query-block": [5, {"inserted": 7}, {"device": "d0", "inserted": {"image": [], "backing_file": 1}}]},
        {"query-memory-size-summary": {"base-memory": "much", "plugged-memory": -5}},
        {"query-memory-size-summary": {"base-memory": 10**400, "plugged-memory": 1e400}},
        {"query-block": [{"inserted": {"file": 3, "image": {"snapshots": [1, {"name": "a"}]}}}]},
    ],
)
def test_strange_answers_tell_nothing(answers: dict[str, Any]) -> None:
    for name in SILENT_WORK:
        assert estimate(passed_on(f"{name} d0"), answers).total == 0


def test_memory_in_use_is_the_bound_as_long_as_it_holds() -> None:
    saved = Estimate(1000, is_memory=True)
    assert saved.record(10, 400) == {"status": "", "completed": 10, "total": 400, "at-most": True}
    assert saved.record(401, 400)["total"] == 1000
    assert saved.record(1001, 400)["completed"] == 1000, "the tables of the image are written, too"
    assert Estimate().record(1001)["completed"] == 1001
    assert saved.record(10, 0)["total"] == 1000
    assert saved.record(10, 4000)["total"] == 1000
    exact = Estimate(1000, is_bound=False).record(10, 400)
    assert exact["total"] == 1000 and not exact["at-most"]
