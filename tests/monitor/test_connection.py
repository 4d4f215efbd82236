"""Connection: matching, order, deadlines, interrupts and losses, against a scripted peer."""

from __future__ import annotations

import os
import threading
from signal import SIGINT
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.errors import (
    CommandError,
    ConnectError,
    ConnectionLostError,
    DeadlineError,
    InterruptError,
    ProtocolError,
    UsageError,
)
from qmonsh.wire.message import Command, ErrorReply, Event, Ignored, Message, Return
from tests.peer import (
    GREETING,
    Conversation,
    ScriptedPeer,
    close,
    event,
    expect,
    expect_end,
    greet,
    refuse,
    reply,
    send,
    serve,
    signal,
    wait,
)
from tests.transport.probe import until

VENDOR = " (qemu-kvm-ev-2.3.0-31.0.el7_2.21.1)"


def old_greeting(package: str = "") -> dict[str, Any]:
    version = {"qemu": {"micro": 0, "minor": 3, "major": 2}, "package": package}
    return {"QMP": {"version": version, "capabilities": []}}


def test_execute_returns_the_value() -> None:
    with ScriptedPeer([*greet(), serve({"query-status": {"status": "running"}})]) as peer:
        with connect(peer.target) as monitor:
            assert monitor.execute("query-status") == {"status": "running"}
            assert monitor.dialect == "qmp"


def test_nothing_is_written_before_the_greeting() -> None:
    go = threading.Event()
    with ScriptedPeer([wait(go), *greet(), expect_end()]) as peer:
        opened = threading.Thread(target=lambda: connect(peer.target).close())
        opened.start()
        assert peer.received == b""
        go.set()
        opened.join()
    assert peer.received.startswith(b'{"execute":"qmp_capabilities"')


def test_greeting_of_an_old_vendor_build_is_fine() -> None:
    with ScriptedPeer([*greet(old_greeting(VENDOR)), expect_end()]) as peer:
        with connect(peer.target, oob=True) as monitor:
            assert monitor.greeting is not None and getattr(monitor.greeting, "package", "") == VENDOR
            assert not monitor.oob


def test_oob_is_enabled_only_when_asked_for_and_offered() -> None:
    with ScriptedPeer([*greet(), expect_end()], [*greet(), expect_end()]) as peer:
        with connect(peer.target):
            pass
        with connect(peer.target, oob=True) as monitor:
            assert monitor.oob
    assert "arguments" not in peer.commands[0]
    assert peer.commands[1]["arguments"] == {"enable": ["oob"]}


def test_command_error_carries_class_and_reply() -> None:
    with ScriptedPeer([*greet(), expect("nosuch"), refuse("not found", "CommandNotFound")]) as peer:
        with connect(peer.target) as monitor, pytest.raises(CommandError) as caught:
            monitor.execute("nosuch")
    assert caught.value.class_name == "CommandNotFound"
    assert caught.value.document() == {"error": {"class": "CommandNotFound", "desc": "not found"}}
    assert caught.value.reply["error"]["desc"] == "not found"


