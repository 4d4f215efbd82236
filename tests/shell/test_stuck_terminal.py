"""A terminal that takes nothing for a while (a slow line, Ctrl-S) in a flood of events: nothing is lost."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

import pytest

from tests.shell.kit import FakeMonitor
from tests.shell.terminal_session import DEADLINE, TerminalSession, qmonsh

#: Events of ever other names, so that their lines are more than a pseudo-terminal holds (64 KiB).
NAMES, TEXT = 150, "x" * 600
MANY = 10_000
#: Bytes that the shell may take while it cannot write: far less than what comes.
MOST_GROWTH = 12 << 20


@contextmanager
def flood(monitor: FakeMonitor, session: TerminalSession) -> Iterator[None]:
    """Send many events in a thread, as fast as the shell takes them; all have been taken at the end.

    Nothing else can be sent meanwhile: the shell may have to wait for the terminal.
    """
    begun = threading.Event()

    def send() -> None:
        with suppress(OSError):  # the test has failed
            for number in range(MANY):
                monitor.event(f"E{number % NAMES}", {"n": number, "text": TEXT})
                begun.set()

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    assert begun.wait(DEADLINE)
    yield
    session.until(lambda: not thread.is_alive())


def wait_until_full(session: TerminalSession) -> None:
    """Wait, without reading, until the terminal takes no more of what the program writes."""
    side = os.open(f"/proc/{session.pid}/fd/0", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        end = monotonic() + DEADLINE
        while select.select([], [side], [], 0)[1]:
            assert monotonic() < end, "the terminal takes more and more"
            sleep(0.01)
    finally:
        os.close(side)


def memory(session: TerminalSession) -> int:
    """Return how many bytes of memory the program has."""
    with open(f"/proc/{session.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def monitor() -> Iterator[FakeMonitor]:
    with FakeMonitor() as monitor:
        yield monitor


def leave(session: TerminalSession) -> None:
    session.enter(".events", f"{MANY} came so far")
    session.keys("\x04")
    assert session.end() == 0


def test_prompt_on_a_terminal_that_nobody_reads_comes_back(monitor: FakeMonitor) -> None:
    with TerminalSession(qmonsh(monitor.target)) as session:
        session.until("vm0 running>")
        session.keys("query-na")
        session.until(lambda: session.screen.line.endswith("> query-na"))
        before = memory(session)
        with flood(monitor, session):
            wait_until_full(session)
            assert memory(session) - before < MOST_GROWTH
            session.until(lambda: b"(the last of" in session.written)  # the screen wraps it
            session.keys("me")
            session.until(lambda: session.screen.line.endswith("> query-name"))
        session.keys("\r")
        session.until(lambda: "vm0" in session.screen.text.splitlines())
        leave(session)


def test_command_on_a_terminal_that_is_paused_goes_on(monitor: FakeMonitor) -> None:
    monitor.stuck.add("query-uuid")
    with TerminalSession(qmonsh(monitor.target)) as session:
        session.until("vm0 running>")
        session.keys("query-uuid\r")
        session.until(lambda: "query-uuid" in monitor.names())
        before = memory(session)
        session.keys("\x13")
        wait_until_full(session)
        monitor.release()
        with flood(monitor, session):
            session.keys("\x11")
            session.until("00000000-0000")
        assert memory(session) - before < MOST_GROWTH
        session.until(lambda: session.screen.line.endswith("running>"))
        leave(session)
