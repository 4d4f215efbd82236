"""One monitor driven by the event loop, against scripted peers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from qmonsh.errors import (
    ConnectError,
    ConnectionLostError,
    DeadlineError,
    LineError,
    ProtocolError,
    UsageError,
)
from qmonsh.fleet.monitor import Monitor
from qmonsh.target import parse_target
from qmonsh.wire.message import Command, ErrorReply, Event
from tests.monitor.test_conversation import echo
from tests.peer import (
    GREETING,
    ScriptedPeer,
    Step,
    close,
    event,
    expect,
    expect_end,
    expect_line,
    greet,
    refuse,
    reply,
    send,
    wait,
)

BANNER = "QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
IDLESS = {"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}}


def meet(
    peer: ScriptedPeer,
    then: Callable[[Monitor], Awaitable[Any]],
    *,
    seconds: float = 5,
    deadline: float | None = None,
    seen: list[str] | None = None,
) -> Any:
    """Open the peer as a monitor and return what ``then`` makes of it."""

    def observe(event: Event) -> None:
        if seen is not None:
            seen.append(event.name)

    async def main() -> Any:
        monitor = Monitor(parse_target(peer.target), observe=observe)
        try:
            await monitor.open(seconds=seconds)
            monitor.set_deadline(deadline)
            return await then(monitor)
        finally:
            monitor.close()

    return asyncio.run(main())


async def stop(monitor: Monitor) -> Any:
    return await monitor.request(Command("stop"))


async def nothing(monitor: Monitor) -> None:
    return None


@pytest.mark.parametrize("family", ["unix", "tcp"])
@pytest.mark.parametrize("pieces", [1, 0])
def test_a_command_is_answered(family: str, pieces: int) -> None:
    seen: list[str] = []
    script = [
        send(GREETING, pieces=pieces), expect("qmp_capabilities"), reply(), expect("stop"),
        event("STOP"), reply({"a": 1}), expect_end(),
    ]  # fmt: skip
    with ScriptedPeer(script, family=family) as peer:
        assert meet(peer, stop, seen=seen).value == {"a": 1}
    assert seen == ["STOP"]


def test_an_error_reply_and_a_foreign_reply_are_told_apart() -> None:
    foreign = send({"return": {"of": "another"}, "id": "x-1"})
    with ScriptedPeer([foreign, *greet(), expect("stop"), foreign, refuse("no"), expect_end()]) as peer:
        answer = meet(peer, stop)
    assert isinstance(answer, ErrorReply) and answer.description == "no"


def test_an_error_without_id_fails_the_command_in_flight_once() -> None:
    script = [*greet(), expect("stop"), send(IDLESS), send(IDLESS), expect("cont"), reply(1), expect_end()]

    async def both(monitor: Monitor) -> Any:
        return await stop(monitor), await monitor.request(Command("cont"))

    with ScriptedPeer(script) as peer:
        first, second = meet(peer, both)
    assert isinstance(first, ErrorReply) and second.value == 1


def test_the_outcome_of_a_command_cut_off_is_unknown() -> None:
    with ScriptedPeer([*greet(), expect("stop"), send('{"ret'), close()]) as peer:
        with pytest.raises(ConnectionLostError, match="outcome of 'stop' is unknown") as caught:
            meet(peer, stop)
    assert "middle of a message" in caught.value.reason
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "stop"]


def test_the_outcome_of_a_command_is_unknown_after_a_broken_protocol() -> None:
    with ScriptedPeer([*greet(), expect("stop"), send("}{\r\n"), expect_end()]) as peer:
        with pytest.raises(ProtocolError, match="outcome of 'stop' is unknown"):
            meet(peer, stop)


def test_a_silent_monitor_is_past_its_deadline() -> None:
    with ScriptedPeer([*greet(), expect("stop"), expect_end()]) as peer:
        with pytest.raises(DeadlineError):
            meet(peer, stop, deadline=0.05)


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ([expect_end()], "silent"),
        ([send("SSH-2.0-OpenSSH\r\n"), expect_end()], "not-a-monitor"),
        ([close()], "closed"),
        ([send(GREETING), expect("qmp_capabilities"), refuse("no"), expect_end()], "negotiation"),
        ([send(GREETING), expect("qmp_capabilities"), close()], "negotiation"),
        ([send(GREETING), expect("qmp_capabilities"), expect_end()], "negotiation"),
    ],
)
def test_a_failed_opening_says_its_cause(script: list[Step], cause: str) -> None:
    with ScriptedPeer(script) as peer, pytest.raises(ConnectError) as caught:
        meet(peer, nothing, seconds=0.3)
    assert caught.value.cause == cause


def test_a_text_monitor_answers_up_to_the_prompt() -> None:
    script = [send(BANNER), expect_line("info status"), send("info status\r\nVM status: running\r\n(qemu) ")]
    with ScriptedPeer([*script, expect_end()]) as peer:
        assert meet(peer, lambda monitor: monitor.say("info status")) == "VM status: running\n"


def test_a_text_monitor_that_asks_for_a_password_is_left() -> None:
    line = "change vnc password"
    script = [send(BANNER), expect_line(line), send(echo(line) + "Password: "), expect_end()]
    with ScriptedPeer(script) as peer, pytest.raises(LineError, match="password"):
        meet(peer, lambda monitor: monitor.say(line))


def test_a_text_monitor_takes_no_qmp() -> None:
    with ScriptedPeer([send(BANNER), expect_end()]) as peer, pytest.raises(UsageError, match="only HMP text"):
        meet(peer, stop)


def test_telnet_options_are_taken_out() -> None:
    options = b"\xff\xfb\x01\xff\xfb\x03"
    script = [send(options + BANNER.encode()), expect_line("x"), send("x\r\nok\r\n(qemu) "), expect_end()]
    with ScriptedPeer(script) as peer:
        assert meet(peer, lambda monitor: monitor.say("x")) == "ok\n"


def test_rest_ends_with_an_event_or_the_deadline() -> None:
    go = threading.Event()

    async def rests(monitor: Monitor) -> None:
        go.set()
        await monitor.rest(20, name="migrate")
        monitor.set_deadline(0.01)
        with pytest.raises(DeadlineError):
            await monitor.rest(20, name="migrate")

    with ScriptedPeer([*greet(), wait(go), event("MIGRATION"), expect_end()]) as peer:
        meet(peer, rests)
