"""100,000 events: none is lost and none changes its place, whoever reads and however slow the output is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from qmonsh import connect
from qmonsh.wire.message import Event, Message
from tests.peer import Conversation, ScriptedPeer, Step, expect_end, greet

CHECKOUT = Path(__file__).resolve().parent.parent
MANY = 100_000
DEADLINE = 120


def flood(first: int, last: int) -> bytes:
    """Return the numbered events as QEMU sends them, in one piece."""
    stamp = '"timestamp": {"seconds": 1700000000, "microseconds": 5}'
    return "".join(
        f'{{{stamp}, "event": "E", "data": {{"n": {number}}}}}\r\n' for number in range(first, last)
    ).encode()


def flood_among_commands(commands: int, each: int) -> Step:
    """Send events before, while and after each command is answered."""

    def step(conversation: Conversation) -> None:
        sent = 0
        for _ in range(commands):
            conversation.send(flood(sent, sent + each // 2))
            conversation.receive_command()
            conversation.reply(sent)
            conversation.send(flood(sent + each // 2, sent + each))
            sent += each

    return step


def send_flood(conversation: Conversation, many: int = MANY) -> None:
    for first in range(0, many, 1000):  # each piece has a deadline of its own
        conversation.send(flood(first, first + 1000))


class Counter:
    """Takes events; tells when all have come, and whether each came in its place."""

    def __init__(self) -> None:
        self.count = 0
        self.in_order = True
        self.all = threading.Event()

    def __call__(self, message: Message) -> None:
        if isinstance(message, Event):
            self.in_order = self.in_order and message.data["n"] == self.count
            self.count += 1
            if self.count == MANY:
                self.all.set()


@pytest.mark.long
def test_no_event_is_lost_among_commands_of_the_main_thread() -> None:
    counter = Counter()
    with ScriptedPeer([*greet(), flood_among_commands(200, MANY // 200), expect_end()]) as peer:
        with connect(peer.target, observers=(counter,)) as monitor:
            answers = [monitor.execute("x") for _ in range(200)]
            assert counter.all.wait(DEADLINE)
    assert answers == list(range(0, MANY, MANY // 200))
    assert (counter.count, counter.in_order) == (MANY, True)


def test_no_event_is_lost_among_commands_of_several_threads() -> None:
    counter = Counter()
    answers: list[int] = []
    with ScriptedPeer([*greet(), flood_among_commands(200, MANY // 200), expect_end()]) as peer:
        with connect(peer.target, observers=(counter,)) as monitor:

            def run() -> None:
                answers.extend(monitor.execute("x") for _ in range(50))

            threads = [threading.Thread(target=run) for _ in range(3)]
            for thread in threads:
                thread.start()
            run()
            for thread in threads:
                thread.join()
            assert counter.all.wait(DEADLINE)
    assert sorted(answers) == list(range(0, MANY, MANY // 200))
    assert (counter.count, counter.in_order) == (MANY, True)


@pytest.mark.long
def test_no_event_is_lost_when_nobody_waits_for_anything() -> None:
    counter = Counter()
    with ScriptedPeer([*greet(), send_flood, expect_end()]) as peer:
        with connect(peer.target, observers=(counter,)):
            assert counter.all.wait(DEADLINE)
    assert (counter.count, counter.in_order) == (MANY, True)


def qmonsh(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "qmonsh", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )


def flood_before_the_reply(many: int) -> Step:
    def step(conversation: Conversation) -> None:
        conversation.receive_command()
        send_flood(conversation, many)
        conversation.reply("done")

    return step


def flood_without_end(conversation: Conversation) -> None:
    conversation.receive_command()
    with suppress(BrokenPipeError, ConnectionResetError):  # the test has it leave
        while True:
            send_flood(conversation, 1000)


@pytest.mark.parametrize("many", [20_000, pytest.param(MANY, marks=pytest.mark.long)])
def test_all_events_are_printed_before_the_reply_that_follows_them_to_a_slow_reader(many: int) -> None:
    with ScriptedPeer([*greet(), flood_before_the_reply(many), expect_end()]) as peer:
        with qmonsh("--json", "--events", peer.target, '{"execute": "x"}') as child:
            assert child.stdout is not None and child.stderr is not None
            output = b"".join(iter(lambda: os.read(child.stdout.fileno(), 4096), b""))
            complaints = child.stderr.read()
    assert (child.returncode, complaints) == (0, b"")
    *events, answer = map(json.loads, output.splitlines())
    assert answer == "done"
    assert [event["data"]["n"] for event in events] == list(range(many))


def test_a_reader_that_leaves_in_a_flood_ends_it_without_a_word() -> None:
    """The reply would never come; what was sent has an outcome that nobody knows, as after Ctrl-C."""
    with ScriptedPeer([*greet(), flood_without_end]) as peer:
        with qmonsh("--json", "--events", peer.target, '{"execute": "x"}') as child:
            assert child.stdout is not None and child.stderr is not None
            first = child.stdout.readline()
            child.stdout.close()
            complaints = child.stderr.read()
            child.wait(DEADLINE)
    assert json.loads(first)["data"] == {"n": 0}
    assert (child.returncode, complaints) == (130, b"")


def test_a_flood_that_is_not_shown_takes_no_memory() -> None:
    program = """
import sys
from qmonsh import connect
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
with connect(sys.argv[1]) as monitor:
    before = peak()
    monitor.execute("x")
    print(peak() - before)
"""
    with ScriptedPeer([*greet(), flood_before_the_reply(MANY), expect_end()]) as peer:
        done = subprocess.run(
            [sys.executable, "-c", program, peer.target],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            timeout=DEADLINE,
        )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 4000, "KiB, of 9 MB that came"
