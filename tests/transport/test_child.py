"""A child's stdin and stdout as a monitor; its end, and what it says then."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import Target, parse_target
from qmonsh.transport import child as child_module
from qmonsh.transport.child import TAIL, ChildTransport, start_child
from tests.transport.probe import (
    DEADLINE,
    check_close_ends_read,
    descriptors,
    receive_all,
    until,
)


def python(script: str) -> Target:
    """Return the target of a Python script."""
    return Target("exec", "exec:python -c ...", words=(sys.executable, "-c", script))


def start(script: str) -> ChildTransport:
    return start_child(python(script))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_child_is_spoken_to_and_ends_with_the_transport() -> None:
    before, threads = descriptors(), threading.active_count()
    transport = start_child(parse_target("exec:cat"))
    transport.write(b"abc")
    assert transport.read() == b"abc"
    pid = transport.peer_pid
    transport.close()
    assert is_gone(pid)
    assert transport.read() == b""
    transport.close()
    assert (descriptors(), threading.active_count()) == (before, threads)


def test_words_are_given_to_no_shell() -> None:
    transport = start_child(parse_target("exec:printf '%s' '$HOME | x'"))
    assert receive_all(transport.read, 99) == b"$HOME | x"
    transport.close()


def test_big_traffic_both_ways() -> None:
    transport = start_child(parse_target("exec:cat"))
    data = bytes(range(256)) * 8000
    writing = threading.Thread(target=transport.write, args=(data,))
    writing.start()
    assert receive_all(transport.read, len(data)) == data
    writing.join()
    transport.close()


def test_child_that_ignores_the_end_of_stdin_is_terminated() -> None:
    transport = start("import os, time; os.write(1, b'x'); time.sleep(1000)")
    transport.read()
    transport.close()
    assert transport.last_words() == "the command was ended by SIGTERM"


def test_child_that_ignores_everything_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "GRACE_TERM", 0.05)
    transport = start(
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); os.write(1, b'x'); time.sleep(1000)"
    )
    transport.read()
    transport.close()
    assert transport.last_words() == "the command was ended by SIGKILL"


def test_stopped_child_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "GRACE_TERM", 0.05)
    transport = start("import os, time; os.write(1, b'x'); time.sleep(1000)")
    transport.read()
    os.kill(transport.peer_pid, signal.SIGSTOP)
    transport.close()
    assert is_gone(transport.peer_pid)


def test_grandchildren_end_too() -> None:
    transport = start(
        "import os, subprocess; c = subprocess.Popen(['sleep', '1000']); os.write(1, b'%d' % c.pid); c.wait()"
    )
    grandchild = int(transport.read())
    transport.close()
    until(lambda: is_gone(grandchild), "the grandchild ends")


def test_interrupt_typed_for_us_does_not_reach_the_child() -> None:
    transport = start("import os; os.write(1, b'%d %d' % (os.getpgrp(), os.getsid(0))); input()")
    assert {int(word) for word in transport.read().split()} == {transport.peer_pid}
    transport.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "the command ended with status 0"),
        ("raise SystemExit(3)", "the command ended with status 3"),
        (
            "import sys; sys.exit('no such domain')",
            "the command ended with status 1; it said: no such domain",
        ),
        ("import os; os.kill(os.getpid(), 9)", "the command was ended by SIGKILL"),
        ("import os; os.kill(os.getpid(), 40)", "the command was ended by signal 40"),
        ("import os; os.write(2, b'\\xff\\n')", "the command ended with status 0; it said: �"),
    ],
)
def test_last_words_tell_how_it_ended(script: str, words: str) -> None:
    transport = start(script)
    assert transport.read() == b""
    assert transport.last_words() == words
    transport.close()


def test_last_words_of_a_running_child_are_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "GRACE_WORDS", 0.0)
    transport = start("import os; os.write(2, b'warning'); os.close(1); input()")
    assert transport.read() == b""
    until(lambda: transport.last_words() == "it said: warning" or transport.last_words() == "warning")
    transport.close()


def test_long_stderr_neither_blocks_nor_grows() -> None:
    transport = start("import os; os.write(2, b'x' * 5_000_000 + b'the end'); os.write(1, b'ok')")
    assert transport.read() == b"ok"
    said = transport.last_words()
    assert said.endswith("xthe end")
    assert len(said) <= TAIL + 100
    transport.close()


def test_stderr_held_by_a_grandchild_does_not_hold_us() -> None:
    script = (
        "import os, subprocess; c = subprocess.Popen(['sleep', '1000'], start_new_session=True);"
        "os.write(1, b'%d' % c.pid)"
    )
    before = descriptors()
    transport = start(script)
    grandchild = int(transport.read())
    transport.close()
    assert descriptors() == before
    os.kill(grandchild, signal.SIGKILL)


def test_close_ends_a_blocked_read() -> None:
    transport = start_child(parse_target("exec:cat"))
    check_close_ends_read(transport)


def test_write_to_a_child_that_ended_is_a_lost_connection() -> None:
    transport = start("")
    assert transport.last_words() == "the command ended with status 0"
    with pytest.raises(ConnectionLostError):
        transport.write(b"x")
    transport.close()


@pytest.mark.parametrize(
    ("command", "cause", "advice"),
    [
        ("no-such-command-here x", "no-such-command", "check the command"),
        ("no-such-command-here | x", "no-such-command", "exec:sh -c"),
        ("/", "permission", "check the command"),
    ],
)
def test_command_that_does_not_start_is_said(command: str, cause: str, advice: str) -> None:
    before = descriptors()
    with pytest.raises(ConnectError) as caught:
        start_child(parse_target(f"exec:{command}"))
    assert caught.value.cause == cause
    assert advice in caught.value.advice
    assert descriptors() == before


@pytest.mark.parametrize(("mode", "cause"), [(0o644, "permission"), (0o755, "failed")])
def test_file_that_is_no_program_is_said(tmp_path: Path, mode: int, cause: str) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\0\1\2")
    program.chmod(mode)
    with pytest.raises(ConnectError) as caught:
        start_child(parse_target(f"exec:{program}"))
    assert caught.value.cause == cause


def test_child_ends_when_the_interpreter_does() -> None:
    """A script that never calls close() leaves no QEMU behind."""
    import subprocess

    script = (
        "from qmonsh.target import parse_target\n"
        "from qmonsh.transport.child import start_child\n"
        "print(start_child(parse_target('exec:sleep 1000')).peer_pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        cwd=Path(__file__).resolve().parents[2],
        timeout=DEADLINE,
    )
    until(lambda: is_gone(int(done.stdout)), "the child ends")
