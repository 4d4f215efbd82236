"""``qmonsh run``: a real QEMU started, spoken to, ended or left, through the real command line."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from qmonsh import connect
from qmonsh import run as run_module
from tests.real.fixtures import qemu  # noqa: F401
from tests.shell.terminal_session import TerminalSession, qmonsh

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


def assert_gone(folder: str) -> None:
    """Wait until a folder has gone, as it does after the QEMU whose socket is in it."""
    deadline = monotonic() + 60
    while os.path.lexists(folder) and monotonic() < deadline:
        sleep(0.01)
    assert not os.path.lexists(folder)


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
    [
        (["--", "/dev/null/qemu"], 3, "cannot be started"),
        ([], 2, "needs a QEMU"),
        (["--", "qemu-system-x86_64", "-daemonize"], 2, "--keep lets QEMU go on"),
    ],
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
    assert_gone(os.path.dirname(path))


def test_a_terminated_qmonsh_takes_its_qemu_along(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    pidfile = tmp_path / "pid"
    child = subprocess.Popen(
        [sys.executable, "-m", "qmonsh", "run", "--wait", "WATCHDOG", "-v", "-c", "info status"]
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


# -- in a terminal ------------------------------------------------------------------------------------


@contextmanager
def terminal(qemu: str, tmp_path: Path, *args: str) -> Iterator[tuple[TerminalSession, int]]:  # noqa: F811
    """Yield a shell on a QEMU that it has started, and the QEMU's pid; both are gone afterwards."""
    pidfile = tmp_path / "pid"
    words = qmonsh("run", *args, *machine(qemu, "-name", "run1", "-pidfile", str(pidfile)))
    with TerminalSession(words, columns=110) as session:
        session.until("run1 running>")
        pid = int(pidfile.read_text())
        try:
            yield session, pid
        finally:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


def way_back(session: TerminalSession) -> str:
    """Return the path of the socket that was said to lead back."""
    return session.screen.text.replace("\n", "").partition("come back with: qmonsh ")[2].strip()


@pytest.mark.parametrize("keys", ["n\r", "\r", "\x03", "\x04"], ids=["no", "enter", "ctrl-c", "ctrl-d"])
def test_who_does_not_say_yes_leaves_it_running(qemu: str, tmp_path: Path, keys: str) -> None:  # noqa: F811
    with terminal(qemu, tmp_path) as (session, pid):
        session.keys("\x03\x04")
        session.until("End it now?")
        session.keys(keys)
        assert session.end() == 0 and is_running(pid)
        path = way_back(session)
        with connect(path) as monitor:
            assert monitor.execute("query-status")["running"], "Ctrl-C did not reach it"
    assert_gone(os.path.dirname(path))


@pytest.mark.parametrize("args", [(), ("--kill-on-exit",)], ids=["yes", "kill-on-exit"])
def test_who_says_yes_ends_it(qemu: str, tmp_path: Path, args: tuple[str, ...]) -> None:  # noqa: F811
    with terminal(qemu, tmp_path, *args) as (session, pid):
        session.keys("\x04")
        if not args:
            session.until("End it now?")
            session.keys("y\r")
        assert session.end() == 0 and not is_running(pid)


def test_keep_does_not_ask(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    with terminal(qemu, tmp_path, "--keep") as (session, pid):
        session.keys("\x04")
        assert session.end() == 0 and is_running(pid)
        path = way_back(session)
    assert_gone(os.path.dirname(path))


def test_a_crash_is_said_with_its_signal(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    with terminal(qemu, tmp_path) as (session, pid):
        os.kill(pid, signal.SIGKILL)
        session.until("not connected>")
        session.keys("\x04")
        session.end()
        assert "killed by signal 9" in session.screen.text


def test_keep_holds_when_qmonsh_is_terminated(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    pidfile = tmp_path / "pid"
    child = subprocess.Popen(
        [sys.executable, "-m", "qmonsh", "run", "--keep", "--wait", "WATCHDOG", "-c", "info status"]
        + machine(qemu, "-pidfile", str(pidfile)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None and child.stdout.readline() == "VM status: running\n"
        child.send_signal(signal.SIGTERM)
        assert child.stderr is not None
        said = child.stderr.read()
    pid = int(pidfile.read_text())
    try:
        assert is_running(pid) and f"pid {pid}" in said
    finally:
        os.kill(pid, signal.SIGKILL)
    assert_gone(os.path.dirname(said.split()[-1]))


@pytest.mark.parametrize(
    ("typed", "is_yes"), [(b"y\n", True), (b"YES\n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)]
)
def test_the_question_has_no_for_an_answer(
    typed: bytes, is_yes: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs) as stdin:
        keyboard.write(typed)
        monkeypatch.setattr("sys.stdin", stdin)
        assert run_module.ask_on_terminal("Really?") is is_yes
    assert capsys.readouterr().err.startswith("Really? [y/N]: ")


def test_a_closed_stdin_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run_module.ask_on_terminal("Really?") is False


def test_what_run_says_is_folded_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("qmonsh.streams.columns", lambda: 40)
    run_module._say("QEMU goes on as pid 7; come back with: qmonsh /a/path")
    assert capsys.readouterr().err == "qmonsh: QEMU goes on as pid 7; come back\nwith: qmonsh /a/path\n"
