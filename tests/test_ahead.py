"""What is sent before its turn, and that nobody can tell: order, failures, events, deadlines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qmonsh.batch import Batch
from qmonsh.monitor.session import HABIT
from qmonsh.one_shot import run_lines
from qmonsh.printer import Printer
from qmonsh.settings import Settings
from qmonsh.target import parse_target
from tests.peer import ScriptedPeer, Step, close, event, expect, expect_end, greet, refuse, reply, serve

NAMES = ("query-name", "query-uuid", "query-status", "qom-get", "stop", "quit", "human-monitor-command")
COMMANDS = [{"name": name} for name in NAMES]

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a script against steps: its status, and what was sent and printed, in order."""
    log: list[str] = []
    result, tap = Printer.result, Batch.tap

    def printed(self: Printer, *args: Any) -> int:
        log.append("printed")
        return result(self, *args)

    def sent(self: Batch, direction: str, message: Any, own: bool) -> None:
        if direction == "sent":
            log.append(message["execute"])
        tap(self, direction, message, own)

    monkeypatch.setattr("qmonsh.monitor.session.HABIT", 1)
    monkeypatch.setattr(Printer, "result", printed)
    monkeypatch.setattr(Batch, "tap", sent)

    def run(script: str, *steps: Step, **settings: Any) -> tuple[int, list[str]]:
        path = tmp_path / "script"
        path.write_text(script.replace("; ", "\n"))
        with ScriptedPeer([*greet(), expect("query-commands"), reply(COMMANDS), *steps]) as peer:
            chosen = Settings(**{"output": "json", **settings})
            status = run_lines(parse_target(peer.target), [("files", str(path))], "", "", chosen)
        assert log[:1] == ["query-commands"]
        return status, log[1:]

    return run


ANSWERS: dict[str, Any] = dict.fromkeys(NAMES, {})
PRINTED = "printed"


@pytest.mark.parametrize(
    ("script", "order"),
    [
        pytest.param(
            "query-name; query-uuid",
            ["query-name", "query-uuid", PRINTED, PRINTED],
            id="a question behind a question that has succeeded",
        ),
        pytest.param(
            "query-name; query-name; query-uuid",
            ["query-name", "query-name", PRINTED, "query-uuid", PRINTED, PRINTED],
            id="at once behind one whose reply is known to be short",
        ),
        pytest.param(
            "stop; query-name", ["stop", "query-name", PRINTED, PRINTED], id="a question behind an act"
        ),
        pytest.param(
            "query-name; stop; stop",
            ["query-name", PRINTED, "stop", PRINTED, "stop", PRINTED],
            id="an act in its turn only",
        ),
        pytest.param(
            "query-name; .set timeout 9; query-name",
            ["query-name", PRINTED, "query-name", PRINTED],
            id="not past a line of qmonsh's own",
        ),
        pytest.param(
            "query-name | cat; query-name",
            ["query-name", PRINTED, "query-name", PRINTED],
            id="not before a shell command has had the result",
        ),
        pytest.param(
            "query-name; query-name > /dev/null",
            ["query-name", PRINTED, "query-name", PRINTED],
            id="none whose file may be refused",
        ),
        pytest.param(
            "query-name; {broken",
            ["query-name", PRINTED],
            id="none that is not understood",
        ),
    ],
)
def test_what_is_sent_when(script: str, order: list[str], run: Run) -> None:
    _, log = run(script, serve(ANSWERS))
    assert log == order


def test_only_who_asks_much_has_two_commands_on_the_wire(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.monitor.session.HABIT", HABIT)
    _, log = run("query-name; " * (HABIT + 3), serve(ANSWERS))
    one_by_one = ["query-name", *["query-name", PRINTED] * HABIT]
    assert log == [*one_by_one, *["query-name", PRINTED] * 2, PRINTED]


@pytest.mark.parametrize("setting", ["events", "verbose"])
def test_nothing_is_sent_early_when_reports_stand_among_the_results(setting: str, run: Run) -> None:
    _, log = run("query-name; query-uuid", serve(ANSWERS), **{setting: True})
    assert log == ["query-name", PRINTED, "query-uuid", PRINTED]


def test_nothing_is_sent_early_while_lines_are_timed(run: Run) -> None:
    _, log = run(".time on; query-name; query-uuid", serve(ANSWERS))
    assert log == ["query-name", PRINTED, "query-uuid", PRINTED]


def test_nothing_is_sent_early_where_it_is_recorded(run: Run, tmp_path: Path) -> None:
    _, log = run("query-name; query-uuid", serve(ANSWERS), record=str(tmp_path / "record"))
    assert log == ["query-name", PRINTED, "query-uuid", PRINTED]


def test_nothing_is_sent_while_a_long_reply_is_printed(run: Run) -> None:
    steps = [expect("query-name"), reply("x" * 300_000), serve(ANSWERS)]
    _, log = run("query-name; query-name; query-uuid", *steps)
    assert log == ["query-name", PRINTED, "query-name", "query-uuid", PRINTED, PRINTED]


def test_behind_a_failure_nothing_is_sent(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    status, log = run("query-name; query-uuid", expect("query-name"), refuse("no"), expect_end())
    assert (status, log) == (1, ["query-name"]) and capfd.readouterr().out.count("\n") == 1


def test_what_was_sent_before_a_failure_is_discarded(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [expect("query-name"), reply(1), expect("query-name"), refuse("no"), expect("query-uuid")]
    status, log = run("query-name; query-name; query-uuid; stop", *steps, reply(3), expect_end())
    assert (status, log) == (1, ["query-name", "query-name", PRINTED, "query-uuid"])
    assert capfd.readouterr().out == '1\n{"error": {"class": "GenericError", "desc": "no"}}\n'


def test_with_keep_going_it_has_its_turn_all_the_same(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [expect("query-name"), reply(1), expect("query-name"), refuse("no"), expect("query-uuid")]
    status, log = run("query-name; query-name; query-uuid", *steps, reply(3), expect_end(), keep_going=True)
    assert status == 1 and log.count("query-uuid") == 1
    assert capfd.readouterr().out == '1\n{"error": {"class": "GenericError", "desc": "no"}}\n3\n'


def test_an_interrupt_between_sending_and_waiting_says_that_qemu_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qmonsh.batch.next_question", interrupted)
    status, log = run("stop; query-name", expect("stop"), expect_end())
    out = capfd.readouterr().out
    assert (status, log) == (130, ["stop"]) and "QEMU still carries it out" in out and out.count("\n") == 1


def test_events_count_from_the_moment_of_sending(run: Run) -> None:
    steps = [expect("stop"), event("EARLY"), reply(), expect("query-name"), event("STOP"), reply()]
    assert run("stop; query-name; .wait STOP 20", *steps, expect_end())[0] == 0
    assert run("stop; query-name; .wait EARLY 0.05", *steps, expect_end())[0] == 4


@pytest.mark.parametrize(
    ("end", "timeout", "status", "class_name"),
    [(close(), None, 3, "ConnectionLost"), (expect_end(), 1.5, 4, "Deadline")],
    ids=["lost", "never answered"],
)
def test_the_result_before_is_printed_whatever_becomes_of_it(
    end: Step,
    timeout: float | None,
    status: int,
    class_name: str,
    run: Run,
    capfd: pytest.CaptureFixture[str],
) -> None:
    steps = [expect("query-name"), reply(1), expect("query-uuid"), end]
    assert run("query-name; query-uuid", *steps, timeout=timeout)[0] == status
    first, second = capfd.readouterr().out.splitlines()
    assert first == "1" and class_name in second
