"""``qmonsh run``: a real QEMU started, spoken to, ended or left, through the real command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qmonsh import connect
from tests.real.fixtures import qemu  # noqa: F401

pytestmark = pytest.mark.real


def run(*args: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "qmonsh", "run", *args],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )


def machine(qemu: str, *more: str) -> list[str]:  # noqa: F811
    return ["--", qemu, "-M", "none", "-nodefaults", "-display", "none", *more]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_script_ends_with_qemu_gone(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    pidfile = tmp_path / "pid"
    ended = run(
        "-c", "info status", "-c", "info name", *machine(qemu, "-name", "a", "-pidfile", str(pidfile))
    )
    assert (ended.returncode, ended.stdout) == (0, "VM status: running\na\n")
    assert not pidfile.exists() or not is_running(int(pidfile.read_text()))


def test_the_arguments_are_respected(qemu: str) -> None:  # noqa: F811
    ended = run("--json", "-c", "query-status", *machine(qemu, "-S"))
    assert ended.returncode == 0 and '"prelaunch"' in ended.stdout


def test_quit_is_no_failure(qemu: str) -> None:  # noqa: F811
    assert run("-c", "quit", *machine(qemu)).returncode == 0


def test_an_early_death_has_its_last_words_and_status(qemu: str) -> None:  # noqa: F811
    ended = run("-c", "info status", "--", qemu, "-M", "nosuchmachine")
    assert ended.returncode == 3 and ended.stdout == ""
    assert "ended with status 1" in ended.stderr and "unsupported machine" in ended.stderr
    assert "qemu: " in ended.stderr, "what QEMU prints is shown as QEMU's"


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [(["--", "/nonexistent/qemu"], 3, "cannot be started"), ([], 2, "needs a QEMU")],
)
def test_what_cannot_be_started_is_said(args: list[str], status: int, words: str) -> None:
    ended = run("-c", "info status", *args)
    assert ended.returncode == status and words in ended.stderr and "Traceback" not in ended.stderr


def test_keep_leaves_it_running_with_a_way_back(qemu: str) -> None:  # noqa: F811
    ended = run("--keep", "-c", "info status", *machine(qemu))
    words = ended.stderr.split()
    pid, path = int(words[words.index("pid") + 1].rstrip(";")), words[-1]
    try:
        assert is_running(pid) and os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
        with connect(path) as monitor:
            assert monitor.execute("query-status")["running"]
    finally:
        os.kill(pid, signal.SIGKILL)
        os.unlink(path)
        os.rmdir(os.path.dirname(path))


def test_a_terminated_qmonsh_takes_its_qemu_along(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    pidfile = tmp_path / "pid"
    child = subprocess.Popen(
        [sys.executable, "-m", "qmonsh", "run", "--wait", "NEVER", "-v", "-c", "info status"]
        + machine(qemu, "-pidfile", str(pidfile)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "VM status: running\n"
        pid = int(pidfile.read_text())
        child.send_signal(signal.SIGTERM)
    assert child.returncode == 128 + signal.SIGTERM and not is_running(pid)
