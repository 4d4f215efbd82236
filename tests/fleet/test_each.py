"""``qmonsh each``: the line on many monitors, none of which delays another."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from qmonsh.cli import main
from qmonsh.errors import CommandError
from qmonsh.fleet import each, places
from qmonsh.fleet.each import drive
from qmonsh.fleet.report import CLEAR_LINE
from tests.peer import (
    ScriptedPeer,
    Step,
    close,
    event,
    expect,
    expect_end,
    greet,
    refuse,
    reply,
    send,
    serve,
    wait,
)
from tests.peer import signal as tell
from tests.real import machine as real

CHECKOUT = Path(__file__).resolve().parents[2]
RUNNING = {"status": "running", "running": True, "singlestep": False}
COMMANDS = [{"name": name} for name in ("query-commands", "query-status", "stop", "query-migrate", "migrate")]
ANSWERS = {"query-commands": COMMANDS, "query-status": RUNNING}
STATUS = [*greet(), serve(ANSWERS)]
FROZEN: list[Step] = [expect_end()]
KNOWN = [*greet(), expect("query-commands"), reply(COMMANDS)]


class Run:
    """Runs ``each`` over scripted peers and keeps status, output, and the commands each peer got."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *words: str, on: list[list[Step]]) -> None:
        at = words.index("--")
        with ExitStack() as stack:
            self.peers = [stack.enter_context(ScriptedPeer(script)) for script in on]
            who = [peer.path for peer in self.peers]
            with pytest.raises(SystemExit) as ended:
                main(["each", *words[:at], *who, *words[at:]])
        self.status = ended.value.code or 0
        self.out, self.err = capfd.readouterr()
        for number, path in enumerate(who):
            self.out, self.err = self.out.replace(path, f"p{number}"), self.err.replace(path, f"p{number}")

    def commands(self, number: int) -> list[str]:
        return [command["execute"] for command in self.peers[number].commands]


