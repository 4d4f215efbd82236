"""Waiting for blocking calls: Ctrl-C, what is said meanwhile."""

from __future__ import annotations

import asyncio
import threading

import pytest

from qmonsh.errors import InterruptError
from qmonsh.shell import waiting
from tests.shell.kit import FakeMonitor, ShellKit


def test_sleep_ends_with_interrupt(kit: ShellKit) -> None:
    async def doze() -> None:
        asyncio.get_running_loop().call_later(0.01, kit.shell.waiting.interrupt)
        await kit.shell.waiting.sleep(3600, lambda: None)

    with pytest.raises(InterruptError):
        kit.run(doze())


def test_sleep_ends_with_what_is_found_dead(kit: ShellKit) -> None:
    def dead() -> None:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        kit.run(kit.shell.waiting.sleep(3600, dead))


def test_sleep_ends_by_itself(kit: ShellKit) -> None:
    kit.run(kit.shell.waiting.sleep(0.01, lambda: None))


def test_ctrl_c_that_came_too_late_for_the_call_ends_the_next_sleep(kit: ShellKit) -> None:
    kit.shell.waiting.interrupt()
    with pytest.raises(InterruptError):
        kit.run(kit.shell.waiting.sleep(3600, lambda: None))
    kit.shell.waiting.begin_line()
    kit.run(kit.shell.waiting.sleep(0.01, lambda: None))


def test_what_lasts_long_is_said_to_be_waited_for(
    monitor: FakeMonitor, kit: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "SOON", 0.01)
    monitor.stuck = {"stop"}
    kit.do_and("stop", lambda: "waiting for stop: 0 s" in kit.text, monitor.release)
    assert kit.text.endswith("\r\x1b[K"), "the remark is taken away"


def test_progress_is_shown_and_can_be_stopped(kit: ShellKit) -> None:
    released = threading.Event()

    def work() -> None:
        while not released.wait(0.005):
            kit.shell.waiting.progress("migration", {"status": "active"})

    async def run() -> None:
        asyncio.get_running_loop().call_later(0.05, kit.shell.waiting.interrupt)
        with pytest.raises(InterruptError, match="migration"):
            await kit.shell.waiting.call(work, what="migrate")

    kit.run(run())
    assert "migration: active" in kit.text


def test_ctrl_c_is_left_to_the_program_that_has_the_terminal(kit: ShellKit) -> None:
    with kit.shell.terminal.lent():
        kit.shell.waiting.interrupt()
    kit.run(kit.shell.waiting.sleep(0.01, lambda: None))
