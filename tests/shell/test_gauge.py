"""How much QEMU has written or read, seen from outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.shell import gauge
from qmonsh.shell.gauge import Gauge, memory_in_use
from qmonsh.shell.silent_work import READING, WRITING, silent_work
from tests.real.machine import VM
from tests.shell.kit import FakeMonitor, ShellKit, shell_on

HERE = os.getpid()
NOBODY = 2**22 + 1  # beyond the largest pid
BLOCK = os.urandom(1 << 20)  # a file system that compresses would need no room for less


def grow(path: Path, data: bytes = BLOCK) -> None:
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def test_growth_of_files_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    path.write_bytes(b"")
    seen = Gauge(NOBODY, WRITING, [str(path)])
    assert seen.moved() == 0
    grow(path)
    moved = seen.moved()
    assert moved is not None and moved >= len(BLOCK), "some file systems give more room than is asked for"


def test_file_is_named_as_the_process_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "disk.qcow2"
    path.write_bytes(b"")
    seen = Gauge(HERE, WRITING, ["file:disk.qcow2", 'json:{"driver":"nbd"}', "nbd://host/x", ""])
    grow(path)
    moved = seen.moved()
    assert moved is not None and moved >= len(BLOCK)


def test_what_a_process_reads_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(BLOCK)
    seen = Gauge(HERE, READING, [])
    if seen.moved() is None:
        pytest.skip("this kernel does not count what a process reads")
    path.read_bytes()
    moved = seen.moved()
    assert moved is not None and moved >= len(BLOCK)


def test_what_is_hidden_is_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "disk.qcow2"
    assert Gauge(NOBODY, WRITING, []).moved() is None
    assert Gauge(NOBODY, READING, [str(path)]).moved() is None
    assert Gauge(NOBODY, WRITING, ["relative.qcow2"]).moved() is None
    path.write_bytes(b"")
    seen = Gauge(NOBODY, WRITING, [str(path)])
    path.unlink()
    assert seen.moved() is None


def test_memory_in_use_is_that_of_the_process() -> None:
    assert 1 << 20 < memory_in_use(HERE) < 1 << 40
    assert memory_in_use(NOBODY) == 0


# -- in the shell --------------------------------------------------------------------------------------

MIB = 1 << 20


def answers(path: Path) -> dict[str, Any]:
    drive = {"device": "d0", "inserted": {"ro": False, "file": str(path), "image": {}}}
    return {
        "query-block": [drive],
        "query-memory-size-summary": {"base-memory": 64 * MIB, "plugged-memory": 0},
        "query-commands": [
            {"name": name}
            for name in ("human-monitor-command", "query-block", "query-memory-size-summary", "query-status")
        ],
    }


def saving(monitor: FakeMonitor, kit: ShellKit) -> bool:
    """Return whether savevm has come; from then on it is held."""
    sent = [(one.get("arguments") or {}).get("command-line") for one in monitor.peer.commands]
    return "savevm a" in sent


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A monitor that does not answer ``savevm`` before ``go`` is set, and the disk it writes to."""
    path, go = tmp_path / "disk.qcow2", threading.Event()
    path.write_bytes(b"")
    monkeypatch.setattr(gauge, "AGAIN", 0.005)

    def human(command: dict[str, Any]) -> str:
        if command["arguments"]["command-line"].startswith("savevm"):
            assert go.wait(10)
        return ""

    with FakeMonitor({**answers(path), "human-monitor-command": human}) as monitor, shell_on(monitor) as kit:
        # Not the process that these tests run in, which writes, too.
        monkeypatch.setattr(gauge, "_process", lambda connection: NOBODY)
        try:
            yield monitor, kit, path, go
        finally:
            go.set()


def test_savevm_shows_what_is_written(held: Any) -> None:
    monitor, kit, path, go = held
    grow(path)

    def has_grown() -> bool:
        if saving(monitor, kit) and path.stat().st_size == MIB:
            grow(path)
        return re.search(r"savevm:  \[.*[1-9][\d.]* MiB of at most 64\.0 MiB", kit.text) is not None

    text = kit.do_and("savevm a", has_grown, go.set)
    assert text.endswith("\r\x1b[K"), "the bar is taken away"
    assert monitor.names().count("query-memory-size-summary") == 1, "asked once"


def test_ctrl_c_before_the_command_was_sent_sends_nothing(held: Any) -> None:
    monitor, kit, _, _ = held
    monitor.stuck = {"query-memory-size-summary"}
    asked = "query-memory-size-summary"
    text = kit.do_and("savevm a", lambda: asked in monitor.names(), kit.shell.waiting.interrupt)
    assert "savevm a" in text and "interrupted" in text and not saving(monitor, kit)
    monitor.release()


def test_questions_that_are_not_answered_do_not_keep_the_command(
    held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, kit, _, go = held
    monkeypatch.setattr(gauge, "PATIENCE", 0.02)
    monitor.stuck = {"query-memory-size-summary"}
    kit.do_and("savevm a", lambda: saving(monitor, kit), go.set)
    monitor.release()


def test_nothing_is_asked_nor_shown_where_qemu_is_not_here(
    held: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor, kit, _, go = held
    monkeypatch.setattr(gauge, "_process", lambda connection: None)
    text = kit.do_and("savevm a", lambda: saving(monitor, kit), go.set)
    assert "query-memory-size-summary" not in monitor.names() and " of at most " not in text


def test_other_commands_ask_nothing(held: Any) -> None:
    monitor, kit, _, _ = held
    kit.do("info status")
    assert "query-memory-size-summary" not in monitor.names()


# -- on a real QEMU ------------------------------------------------------------------------------------


def moves(monitor: Any, line: str) -> tuple[int, int, int]:
    """Carry a line out; returns the most that it was said to move, what was seen, what is in use."""
    step = Step("human-monitor-command", {"command-line": line})
    plan = Plan(line, line.split()[0], Way.PASSTHROUGH, (step,))
    work, pid = silent_work(plan), gauge._process(monitor)
    assert work is not None and pid is not None
    estimate = work.estimate(plan, gauge._ask(work, plan, monitor))
    seen, in_use = Gauge(pid, work.doing, estimate.files), memory_in_use(pid)
    assert monitor.human(line) == ""
    moved = seen.moved()
    if moved is None:
        pytest.skip("this host does not show what a process moves")
    return estimate.total, moved, in_use


def test_what_a_real_qemu_moves_is_seen_and_foretold(vm: Callable[..., VM], tmp_path: Path) -> None:
    program = shutil.which("qemu-img")
    if program is None:
        pytest.skip("qemu-img is not installed")
    disk, noise = str(tmp_path / "disk.qcow2"), tmp_path / "noise"
    subprocess.run([program, "create", "-q", "-f", "qcow2", disk, "1M"], check=True)
    noise.write_bytes(os.urandom(24 * MIB))
    machine = vm(
        *("-drive", f"if=none,id=d0,format=qcow2,file={disk}", "-device", "virtio-blk-pci,drive=d0"),
        *("-device", f"loader,file={noise},addr=0x1000000,force-raw=on"),
    )
    with connect(machine.target) as monitor:
        assert gauge._process(monitor) == machine.pid
        bound, moved, in_use = moves(monitor, "savevm a")
        assert bound == 64 * MIB and 24 * MIB <= moved < 200 * MIB and in_use > 24 * MIB
        total, moved, _ = moves(monitor, "loadvm a")
        assert 24 * MIB < total < 64 * MIB and total * 0.9 < moved < total * 1.2