def test_replies_out_of_order_reach_their_callers() -> None:
    def answer_backwards(conversation: Conversation) -> None:
        commands = [conversation.receive_command() for _ in range(3)]
        for command in reversed(commands):
            conversation.send_object({"return": command["execute"], "id": command["id"]})

    got: dict[str, Any] = {}
    with ScriptedPeer([*greet(), answer_backwards, expect_end()]) as peer:
        with connect(peer.target) as monitor:
            threads = [
                threading.Thread(target=lambda name=name: got.setdefault(name, monitor.execute(name)))
                for name in ("a", "b", "c")
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert got == {"a": "a", "b": "b", "c": "c"}


def test_events_reach_subscribers_in_order_and_none_is_lost() -> None:
    seen: list[Any] = []

    def subscriber(message: Message) -> None:
        if isinstance(message, Event):
            seen.append(message.data.get("n", message.name))

    script = [send(GREETING), event("EARLY"), expect("qmp_capabilities"), event("MIDDLE"), reply()]
    with ScriptedPeer([*script, event("E", times=5000), serve({"x": 1})]) as peer:
        with connect(peer.target, observers=(subscriber,)) as monitor:
            assert monitor.execute("x") == 1
    assert seen == ["EARLY", "MIDDLE", *range(5000)]


def test_subscription_ends_when_asked() -> None:
    seen: list[str] = []
    with ScriptedPeer([*greet(), expect("a"), event("A"), reply(), expect("b"), event("B"), reply()]) as peer:
        with connect(peer.target) as monitor:
            end = monitor.subscribe(lambda event: seen.append(event.name))
            monitor.execute("a")
            end()
            monitor.execute("b")
    assert seen == ["A"]


def test_deadline_leaves_the_connection_usable_and_the_late_reply_is_reported() -> None:
    late: list[tuple[str, Any]] = []
    go = threading.Event()

    def slow_then_quick(conversation: Conversation) -> None:
        slow = conversation.receive_command()
        assert go.wait(20)
        quick = conversation.receive_command()
        conversation.send_object({"return": "late", "id": slow["id"]})
        conversation.send_object({"return": "quick", "id": quick["id"]})

    with ScriptedPeer([*greet(), slow_then_quick, expect_end()]) as peer:
        with connect(peer.target, on_late=lambda command, got: late.append((command, got))) as monitor:
            with pytest.raises(DeadlineError) as caught:
                monitor.execute("slow", deadline=0.05)
            assert caught.value.status == 4 and monitor.in_flight() == ["slow"]
            go.set()
            assert monitor.execute("quick") == "quick"
            assert monitor.in_flight() == []
    assert [(command, got.value) for command, got in late] == [("slow", "late")]


def test_interrupt_stops_the_waiting_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedPeer([*greet(), expect("slow"), expect("next"), reply(7), expect_end()]) as peer:
        with connect(peer.target) as monitor:
            with monkeypatch.context() as patch:

                def interrupted(*args: Any) -> None:
                    raise KeyboardInterrupt

                patch.setattr(monitor._replies, "wait", interrupted)
                with pytest.raises(InterruptError) as caught:
                    monitor.execute("slow")
            assert caught.value.status == 130
            assert monitor.execute("next") == 7


def test_a_real_interrupt_of_the_main_thread_stops_the_waiting_only() -> None:
    late: list[str] = []

    def slow_then_next(conversation: Conversation) -> None:
        slow = conversation.receive_command()
        until(lambda: monitor._turns._main_waiter is not None)
        os.kill(os.getpid(), SIGINT)
        quick = conversation.receive_command()
        conversation.send_object({"return": "late", "id": slow["id"]})
        conversation.send_object({"return": "quick", "id": quick["id"]})

    with ScriptedPeer([*greet(), slow_then_next, expect_end()]) as peer:
        with connect(peer.target, on_late=lambda command, got: late.append(command)) as monitor:
            with pytest.raises(InterruptError):
                monitor.execute("slow")
            assert monitor.execute("quick") == "quick"
    assert late == ["slow"]


def test_an_idle_connection_delivers_events_at_once_after_commands_of_the_main_thread() -> None:
    came, go = threading.Event(), threading.Event()
    script = [*greet(), expect("a"), reply(1), wait(go), event("LATER"), expect_end()]
    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        monitor.subscribe(lambda event: came.set())
        assert monitor.execute("a") == 1
        go.set()
        assert came.wait(20)


def test_lost_connection_fails_every_waiter_with_unknown_outcome() -> None:
    def two_then_close(conversation: Conversation) -> None:
        conversation.receive_command()
        conversation.receive_command()

    failures: list[ConnectionLostError] = []
    with ScriptedPeer([*greet(), two_then_close, close()]) as peer:
        monitor = connect(peer.target)

        def run(name: str) -> None:
            try:
                monitor.execute(name)
            except ConnectionLostError as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(name,)) for name in ("stop", "cont")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with pytest.raises(ConnectionLostError) as later:
            monitor.execute("again")
        monitor.close()
    assert sorted(error.command for error in failures) == ["cont", "stop"]
    assert all("outcome of" in str(error) and "unknown" in str(error) for error in failures)
    assert later.value.command == "", "what was never sent has no unknown outcome"


def test_error_without_id_fails_the_command_in_flight_and_not_the_next() -> None:
    broken = {"error": {"class": "GenericError", "desc": "JSON parse error"}}

    def two_errors(conversation: Conversation) -> None:
        conversation.receive_command()
        conversation.send_object(broken)
        conversation.send_object(broken)

    with ScriptedPeer([*greet(), two_errors, expect("next"), reply(1)]) as peer:
        with connect(peer.target) as monitor:
            with pytest.raises(CommandError, match="JSON parse error"):
                monitor.execute("bad")
            assert monitor.execute("next") == 1


def test_error_without_id_does_not_beat_the_reply_that_follows() -> None:
    def error_then_reply(conversation: Conversation) -> None:
        conversation.receive_command()
        conversation.send_object({"error": {"class": "GenericError", "desc": "somebody else's"}})
        conversation.reply("mine")

    with ScriptedPeer([*greet(), error_then_reply]) as peer:
        with connect(peer.target) as monitor:
            assert monitor.execute("x") == "mine"


def test_strays_are_skipped_even_before_the_greeting() -> None:
    ignored: list[str] = []
    stray = {"return": {"secret": 1}, "id": "another-client-7"}
    script = [send(stray), *greet(), send(stray), send(GREETING), send({"foo": 1}), serve({"x": 3})]
    observers = (lambda m: ignored.append(m.reason) if isinstance(m, Ignored) else None,)
    with ScriptedPeer(script) as peer:
        with connect(peer.target, observers=observers) as monitor:
            assert monitor.execute("x") == 3
    assert len(ignored) == 4


def test_reply_twice_is_ignored() -> None:
    def twice(conversation: Conversation) -> None:
        conversation.receive_command()
        conversation.reply(1)
        conversation.reply(2)

    with ScriptedPeer([*greet(), twice, expect("b"), reply(3)]) as peer:
        with connect(peer.target) as monitor:
            assert [monitor.execute("a"), monitor.execute("b")] == [1, 3]


