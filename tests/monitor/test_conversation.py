"""The conversation with a text monitor: turns, late answers, losses, against a scripted one."""

from __future__ import annotations

import threading

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError, ConnectionLostError, DeadlineError, LineError, UsageError
from tests.peer import ScriptedPeer, close, expect_end, expect_line, send, signal, wait

BANNER = "QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
PROMPT = "(qemu) "


def echo(line: str) -> str:
    """Return what readline sends while the line is typed: a redraw of the whole line for every key."""
    shown, sent = "", ""
    for character in line:
        sent += "\x1b[D" * len(shown) + shown + character + "\x1b[K"
        shown += character
    return sent + "\r\n"


def answer(line: str, text: str) -> list:
    return [expect_line(line), send(echo(line) + text.replace("\n", "\r\n") + PROMPT)]


def test_human_returns_the_answer_without_echo() -> None:
    with ScriptedPeer([send(BANNER), *answer("info name", "vm0\n"), *answer("stop", "")]) as peer:
        with connect(peer.target) as monitor:
            assert monitor.dialect == "hmp" and getattr(monitor.greeting, "version", "") == "7.2.22"
            assert monitor.human("info name") == "vm0\n"
            assert monitor.human("stop") == ""


def test_qmp_commands_are_refused_with_the_way_to_go() -> None:
    with ScriptedPeer([send(BANNER), expect_end()]) as peer, connect(peer.target) as monitor:
        with pytest.raises(UsageError, match="only HMP text"):
            monitor.execute("query-status")


@pytest.mark.parametrize("line", ["x" * 4096, "stop\ncont", "a\x1bb", "tab\there\x00"])
def test_lines_that_the_monitor_would_misread_are_refused(line: str) -> None:
    with ScriptedPeer([send(BANNER), expect_end()]) as peer, connect(peer.target) as monitor:
        with pytest.raises(LineError):
            monitor.human(line)
    assert peer.received == b""


def test_late_answer_is_not_taken_for_the_next_lines() -> None:
    go, asked = threading.Event(), threading.Event()
    script = [
        send(BANNER),
        expect_line("slow"),
        signal(asked),
        wait(go),
        send(echo("slow") + "late\r\n" + PROMPT),
    ]
    with ScriptedPeer([*script, *answer("quick", "mine\n")]) as peer, connect(peer.target) as monitor:
        with pytest.raises(DeadlineError):
            monitor.human("slow", deadline=0.1)
        assert monitor.in_flight() == ["slow"] and asked.wait(20)
        go.set()
        assert monitor.human("quick") == "mine\n"


def test_lost_connection_has_an_unknown_outcome() -> None:
    with ScriptedPeer([send(BANNER), expect_line("stop"), close()]) as peer, connect(peer.target) as monitor:
        with pytest.raises(ConnectionLostError) as caught:
            monitor.human("stop")
    assert caught.value.command == "stop"


def test_half_a_banner_is_no_monitor() -> None:
    with ScriptedPeer([send("QEMU 7.2"), expect_end()]) as peer, pytest.raises(ConnectError):
        connect(peer.target, timeout=0.2)


def test_prompt_inside_an_answer_does_not_end_it() -> None:
    text = "one\n(qemu) two\n"
    with ScriptedPeer([send(BANNER), *answer("info x", text)]) as peer, connect(peer.target) as monitor:
        assert monitor.human("info x") == text


def test_a_question_for_a_password_ends_the_connection_not_in_a_hang() -> None:
    line = "change vnc password"
    script = [send(BANNER), expect_line(line), send(echo(line) + "Password: "), expect_end()]
    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        with pytest.raises(LineError, match="asks for a password"):
            monitor.human(line, deadline=20)
        with pytest.raises(ConnectionLostError):
            monitor.human("stop")
