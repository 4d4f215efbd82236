"""SIGTERM and SIGHUP while qmonsh waits: the child of ``exec:`` goes too, and nohup is respected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from qmonsh import cli, one_shot
from qmonsh.signals import orderly_end, second_interrupt_ends
from tests.peer import DEADLINE, Conversation, ScriptedPeer, expect, expect_end, greet, reply

#: A monitor as a child: greets, negotiates, tells its pid in a file, and outlives its stdin.
CHILD = """
import os, signal, sys
print('{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}}, "capabilities": []}}', flush=True)
import json
print(json.dumps({"return": {}, "id": json.loads(sys.stdin.readline())["id"]}), flush=True)
sys.stdin.readline()
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()}\\n")
signal.pause()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_child_of_exec_does_not_survive(number: signal.Signals, tmp_path: Path) -> None:
    program, told = tmp_path / "child.py", tmp_path / "pid"
    program.write_text(CHILD)
    os.mkfifo(told)
    qmonsh = subprocess.Popen(
        [sys.executable, "-m", "qmonsh", f"exec:{sys.executable} {program} {told}", '{"execute": "x"}'],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    child = int(told.read_text())
    qmonsh.send_signal(number)
    _, said = qmonsh.communicate(timeout=30)
    assert qmonsh.returncode == 128 + number and b"Traceback" not in said
    assert not is_alive(child)


def test_interrupt_ends_a_script_that_keeps_going() -> None:
    reached = threading.Event()

    def stuck(conversation: Conversation) -> None:
        conversation.receive_command()
        reached.set()

    script = [*greet(), expect("query-commands"), reply([{"name": "stop"}]), stuck, expect_end()]
    with ScriptedPeer(script) as peer:
        qmonsh = subprocess.Popen(
            [sys.executable, "-m", "qmonsh", peer.target, "--keep-going", "-c", "stop", "-c", "stop"],
            stderr=subprocess.PIPE,
        )
        assert reached.wait(20)
        qmonsh.send_signal(signal.SIGINT)
        _, said = qmonsh.communicate(timeout=30)
    assert qmonsh.returncode == 130 and said.count(b"interrupted") == 1


def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with orderly_end():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            with pytest.raises(SystemExit) as ended:
                os.kill(os.getpid(), signal.SIGTERM)
                signal.pause()
        assert ended.value.code == 143 and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_interrupt_ends_a_flood_into_a_pipe_that_nobody_reads() -> None:
    full = threading.Event()
    line = b'{"event": "STOP", "data": {}, "timestamp": {"seconds": 1, "microseconds": 1}}\r\n'

    def flood(conversation: Conversation) -> None:
        conversation.receive_command()
        conversation.sock.settimeout(1)
        try:
            while True:
                conversation.send(line * 1000)
        except OSError:  # nobody takes any more
            conversation.sock.settimeout(DEADLINE)
            full.set()

    with ScriptedPeer([*greet(), flood, expect_end()]) as peer:
        qmonsh = subprocess.Popen(
            [sys.executable, "-m", "qmonsh", "--json", "--events", peer.target, '{"execute": "x"}'],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert full.wait(60)
        for _ in range(30):
            qmonsh.send_signal(signal.SIGINT)
            try:
                qmonsh.wait(1)
                break
            except subprocess.TimeoutExpired:
                continue
        ended = qmonsh.poll()
        qmonsh.kill()
        qmonsh.communicate()
    assert ended in (130, -signal.SIGINT)


@pytest.mark.parametrize(
    ("words", "is_heard_twice"),
    [
        (["x.sock", "info", "status"], False),
        (["--events", "x.sock", "info", "status"], True),
        (["x.sock", "-c", ".events on", "-c", "info status"], True),
        (["x.sock", "-f", "script"], True),
        (["x.sock"], True),  # lines from stdin
    ],
)
def test_second_interrupt_ends_whatever_may_report_events(
    words: list[str], is_heard_twice: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handled(*arguments: object) -> int:
        return 0 if signal.getsignal(signal.SIGINT) is signal.default_int_handler else 1

    monkeypatch.setattr(one_shot, "run_lines", handled)
    monkeypatch.setattr(cli, "is_interactive", lambda target, settings: False)
    assert cli.run(words) == is_heard_twice


def test_first_interrupt_is_an_interrupt_and_the_second_ends_at_once() -> None:
    with second_interrupt_ends():
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_interrupts_stay_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with second_interrupt_ends():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