@pytest.mark.parametrize(
    ("script", "cause", "words"),
    [
        ([close()], "closed", "before greeting"),
        ([send(b'{"QMP": {"ver'), close()], "closed", "before greeting"),
        ([send(b"HTTP/1.1 400 Bad Request\r\n\r\n"), expect_end()], "not-a-monitor", "HTTP"),
        ([send(b"\x00\x01\x02binary"), expect_end()], "not-a-monitor", ""),
        ([send(GREETING), close()], "negotiation", "greeted, then"),
        ([send(GREETING), expect("qmp_capabilities"), refuse("no")], "negotiation", "refused"),
        ([send(GREETING), expect("qmp_capabilities"), send(b'{"retu'), close()], "negotiation", "lost"),
        ([send(GREETING), expect("qmp_capabilities"), send(b"}"), expect_end()], "negotiation", "protocol"),
    ],
)
def test_failed_opening_says_why(script: list[Any], cause: str, words: str) -> None:
    with ScriptedPeer(script) as peer, pytest.raises(ConnectError) as caught:
        connect(peer.target, timeout=10)
    assert caught.value.cause == cause and words in str(caught.value)
    assert caught.value.status == 3


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([expect_end()], "within 0.3 s"),
        ([send(GREETING), expect_end()], "did not answer the negotiation"),
    ],
)
def test_silence_is_a_connect_error_within_the_deadline(script: list[Any], words: str) -> None:
    with ScriptedPeer(script) as peer, pytest.raises(ConnectError) as caught:
        connect(peer.target, timeout=0.3)
    assert words in str(caught.value)


@pytest.mark.parametrize("garbage", [b"}", b'{"return": inf}', b'{"return": "\xff"}', b'{"return": 1e999}'])
def test_broken_protocol_fails_the_command_with_its_own_error(garbage: bytes) -> None:
    with ScriptedPeer([*greet(), expect("x"), send(garbage + b"\r\n"), expect_end()]) as peer:
        with connect(peer.target) as monitor, pytest.raises(ProtocolError) as caught:
            monitor.execute("x")
    assert caught.value.status == 3


def test_executing_inside_an_observer_is_refused() -> None:
    refused: list[UsageError] = []

    with ScriptedPeer([*greet(), expect("x"), event("E"), reply(1)]) as peer:
        with connect(peer.target) as monitor:

            def subscriber(event: Event) -> None:
                try:
                    monitor.execute("y")
                except UsageError as error:
                    refused.append(error)

            monitor.subscribe(subscriber)
            assert monitor.execute("x") == 1
    assert len(refused) == 1


def test_close_ends_a_waiting_command() -> None:
    waiting = threading.Event()
    failures: list[BaseException] = []
    with ScriptedPeer([*greet(), expect("slow"), signal(waiting), expect_end()]) as peer:
        monitor = connect(peer.target)

        def run() -> None:
            try:
                monitor.execute("slow")
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        assert waiting.wait(20)
        monitor.close()
        thread.join()
        monitor.close()
    assert isinstance(failures[0], ConnectionLostError)


def test_ids_differ_between_connections() -> None:
    with ScriptedPeer([*greet(), expect_end()], [*greet(), expect_end()]) as peer:
        connect(peer.target).close()
        connect(peer.target).close()
    first, second = (command["id"] for command in peer.commands)
    assert first != second


def test_request_returns_error_replies_whole() -> None:
    with ScriptedPeer([*greet(), expect("x"), refuse("no"), expect("y"), reply(2)]) as peer:
        with connect(peer.target) as monitor:
            refused = monitor.request(Command("x"))
            assert isinstance(refused, ErrorReply) and refused.description == "no"
            assert isinstance(monitor.request(Command("y")), Return)


def test_a_tap_sees_both_directions() -> None:
    seen: list[tuple[str, Any]] = []
    with ScriptedPeer([*greet(), expect("x"), reply(1)]) as peer:
        with connect(
            peer.target, tap=lambda direction, message: seen.append((direction, message))
        ) as monitor:
            monitor.execute("x", {"a": 1})
    assert ("sent", {"execute": "x", "arguments": {"a": 1}}) in seen
    assert [direction for direction, _ in seen] == ["received", "received", "sent", "received"]


def test_threads_share_a_connection() -> None:
    results: list[int] = []
    echo = serve(lambda command: command["arguments"]["n"])
    with ScriptedPeer([*greet(), echo]) as peer:
        with connect(peer.target) as monitor:

            def run(base: int) -> None:
                results.extend(monitor.execute("echo", {"n": base + k}) - base - k for k in range(100))

            threads = [threading.Thread(target=run, args=(1000 * n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert results == [0] * 800


def test_a_closed_connection_leaves_no_thread() -> None:
    with ScriptedPeer([*greet(), expect_end()]) as peer:
        connect(peer.target).close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qmonsh reader")]
