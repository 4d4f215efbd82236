"""The event loop of the shell: signals, early functions, the connection made first."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.settings import Settings, Terminal
from qmonsh.shell.app import Later, run_shell, uncollected
from qmonsh.target import parse_target
from tests.shell.kit import FakeMonitor, ShellKit, Typist


def test_failed_connection_is_raised_and_no_prompt_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(terminal=Terminal(True, True, True, "xterm"))
    with pytest.raises(ConnectError):
        run_shell(parse_target(f"unix:{tmp_path}/none.sock"), settings)
    assert capfd.readouterr().out == ""


def test_functions_that_come_early_wait_for_the_loop() -> None:
    later, done = Later(), []
    later(0.0, lambda: done.append("early"))

    async def main() -> None:
        later.start(asyncio.get_running_loop())
        later(0.0, lambda: done.append("later"))
        while len(done) < 2:
            await asyncio.sleep(0.001)

    asyncio.run(main())
    assert done == ["early", "later"]
    later(0.0, lambda: done.append("after the end"))
    assert len(done) == 2


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_leaves_in_good_order(monitor: FakeMonitor, kit: ShellKit, number: int, status: int) -> None:
    async def script(user: Typist) -> None:
        await user.enter("query-uuid", "00000000-0000")
        user.keys("half a line")
        await user.until(lambda: user.typed == "half a line")
        os.kill(os.getpid(), number)

    typist = Typist(kit)
    assert typist.run(script) == status
    assert typist.prompt.history.lines() == ["query-uuid"]
    assert "quit" not in monitor.sent


def test_sigint_from_outside_clears_the_line(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("half a line")
        await user.until(lambda: user.typed == "half a line")
        os.kill(os.getpid(), signal.SIGINT)
        await user.until(lambda: user.typed == "")

    assert Typist(kit).run(script) == 0


def test_sigint_stops_the_waiting(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.stuck = {"stop"}

    async def script(user: Typist) -> None:
        user.keys("stop\r")
        await user.until(lambda: "stop" in monitor.sent)
        os.kill(os.getpid(), signal.SIGINT)
        await user.until("stopped waiting for 'stop'")
        monitor.release()
        await user.until("late answer to 'stop': done")

    assert Typist(kit).run(script) == 0


def test_signal_while_a_command_runs_leaves(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.stuck = {"stop"}

    async def script(user: Typist) -> None:
        user.keys("stop\r")
        await user.until(lambda: "stop" in monitor.sent)
        os.kill(os.getpid(), signal.SIGTERM)

    assert Typist(kit).run(script) == 143


def test_garbage_is_looked_for_again_after_imports() -> None:
    with pytest.raises(KeyboardInterrupt), uncollected():
        assert not gc.isenabled()
        raise KeyboardInterrupt
    assert gc.isenabled()
