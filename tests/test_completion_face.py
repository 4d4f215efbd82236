"""``--complete`` as other shells call it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qmonsh.complete.candidate import Candidate, Completion
from qmonsh.completion_face import print_candidates, print_targets, rows, word_start
from qmonsh.errors import UsageError
from qmonsh.settings import Settings
from qmonsh.target import Target, parse_target
from tests.conftest import CHECKOUT
from tests.peer import ScriptedPeer, greet, serve, wait
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.real.machine import VM

HELP = "stop|s  -- stop emulation\nsystem_reset  -- reset\n"


def answer(command: dict[str, Any]) -> Any:
    lines = {"help": HELP, "help info": "info kvm  -- show KVM\r\n"}
    if command["execute"] == "query-commands":
        return [{"name": "query-commands"}, {"name": "human-monitor-command"}]
    return lines.get(command.get("arguments", {}).get("command-line", ""), "")


def test_candidates_are_whole_words_with_what_they_are() -> None:
    found = Completion(26, (Candidate("mac", "str", "key", "="), Candidate("mq", "", "key", "=")))
    assert list(rows("device_add virtio-net-pci,m", found)) == [
        "virtio-net-pci,mac=\tstr",
        "virtio-net-pci,mq=",
    ]


def test_only_suffixes_of_the_word_are_printed() -> None:
    found = Completion(
        0, (Candidate("stop", "x", suffix=" "), Candidate("/a", suffix="/"), Candidate("u", suffix=","))
    )
    assert list(rows("", found)) == ["stop\tx", "/a/", "u"]


def test_hostile_names_are_left_out_and_hostile_words_made_visible() -> None:
    found = Completion(0, (Candidate("a\x1b[31m"), Candidate("b\tc"), Candidate("d", "x\x1b]0;t\x07\ny\tz")))
    printed = list(rows("", found))
    assert len(printed) == 1 and printed[0].startswith("d\t") and printed[0].count("\t") == 1
    assert printed[0].isprintable() or printed[0].replace("\t", "").isprintable()


@pytest.mark.parametrize(
    ("line", "at", "start"), [("a b", 3, 2), ("ab", 2, 0), ("a  ", 3, 3), ("a b,c=d", 7, 2)]
)
def test_word_start(line: str, at: int, start: int) -> None:
    assert word_start(line, at) == start


def printed(
    peer: str | Callable[[], Target], line: str, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    find = (lambda: parse_target(peer)) if isinstance(peer, str) else peer
    status = print_candidates(find, line, Settings())
    out, err = capsys.readouterr()
    assert err == ""
    return status, out.splitlines()


def test_candidates_from_a_monitor(capsys: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*greet(), serve(answer)]) as peer:
        found = printed(peer.target, "s", capsys)
    # What is typed whole comes first.
    rest = ["stop\tstop emulation", "system_reset\treset"]
    assert found == (0, ["s\talias of stop, stop emulation", *rest])


def test_a_dead_target_gives_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert printed(str(tmp_path / "no.sock"), "info ", capsys) == (3, [])


def test_a_busy_target_gives_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import threading

    done = threading.Event()
    with ScriptedPeer([wait(done)]) as peer:
        try:
            assert printed(peer.target, "info ", capsys) == (3, [])
        finally:
            done.set()


def test_a_target_that_cannot_be_found_gives_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def find() -> Target:
        raise UsageError("no TARGET")

    assert printed(find, "info ", capsys) == (2, [])


@pytest.mark.parametrize("target", ["exec:touch started", "stdio", "fd:0", "ssh://localhost/x.sock"])
def test_tab_starts_nothing(
    target: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert printed(target, "info ", capsys) == (0, [])
    assert os.listdir(tmp_path) == []


def test_configured_names_are_targets(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_targets("we", Settings(targets={"web": "host:4444", "db": "host:4445"})) == 0
    assert "web\thost:4444" in capsys.readouterr().out.splitlines()


@pytest.mark.real
def test_the_command_line_prints_candidates_and_targets(vm: Callable[..., VM]) -> None:
    machine = vm("-name", "face-test", "-netdev", "user,id=lan0")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qmonsh", *words],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=CHECKOUT,
            check=False,
        )

    done = run(machine.path, "--complete", "device_add virtio-net-pci,netdev=")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "virtio-net-pci,netdev=lan0\tuser, 10.0.2.0, free\n"
    done = run(machine.path, "--complete", "--wait JOB_S")
    assert done.stdout == "JOB_STATUS_CHANGE\tid status\n"
    done = run("--complete-target", "face")
    assert done.stdout.startswith("face-test\t") and done.stderr == ""
    done = run(machine.path + ".gone", "--complete", "info ")
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")
