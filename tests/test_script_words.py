"""``.word`` commands and help in one-shots and scripts, through the real command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qmonsh.script_words import SHELL_ONLY, WORDS
from qmonsh.shell.registry import builtins
from tests.peer import ScriptedPeer, event, expect, greet, reply, serve
from tests.test_batch import Run, serving


def script(tmp_path: Path, text: str, name: str = "script") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def run_lines(capfd: pytest.CaptureFixture[str], *words: str, lines: tuple[str, ...]) -> Run:
    return Run(capfd, *words, *(word for line in lines for word in ("-c", line)))


def test_every_command_of_the_shell_is_known_in_scripts_too() -> None:
    assert set(builtins()) == set(WORDS) | SHELL_ONLY
    assert not set(WORDS) & SHELL_ONLY


@pytest.mark.parametrize("name", sorted(SHELL_ONLY))
def test_what_needs_a_terminal_says_so(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", f"{name} x")
    assert run.status == 2 and f"'{name}' needs the interactive shell" in run.err


def test_unknown_word_gets_the_nearest(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, ".outptu", "json")
    assert run.status == 2 and "did you mean '.output'" in run.err


@pytest.mark.parametrize("line", ["help stop", "stop ?", ".help stop", "? stop"])
def test_help_on_a_command_sends_nothing_that_acts(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", line)
    assert run.status == 0 and run.out.startswith("stop")
    assert "stop" not in [command["execute"] for command in peer.commands]


def test_question_behind_a_word_of_ours_is_help(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", ".wait ?")
    assert run.status == 0 and run.out.startswith(".wait EVENT")


def test_help_is_one_document_in_json(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--json", "help", "stop")
    (document,) = run.documents()
    assert document.startswith("stop") and "\n" in document and "\x1b" not in document


def test_help_without_a_word_lists_what_scripts_have(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "help")
    assert all(word in run.out for word in (".wait EVENT", ".source FILE", "query-status"))
    assert ".watch" not in run.out


def test_help_on_nothing_that_exists_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "help", "query-statsu")
    assert run.status == 2 and "Did you mean 'query-status'" in run.err


def test_apropos_finds_by_name(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", ".apropos status", "--keep-going", "-c", ".apropos xyzzy")
    assert "query-status" in run.out and "nothing has 'xyzzy'" in run.err


def test_explain_in_a_script_sends_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", ".explain stop", "-c", ".explain python stop")
    first, *rest = run.out.splitlines()
    assert json.loads(first) == {"execute": "stop"} and any("execute" in line for line in rest)
    assert "stop" not in [command["execute"] for command in peer.commands]


def test_output_changes_in_the_middle(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", "info status", "-c", ".output json", "-c", "info status")
    text, document = run.out.splitlines()
    assert text == "VM status: running" and json.loads(document)["status"] == "running"


def test_setting_changes_and_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = run_lines(capfd, peer.target, lines=(".set timeout 3", ".set timeout", ".set", "stop"))
    assert run.status == 0 and run.err.count("timeout is 3") == 2 and "output is text" in run.err


def test_script_cannot_end_read_only(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "--read-only", "--keep-going", "-c", ".set read_only off", "-c", "stop")
    assert run.status == 2 and run.err.count("read-only") == 2
    assert "stop" not in [command["execute"] for command in peer.commands]


def test_event_between_command_and_wait_is_not_missed(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [*greet(), expect("query-commands"), reply([{"name": "stop"}]), expect("stop")]
    with ScriptedPeer([*steps, event("STOP"), reply(), serve({})]) as peer:
        run = Run(capfd, peer.target, "--json", "-c", "stop", "-c", ".wait STOP 20")
    assert [document.get("event") for document in run.documents()] == [None, "STOP"]


def test_event_of_an_earlier_command_is_not_taken_for_the_next(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [*greet(), expect("query-commands"), reply([{"name": "stop"}])]
    again = [expect("stop"), event("STOP"), reply(), expect("stop"), reply()]
    with ScriptedPeer([*steps, *again, serve({})]) as peer:
        run = Run(capfd, peer.target, "-c", "stop", "-c", "stop", "-c", ".wait STOP 0.2")
    assert run.status == 4 and "STOP" in run.err


def test_wait_looks_at_the_data(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [*greet(), expect("query-commands"), reply([{"name": "stop"}]), expect("stop")]
    with ScriptedPeer([*steps, event("STOP", times=3), reply(), serve({})]) as peer:
        run = Run(capfd, peer.target, "--json", "-c", "stop", "-c", ".wait STOP n=2")
    assert run.status == 0 and run.documents()[-1]["data"] == {"n": 2}


def test_script_reads_a_script(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    inner = script(tmp_path, "info status\nnosuch\ninfo name\n", "inner")
    outer = script(tmp_path, f".source {inner}\ncont\n", "outer")
    with serving() as peer:
        run = Run(capfd, peer.target, "-f", outer)
    assert run.status == 2 and run.out == "VM status: running\n" and f"{inner}:2" in run.err
    assert "cont" not in [command["execute"] for command in peer.commands]


def test_script_that_reads_itself_ends(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "loop"
    with serving() as peer:
        run = Run(capfd, peer.target, "-f", script(tmp_path, f".source {path}\n", "loop"))
    assert run.status == 2 and "over and over" in run.err


def test_unreadable_script_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, ".source", str(tmp_path / "none"))
    assert run.status == 2 and "cannot read" in run.err


@pytest.mark.parametrize("word", [".exit", ".quit"])
def test_exit_ends_all_scripts_with_the_vm_running(
    word: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    inner = script(tmp_path, f"info status\n{word}\nstop\n", "inner")
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", f".source {inner}", "-c", "stop")
    assert (run.status, run.out, run.err) == (0, "VM status: running\n", "")
    assert {"stop", "quit"}.isdisjoint(command["execute"] for command in peer.commands)


def test_time_is_told_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", ".time info status", "-c", "info name")
    assert run.out.splitlines() == ["VM status: running", "vm0"]
    assert run.err.count("took ") == 1 and run.err.rstrip().endswith("ms")


def test_time_of_all_lines(capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = run_lines(capfd, peer.target, lines=(".time on", "stop", "cont"))
    assert run.err.count("took ") >= 2


def test_recording_begins_and_ends_in_the_middle(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "record"
    lines = ("stop", f".record {path}", "info status", ".record off", "cont")
    with serving() as peer:
        run = run_lines(capfd, peer.target, lines=lines)
    assert run.status == 0
    sent: list[Any] = [json.loads(line)["message"] for line in path.read_text().splitlines()]
    assert [one.get("execute") for one in sent] == ["query-status", None]
    assert os.stat(path).st_mode & 0o777 == 0o600


def test_events_are_reported_from_then_on(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [*greet(), expect("query-commands"), reply([{"name": "stop"}])]
    again = [step for n in (1, 2) for step in (expect("stop"), event("STOP", {"n": n}), reply())]
    with ScriptedPeer([*steps, *again]) as peer:
        run = Run(capfd, peer.target, "-c", "stop", "-c", ".events on", "-c", "stop")
    assert "n=2" in run.err and "n=1" not in run.err


def test_jobs_are_those_of_the_vm(capfd: pytest.CaptureFixture[str]) -> None:
    answers = {"query-commands": [{"name": "query-jobs"}], "query-jobs": []}
    with ScriptedPeer([*greet(), serve(answers)]) as peer:
        run = Run(capfd, peer.target, "--json", ".jobs")
    assert run.documents() == [[]]


@pytest.mark.parametrize(
    "line", [".output xml", ".events maybe", ".explain", ".apropos", ".source", ".record", ".time", ".wait"]
)
def test_wrong_words_are_status_2(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", line)
    assert run.status == 2 and "qmonsh:" in run.err and run.out == ""


OBJECTS = [{"name": "m0", "type": "child<monitor-qmp>"}]
CHARDEVS = [{"label": "c0", "filename": "unix:/run/vm.qmp,server=on", "frontend-open": True}]


def modern(*more: Any) -> list[Any]:
    """Return the steps of a QEMU whose monitors are objects."""
    asked = [("qom-list", OBJECTS), ("query-chardev", CHARDEVS), ("qom-get", "c0")]
    return [*greet(), *(step for name, value in asked for step in (expect(name), reply(value))), *more]


def test_monitors_are_one_document(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer(modern()) as peer:
        run = Run(capfd, peer.target, "--json", ".monitor")
    assert run.documents() == [
        [{"monitor": "m0", "dialect": "qmp", "address": "unix:/run/vm.qmp", "use": "in use"}]
    ]


@pytest.mark.parametrize(
    ("line", "why"), [(".monitor x", "none of list, add, del"), (".monitor del", "name")]
)
def test_monitor_without_its_words(line: str, why: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as peer:
        run = Run(capfd, peer.target, "-c", line)
    assert run.status == 2 and why in run.err


def test_read_only_script_adds_no_monitor(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer(modern()) as peer:
        run = Run(capfd, peer.target, "--read-only", ".monitor", "add", str(tmp_path / "m"))
    assert "--read-only" in run.err and run.status == 2
    assert "chardev-add" not in [command["execute"] for command in peer.commands]
