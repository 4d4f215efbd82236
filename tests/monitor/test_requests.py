"""Commands that are sent now and waited for later; the rest of their life is told by test_connection.py."""

from __future__ import annotations

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectionLostError, DeadlineError, UsageError
from qmonsh.wire.message import Command, Return
from tests.peer import Conversation, ScriptedPeer, close, expect, expect_end, greet, reply, send


def answer_backwards(conversation: Conversation) -> None:
    commands = [conversation.receive_command() for _ in range(2)]
    for command in reversed(commands):
        conversation.send_object({"return": command["execute"], "id": command["id"]})


def test_replies_are_fetched_in_any_order() -> None:
    with ScriptedPeer([*greet(), answer_backwards, expect_end()]) as peer, connect(peer.target) as monitor:
        first, second = monitor.send(Command("a")), monitor.send(Command("b"))
        assert monitor.in_flight() == ["a", "b"]
        got = [monitor.receive(waiter, deadline=20) for waiter in (first, second)]
        assert [one.value for one in got if isinstance(one, Return)] == ["a", "b"]
        assert monitor.in_flight() == []


def test_an_abandoned_reply_is_late_and_nobody_elses() -> None:
    late: list[str] = []
    steps = [*greet(), answer_backwards, expect("c"), reply(), expect_end()]
    with ScriptedPeer(steps) as peer:
        with connect(peer.target, on_late=lambda command, got: late.append(command)) as monitor:
            monitor.abandon(monitor.send(Command("a")))
            assert monitor.execute("b") == "b"
            monitor.execute("c")
            assert late == ["a"] and monitor.in_flight() == []


def test_the_deadline_counts_from_the_waiting() -> None:
    with ScriptedPeer([*greet(), expect("a"), expect_end()]) as peer, connect(peer.target) as monitor:
        waiter = monitor.send(Command("a"))
        with pytest.raises(DeadlineError):
            monitor.receive(waiter, deadline=0.01)
        assert monitor.in_flight() == ["a"]


def test_a_reply_that_has_come_is_there_at_any_deadline() -> None:
    with ScriptedPeer([*greet(), expect("a"), reply(1), expect("b"), reply(2), expect_end()]) as peer:
        with connect(peer.target) as monitor:
            waiter = monitor.send(Command("a"))
            assert monitor.execute("b") == 2
            got = monitor.receive(waiter, deadline=0)
            assert isinstance(got, Return) and got.value == 1


def test_what_is_in_flight_when_the_connection_ends_is_of_unknown_outcome() -> None:
    with ScriptedPeer([*greet(), expect("a"), close()]) as peer, connect(peer.target) as monitor:
        waiter = monitor.send(Command("a"))
        with pytest.raises(ConnectionLostError, match="outcome of 'a' is unknown"):
            monitor.receive(waiter)
        assert not monitor.is_at_ease
        with pytest.raises(ConnectionLostError):
            monitor.send(Command("b"))


def test_a_text_monitor_is_sent_no_command() -> None:
    with ScriptedPeer([send(b"QEMU 7.2.22 monitor - type 'help'\r\n(qemu) "), expect_end()]) as peer:
        with connect(peer.target) as monitor, pytest.raises(UsageError, match="speaks only HMP text"):
            monitor.send(Command("a"))


def test_after_a_long_reply_the_connection_is_not_at_ease() -> None:
    long = [expect("long"), reply("x" * 300_000), expect("short"), reply(), expect_end()]
    with ScriptedPeer([*greet(), *long]) as peer, connect(peer.target) as monitor:
        assert monitor.is_at_ease
        monitor.execute("long")
        assert not monitor.is_at_ease
        monitor.execute("short")
        assert monitor.is_at_ease