def test_every_monitor_gets_the_line_once(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--", "info", "status", on=[STATUS] * 5)
    assert (run.status, run.err) == (0, "")
    assert run.out.count("VM status: running") == 1 or run.out.count("\n") == 1
    for number in range(5):
        assert run.commands(number) == ["qmp_capabilities", "query-commands", "query-status"]


def test_more_frozen_monitors_than_places_delay_nobody(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(each, "MOST_AT_A_TIME", 2)
    monkeypatch.setattr(places, "PATIENCE", 0.02)
    words = ("--json", "--connect-timeout", "1.5", "--", "query-status")
    run = Run(capfd, *words, on=[*[FROZEN] * 4, STATUS, STATUS])
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert [line["target"] for line in lines[:2]] in (["p4", "p5"], ["p5", "p4"])
    assert all("return" in line for line in lines[:2])
    assert {line["error"]["class"] for line in lines[2:]} == {"ConnectError"}
    assert len(lines) == 6 and run.status == 3


def test_the_worst_status_counts_and_each_failure_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    scripts: list[list[Step]] = [
        [*KNOWN, expect("stop"), reply()],
        [*KNOWN, expect("stop"), refuse("no")],
        [*KNOWN, expect("stop"), close()],
        [*KNOWN, expect("stop"), expect_end()],
        [send("SSH-2.0-x\r\n"), expect_end()],
    ]
    run = Run(capfd, "-t", "0.5", "--", "stop", on=scripts)
    assert run.status == 4
    assert run.out == "p0: done\n"
    said = run.err.splitlines()
    assert said[0] == "p1: Error: no [GenericError]"
    assert said[1].startswith("p2: the connection was lost") and "outcome of 'stop' is unknown" in said[1]
    assert said[2].startswith("p3: no answer to stop within 0.5 s")
    assert said[3].startswith("p4: cannot connect")
    assert said[-1] == "qmonsh: 4 of 5 failed"
    for number in range(4):
        assert run.commands(number).count("stop") == 1


def test_what_is_lost_before_the_line_was_sent_has_no_unknown_outcome(
    capfd: pytest.CaptureFixture[str],
) -> None:
    run = Run(capfd, "--", "stop", on=[[*greet(), expect("query-commands"), close()]])
    assert run.status == 3
    assert "the connection was lost" in run.err and "unknown" not in run.err


def test_a_line_that_nobody_understands_is_said_once(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--", '{"execute":', on=[[*greet(), expect_end()]] * 2)
    assert (run.status, run.out) == (2, "")
    assert run.err.count("^") == 1


def test_read_only_sends_nothing_that_acts(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--read-only", "--json", "--", "stop", on=[STATUS])
    assert run.status == 2 and "stop" not in run.commands(0)
    assert json.loads(run.out)["error"]["class"] == "RefusedError"


def test_explain_sends_nothing_that_acts(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "-n", "--", "stop", on=[STATUS])
    assert (run.status, run.out) == (0, 'p0: {"execute": "stop"}\n')
    assert "stop" not in run.commands(0)


def test_verbose_and_events_name_the_monitor(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*greet(), expect("stop"), event("STOP"), reply()]
    run = Run(capfd, "-v", "--events", "--", '{"execute": "stop", "id": 7}', on=[script])
    assert 'qmonsh: p0 -> {"execute": "stop"}' in run.err
    assert any(line.startswith("p0: ") and "STOP" in line for line in run.err.splitlines())


def test_events_are_documents_with_json(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*KNOWN, expect("stop"), event("STOP"), reply()]
    run = Run(capfd, "--json", "--events", "--", "stop", on=[script])
    first, second = (json.loads(line) for line in run.out.splitlines())
    assert (first["target"], first["event"]) == ("p0", "STOP")
    assert second == {"target": "p0", "return": {}}


def test_quit_succeeds_when_the_stream_ends(capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--yes", "--", '{"execute": "quit"}', on=[[*greet(), expect("quit"), close()]])
    assert run.status == 0
    commands = [*COMMANDS, {"name": "quit"}]
    script = [*greet(), expect("query-commands"), reply(commands), expect("quit"), close()]
    assert Run(capfd, "-y", "--", "quit", on=[script]).status == 0


def test_what_hmp_waits_for_is_waited_for(capfd: pytest.CaptureFixture[str]) -> None:
    script = [
        *KNOWN, expect("migrate"), reply(), expect("query-migrate"), reply({"status": "active"}),
        event("MIGRATION", {"status": "failed"}), expect("query-migrate"),
        reply({"status": "failed", "error-desc": "no room"}), expect_end(),
    ]  # fmt: skip
    run = Run(capfd, "--", "migrate", "tcp:127.0.0.1:9", on=[script])
    assert run.status == 1 and "no room" in run.err


def test_output_goes_where_the_line_says(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "out"
    run = Run(capfd, "--", f"info status > {path}", on=[STATUS] * 2)
    assert (run.status, run.out) == (0, "")
    assert "VM status: running" in path.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ["--", "stop"],
        ["vm"],
        ["vm", "--"],
        ["vm", "-c", "stop", "--", "stop"],
        ["vm", "-f", "x", "--", "stop"],
        ["vm", "--wait", "STOP", "--", "stop"],
        ["vm", "--record", "x", "--", "stop"],
        ["vm", "--dialect", "agent", "--", "stop"],
    ],
)
def test_what_each_cannot_do_is_said(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["each", *words])
    assert ended.value.code == 2
    assert "each" in capfd.readouterr().err


def test_a_closed_stdout_ends_it_silently() -> None:
    with ScriptedPeer(STATUS) as peer:
        words = [sys.executable, "-m", "qmonsh", "each", "--json", peer.path, "--", "query-status"]
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        said = child.stderr.read()
        child.stderr.close()
        assert (child.wait(30), said) == (0, b"")


def test_an_interrupt_says_what_is_in_flight_and_prints_what_came() -> None:
    # The quick one is left by us when its answer is in; then only the slow one is waited for.
    done, begun = Event(), Event()
    quick_script = [*KNOWN, expect("stop"), reply(), expect_end(), tell(done)]
    slow_script = [*KNOWN, expect("stop"), tell(begun), expect_end()]
    with ScriptedPeer(quick_script) as quick, ScriptedPeer(slow_script) as slow:
        words = [sys.executable, "-m", "qmonsh", "each", "-o", "text", quick.path, slow.path, "--", "stop"]
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.wait(30) and begun.wait(30)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert out.decode() == f"{quick.path}: done\n"
    assert f"{slow.path}: interrupted: stopped waiting for 'stop'" in err.decode()


def test_progress_is_shown_on_a_terminal_while_it_runs() -> None:
    go = Event()
    ours, theirs = pty.openpty()
    known = [*KNOWN, expect("stop")]
    with ScriptedPeer([*known, reply()]) as quick, ScriptedPeer([*known, wait(go), reply()]) as slow:
        words = [sys.executable, "-m", "qmonsh", "each", quick.path, slow.path, "--", "stop"]
        child = subprocess.Popen(
            words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
        )
        os.close(theirs)
        assert child.stdout is not None
        try:
            seen = read_until(ours, b"1 of 2 done, waiting for")
            go.set()
            seen += read_until(ours, b"")
            assert (child.wait(30), seen.count(b"\n")) == (0, 0)
            assert seen.endswith(CLEAR_LINE.encode()) and b"done" in child.stdout.read()
        finally:
            go.set()
            child.kill()
            child.communicate()
            os.close(ours)


def read_until(fd: int, wanted: bytes) -> bytes:
    """Return what a terminal shows up to ``wanted``, or up to the end for b""."""
    seen = b""
    while not wanted or wanted not in seen:
        assert select.select([fd], [], [], 60)[0], seen
        try:
            data = os.read(fd, 4096)
        except OSError:  # the other side of the terminal has gone
            return seen
        seen += data
    return seen


def test_an_interrupted_question_of_ours_is_not_the_line() -> None:
    begun = Event()
    with ScriptedPeer([*greet(), expect("query-commands"), tell(begun), expect_end()]) as slow:
        words = [sys.executable, "-m", "qmonsh", "each", slow.path, "--", "stop"]
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert begun.wait(30)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.decode().startswith(f"{slow.path}: interrupted\n")


def test_drive_throws_failures_into_the_generator() -> None:
    def steps() -> Any:
        try:
            yield 1
        except CommandError:
            return (yield 2)

    async def answer(need: int) -> int:
        if need == 1:
            raise CommandError("GenericError", "no")
        return need * 10

    assert asyncio.run(drive(steps(), answer)) == 20


@pytest.fixture
def vms() -> Iterator[list[real.VM]]:
    qemu = real.system_qemu()
    if not qemu:
        pytest.skip("no QEMU on this machine")
    with ExitStack() as stack:
        found = []
        for number, kind in enumerate(["qmp-unix", "hmp-unix", "pretty-unix", "qmp-tcp"]):
            vm = real.VM(qemu, "-name", f"qmonsh-each-{number}", monitor=kind, machine="none")
            stack.callback(vm.close)
            found.append(vm)
        yield found


@pytest.mark.real
def test_monitors_of_all_kinds_answer_alike(
    vms: list[real.VM], capfd: pytest.CaptureFixture[str]
) -> None:
    # By name all but the last: a port that QEMU inherited as a descriptor is not seen from outside.
    for who in (["qmonsh-each-[012]"], ["qmonsh-each-[0-2]"], [vm.target for vm in vms]):
        with pytest.raises(SystemExit) as ended:
            main(["each", "--json", *who, "--", "info", "status"])
        out, err = capfd.readouterr()
        assert (ended.value.code, err) == (0, "")
        answers = [json.loads(line)["return"] for line in out.splitlines()]
        texts = [answer if isinstance(answer, str) else answer["status"] for answer in answers]
        assert len(texts) == (4 if len(who) > 1 else 3)
        assert all("prelaunch" in text for text in texts)
