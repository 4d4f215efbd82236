"""Connecting again, by hand and by itself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.shell import reconnect
from tests.shell.kit import FakeMonitor, ShellKit, shell_on


def wait_in_loop(kit: ShellKit, condition: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    kit.run(wait())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "FIRST_WAIT", 0.01)


def test_it_connects_by_itself_when_wanted() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        monitor.hang_up()
        kit.until("trying to connect again")
        wait_in_loop(kit, lambda: kit.shell.monitor.state.lost is None)
        assert "events in between were missed" in kit.text
        assert "running" in kit.do("query-status")


def test_it_does_not_unless_wanted() -> None:
    with FakeMonitor() as monitor, shell_on(monitor) as kit:
        monitor.hang_up()
        kit.until("not connected")
        assert "trying" not in kit.text


def test_it_tries_again_until_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        pauses: list[float] = []
        later, kit.shell.monitor.call_later = (
            kit.shell.monitor.call_later,
            lambda s, f: (pauses.append(s), later(0, f))[1],
        )
        where = kit.shell.monitor.session.target
        from qmonsh.target import parse_target

        kit.shell.monitor.session.target = parse_target("unix:/dev/null/qmonsh.sock")
        monitor.hang_up()
        wait_in_loop(kit, lambda: len([pause for pause in pauses if pause]) > 3)
        tried = [pause for pause in pauses if pause]
        assert tried[:3] == [0.01, 0.02, 0.04]
        kit.shell.monitor.session.target = where
        wait_in_loop(kit, lambda: kit.shell.monitor.state.lost is None)


def test_it_stops_when_the_shell_is_left() -> None:
    with FakeMonitor() as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        kit.shell.leave(0)
        monitor.hang_up()
        wait_in_loop(kit, lambda: kit.shell.monitor.state.lost is not None)
        assert "trying" not in kit.text


def test_confirmed_quit_is_not_connected_again() -> None:
    with FakeMonitor(connections=1) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        kit.answers = [True]
        kit.do("quit")
        kit.until(lambda: kit.shell.monitor.state.lost is not None)
        assert "trying" not in kit.text


def test_other_qemu_behind_the_same_address_is_told() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        kit.shell.monitor.state.version = "5.2.0"
        monitor.answers["query-name"] = {"name": "another"}
        monitor.hang_up()
        kit.until("not connected")
        kit.do(".reconnect")
        kit.settle()
        assert "this is another QEMU: it was 5.2.0" in kit.text
        assert "this is another VM: it was 'vm0', it is 'another'" in kit.text


def test_vm_that_was_started_anew_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from qmonsh.transport.socket import SocketTransport

    told = SocketTransport.peer_pid.fget  # a process that has ended is not told any more
    assert told is not None
    seen: list[object] = []

    def peer_pid(transport: SocketTransport) -> int | None:
        if transport not in seen:
            seen.append(transport)
        return told(transport) and 100 + seen.index(transport)

    monkeypatch.setattr(SocketTransport, "peer_pid", property(peer_pid))
    with FakeMonitor(connections=2) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        monitor.hang_up()
        kit.until("trying to connect again")
        wait_in_loop(kit, lambda: kit.shell.monitor.state.lost is None)
        assert "this is another QEMU process: the VM was started anew" in kit.text


def test_cpu_of_the_user_is_kept_for_the_same_target() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        kit.shell.monitor.session.cpu = 1
        monitor.hang_up()
        kit.until("not connected")
        kit.do(".reconnect")
        assert kit.shell.monitor.session.cpu == 1


def test_live_connection_is_given_up_first() -> None:
    """A QMP monitor serves one client; the second connection would get no greeting."""
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        assert "connected to" in kit.do(".reconnect")
        assert "running" in kit.do("query-status")


def test_unanswered_command_is_not_sent_again() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        monitor.stuck = {"stop"}
        kit.do_and("stop", lambda: "stop" in monitor.sent, monitor.hang_up)
        monitor.stuck = set()
        kit.do(".reconnect")
        kit.do("query-status")
        assert monitor.sent.count("stop") == 1


def test_interrupted_connecting_keeps_what_there_is(kit: ShellKit, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        text = kit.do_and(
            f".connect {tmp_path}/silent.sock",
            lambda: kit.shell.waiting.is_waiting,
            kit.shell.waiting.interrupt,
        )
    assert "interrupted" in text
    assert "running" in kit.do("query-status")


def test_failed_reconnect_leaves_no_connection() -> None:
    with FakeMonitor() as monitor, shell_on(monitor) as kit:
        kit.do("device_del n0")
        assert "cannot connect" in kit.do(".reconnect")  # it serves one connection
        assert kit.shell.monitor.state.lost is not None and kit.shell.monitor.is_lost
        assert kit.shell.monitor.state.run_state == "" and not kit.shell.monitor.follower.words()
        assert "not sent: not connected" in kit.do("stop")


def test_kept_line_comes_back_to_the_prompt() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:
        monitor.hang_up()
        kit.until("not connected")
        assert "not sent" in kit.do("stop") and kit.shell.next_text == "stop"
        kit.shell.next_text = ""
        kit.do(".reconnect")
        assert kit.shell.next_text == "stop" and "stop" not in monitor.sent
        kit.do("stop")
        assert kit.shell.kept_line == ""


def test_it_leaves_connecting_to_the_user_who_does() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        own = kit.shell.monitor.reconnector
        monitor.hang_up()
        kit.until("trying to connect again")
        own._is_connecting = True
        looked: list[float] = []
        later = kit.shell.monitor.call_later
        kit.shell.monitor.call_later = lambda s, f: (looked.append(s), later(s, f))[1]

        def is_back() -> bool:
            if len(looked) > 2 and own._is_connecting:
                assert kit.shell.monitor.is_lost
                own._is_connecting = False
            return not kit.shell.monitor.is_lost

        wait_in_loop(kit, is_back)


def test_pauses_grow_when_the_other_end_hangs_up_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeMonitor(connections=4) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        own = kit.shell.monitor
        pauses: list[float] = []
        later = own.call_later
        own.call_later = lambda s, f: (pauses.append(s), later(0, f))[1]

        async def lose_and_find() -> None:
            asked = monitor.names().count("query-name")
            monitor.hang_up()
            while monitor.names().count("query-name") == asked:  # the first question on the next connection
                await asyncio.sleep(0.005)

        for short, pause in ((1e9, 0.01), (1e9, 0.02), (-1.0, 0.04)):
            monkeypatch.setattr(reconnect, "SHORT", short)
            pauses.clear()
            kit.run(lose_and_find())
            assert [one for one in pauses if one == pause]
        assert own.reconnector._first_pause() == 0.01
