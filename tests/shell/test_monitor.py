"""The monitor that the shell is on: events, late answers, the end of the connection, what is asked behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import RefusedError
from qmonsh.shell.monitor import short_address
from tests.real.machine import VM
from tests.shell.kit import FakeMonitor, ShellKit, fake_shell, shell_on


def test_lost_connection_is_said_and_the_line_kept(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.hang_up()
    kit.until("not connected: .reconnect connects again")
    assert "not connected" in kit.do("stop")
    assert kit.shell.next_text == "stop"


def test_lost_connection_in_a_command_says_that_the_outcome_is_unknown(
    monitor: FakeMonitor, kit: ShellKit
) -> None:
    monitor.stuck = {"stop"}
    text = kit.do_and("stop", lambda: "stop" in monitor.sent, monitor.hang_up)
    assert "unknown" in text
    assert kit.shell.next_text == "", "a command with unknown outcome is not offered again"


def test_end_of_the_vm_is_told_from_a_lost_connection(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.event("SHUTDOWN", {"guest": True, "reason": "guest-shutdown"})
    kit.until("SHUTDOWN")
    monitor.hang_up()
    kit.until("the VM has ended (guest-shutdown)")


def test_name_to_confirm_that_guards_nothing_is_told() -> None:
    with fake_shell(confirm=["stop", "stpo"]) as (_, kit):
        kit.shell.monitor.learn()
        said = "has 'stpo', which is no command here; did you mean 'stop'?"
        kit.until(lambda: said in " ".join(kit.text.split()))
        assert "'stop', which" not in kit.text


def test_events_keep_the_run_state(monitor: FakeMonitor, kit: ShellKit) -> None:
    assert kit.shell.monitor.state.run_state == "running"
    monitor.answers["query-status"] = {"status": "io-error", "running": False}
    monitor.event("STOP")
    kit.until(lambda: kit.shell.monitor.state.run_state == "io-error")


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("unix:/run/vm0.sock", "vm0.sock"),
        ("127.0.0.1:4444", "127.0.0.1:4444"),
        ("tls://h:4444?ca=/etc/ca.pem", "h:4444"),
        ("unix:/", "unix:"),
    ],
)
def test_address_is_shortened(address: str, short: str) -> None:
    assert short_address(address) == short


def test_work_that_goes_on_is_looked_at_until_it_ends(
    monitor: FakeMonitor, kit: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qmonsh.shell.monitor.AGAIN", 0.01)
    states = iter(["active", "active", "completed"])
    monitor.answers["query-migrate"] = lambda command: {"status": next(states, "completed")}

    async def wait() -> None:
        import asyncio

        kit.shell.monitor.look_again()
        while "the migration has completed" not in kit.text:
            await asyncio.sleep(0.005)

    kit.run(wait())


def test_nothing_is_known_without_a_connection(monitor: FakeMonitor) -> None:
    kit = ShellKit(monitor.target)
    assert kit.shell.monitor.is_lost and kit.shell.monitor.live_facts is None
    assert kit.shell.monitor.facts.get is not None and not kit.shell.monitor.speaks_text
    with pytest.raises(RefusedError, match="not connected"):
        kit.shell.monitor.known()
    kit.close()


def test_prompt_does_not_wait_for_what_is_asked_behind(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.stuck = {"query-qmp-schema"}
    kit.shell.monitor.learn()
    kit.until(lambda: "query-qmp-schema" in monitor.names())
    assert "running" in kit.do("query-status")
    monitor.release()
    kit.settle()


def test_late_refusal_is_labelled(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["stop"] = ValueError("too late")
    monitor.stuck = {"stop"}
    kit.do_and("stop", lambda: "stop" in monitor.sent, kit.shell.waiting.interrupt)
    monitor.release()
    kit.until("late answer to 'stop':")
    kit.until("too late")


def test_ignored_messages_are_told_when_verbose() -> None:
    with fake_shell(verbose=True) as (monitor, kit):
        monitor._send({"greetings": "from nowhere"})
        kit.until("ignored:")


def test_transcript_of_the_settings_holds_both_directions(monitor: FakeMonitor, tmp_path: Path) -> None:
    kit = ShellKit(monitor.target)
    kit.shell.monitor.record(str(tmp_path / "transcript"))
    kit.connect()
    kit.close()
    text = (tmp_path / "transcript").read_text()
    assert '"direction": "received"' in text and '"execute": "query-status"' in text


def test_text_monitor_is_recognised(vm: Callable[..., VM]) -> None:
    with shell_on(vm("-name", "vm0", monitor="hmp-unix").target) as kit:
        assert kit.shell.monitor.speaks_text and kit.shell.monitor.name == "vm0"
        assert kit.shell.monitor.state.run_state == "prelaunch"
        kit.do("cont")
        kit.settle()
        assert kit.shell.monitor.state.run_state == "running"
