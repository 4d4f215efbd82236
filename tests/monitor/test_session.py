"""Session: plans carried out step by step, failures in text, ids, reconnects."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import CommandError, ConnectionLostError
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.monitor.session import Session
from qmonsh.target import parse_target
from tests.peer import ScriptedPeer, close, expect, expect_end, greet, refuse, reply, serve


def session_on(peer: ScriptedPeer) -> Session:
    session = Session(parse_target(peer.target))
    session.connect()
    return session


def plan(*steps: Step, way: Way = Way.QMP, **more: Any) -> Plan:
    return Plan(line="line", name=more.pop("name", "x"), way=way, steps=steps, **more)


def test_run_returns_the_value_of_the_last_step_and_all_replies() -> None:
    with ScriptedPeer([*greet(), serve({"a": 1, "b": 2})]) as peer:
        session = session_on(peer)
        outcome = session.run(plan(Step("a"), Step("b")))
        session.close()
    assert outcome.value == 2 and outcome.replies == [{"return": 1}, {"return": 2}]


def test_run_stops_at_the_step_that_fails() -> None:
    with ScriptedPeer([*greet(), expect("a"), refuse("no"), expect_end()]) as peer:
        session = session_on(peer)
        with pytest.raises(CommandError):
            session.run(plan(Step("a"), Step("b")))
        session.close()
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "a"]


def test_run_goes_on_after_an_error_that_the_step_ignores() -> None:
    script = [*greet(), expect("a"), refuse("no", "DeviceNotFound"), expect("b"), reply(2)]
    with ScriptedPeer(script) as peer:
        session = session_on(peer)
        assert session.run(plan(Step("a", ignore=("DeviceNotFound",)), Step("b"))).value == 2
        session.close()


@pytest.mark.parametrize(
    ("way", "value", "wanted"),
    [
        (Way.PASSTHROUGH, "one\r\ntwo\r\n", "one\ntwo\n"),
        (Way.TEXT_TWIN, {"human-readable-text": "numa\r\n"}, "numa\n"),
        (Way.TEXT_TWIN, {"odd": 1}, {"odd": 1}),
        (Way.TEXT_TWIN, "Error: words of the guest\r\n", "Error: words of the guest\n"),
    ],
)
def test_run_takes_the_text_out_of_text_replies(way: Way, value: Any, wanted: Any) -> None:
    with ScriptedPeer([*greet(), serve({"x": value})]) as peer:
        session = session_on(peer)
        assert session.run(plan(Step("x", text=True), way=way)).value == wanted
        session.close()


def test_run_finds_the_failure_in_the_text_of_a_line() -> None:
    text = "Error: Device 'd0' not found\r\n"
    with ScriptedPeer([*greet(), serve({"human-monitor-command": text})]) as peer:
        session = session_on(peer)
        step = Step("human-monitor-command", {"command-line": "device_del d0"}, text=True)
        with pytest.raises(CommandError, match="Device 'd0' not found"):
            session.run(plan(step, way=Way.PASSTHROUGH, name="device_del"))
        session.close()


def test_quit_succeeds_when_the_stream_ends() -> None:
    with ScriptedPeer([*greet(), expect("quit"), close()]) as peer:
        session = session_on(peer)
        assert session.run(plan(Step("quit"), name="quit")).value == {}
        session.close()


def test_others_fail_when_the_stream_ends() -> None:
    with ScriptedPeer([*greet(), expect("stop"), close()]) as peer:
        session = session_on(peer)
        with pytest.raises(ConnectionLostError) as caught:
            session.run(plan(Step("stop"), name="stop"))
        session.close()
    assert caught.value.command == "stop"


def test_cpu_is_remembered_by_the_session() -> None:
    with ScriptedPeer([*greet(), expect_end()]) as peer:
        session = session_on(peer)
        assert session.run(plan(way=Way.LOCAL, name="cpu", cpu=3)).value == {}
        assert session.cpu == 3
        session.close()


def test_connect_again_forgets_what_the_other_qemu_knew() -> None:
    first = {"query-commands": [{"name": "stop"}, {"name": "query-commands"}]}
    second = {"query-commands": [{"name": "cont"}]}
    with ScriptedPeer([*greet(), serve(first)], [*greet(), serve(second)]) as peer:
        session = session_on(peer)
        assert "stop" in session.knowledge.commands()
        session.connect()
        assert session.knowledge.commands() == {"cont"}
        session.close()
