"""Results of many as folded text, table and JSON lines."""

from __future__ import annotations

import json

import pytest

from qmonsh.errors import CommandError, ConnectError, ConnectionLostError, DeadlineError, QmonshError
from qmonsh.fleet.report import Report, failure_text
from qmonsh.language.plan import Plan, Way
from qmonsh.monitor.carrying import Outcome
from qmonsh.settings import Settings
from qmonsh.wire.message import Event

STATUS = Plan("info status", "info status", Way.TWIN, view="query-status")
STOP = Plan("stop", "stop", Way.TWIN)
RUNNING = {"status": "running", "running": True, "singlestep": False}
PAUSED = {"status": "paused", "running": False, "singlestep": False}


def report(*names: str, table: bool = False, **settings: str) -> Report:
    return Report(names, Settings(**settings), table=table)


def test_equal_answers_are_folded_in_the_order_of_who(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("web1", "web2", "web3")
    made.result("web3", STATUS, Outcome(RUNNING))
    made.result("web2", STATUS, Outcome(PAUSED))
    made.result("web1", STATUS, Outcome(RUNNING))
    made.finish()
    assert capsys.readouterr() == ("web[1,3]: VM status: running\nweb2: VM status: paused\n", "")
    assert made.status == 0


def test_an_empty_success_is_said_and_lines_are_moved_in(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a", "b")
    made.result("a", STOP, Outcome({}))
    made.result("b", STOP, Outcome("one\r\ntwo\x1b[2J\r\n"))
    made.finish()
    out = capsys.readouterr().out
    assert out.startswith("a: done\nb:\n  one\n  two") and "\x1b" not in out


def test_failures_go_to_stderr_and_the_worst_counts(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a1", "a2", "a3", "a4")
    made.result("a1", STOP, Outcome({}))
    made.failure("a2", CommandError("GenericError", "no"))
    made.failure("a3", CommandError("GenericError", "no"))
    made.failure("a4", DeadlineError("stop", 1))
    made.finish()
    out, err = capsys.readouterr()
    assert out == "a1: done\n"
    assert err.splitlines()[0] == "a[2-3]: Error: no"
    assert err.splitlines()[1].startswith("a4: no answer to stop within 1 s")
    assert err.splitlines()[2] == "qmonsh: 3 of 4 failed"
    assert made.status == 4


def test_failures_of_one_cause_are_folded(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a1", "a2")
    for name, pid in (("a1", 10), ("a2", 20)):
        made.failure(name, ConnectError(f"unix:/run/{name}", f"pid {pid} is stopped", cause="silent"))
    made.finish()
    assert "a[1-2]: cannot connect: pid 10 is stopped (the first of them" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectError("unix:/a", "why", cause="x", advice="do"), "cannot connect: why. Do\n"),
        (ConnectionLostError("gone", address="unix:/a"), "the connection was lost: gone\n"),
        (CommandError("GenericError", "no", reply={}), "Error: no [GenericError]\n"),
    ],
)
def test_a_failure_does_not_repeat_the_address(error: QmonshError, text: str) -> None:
    assert failure_text(error) == text


def test_json_lines_carry_the_target_and_come_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a", "b", output="json")
    made.event("a", Event("STOP", {}, 1, 2, {"event": "STOP"}))
    made.result("a", STATUS, Outcome(RUNNING))
    made.failure("b", CommandError("GenericError", "no"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {"target": "a", "event": "STOP"},
        {"target": "a", "return": RUNNING},
        {"target": "b", "error": {"class": "GenericError", "desc": "no"}},
    ]
    made.finish()
    assert capsys.readouterr() == ("", "")


def test_raw_lines_are_the_replies(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a", output="raw")
    made.result("a", STOP, Outcome(2, [{"return": 1}, {"return": 2, "id": "mine"}]))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"target": "a", "return": 1}, {"target": "a", "return": 2, "id": "mine"}]


def test_a_table_has_a_row_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    made = report("a", "b", "c", table=True)
    made.result("a", STATUS, Outcome(RUNNING))
    made.result("b", STATUS, Outcome({"status": "paused", "extra": [1]}))
    made.result("c", STOP, Outcome("text"))
    made.finish()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["target", "answer", "extra", "running", "singlestep", "status"]
    assert [line.split()[0] for line in lines[1:]] == ["a", "b", "c"]
    assert lines[3].split() == ["c", "text"]
