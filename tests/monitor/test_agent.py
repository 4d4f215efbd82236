"""A guest agent over a Connection and the command line: synchronising, silence, unanswered commands."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.errors import CommandError, ConnectError, ConnectionLostError, UsageError
from tests.peer import (
    DEADLINE,
    Conversation,
    ScriptedPeer,
    Step,
    close,
    expect,
    expect_end,
    greet,
    refuse,
    reply,
    send,
    serve,
)
from tests.test_batch import Run

INFO = {
    "version": "7.2",
    "supported_commands": [
        {"name": "guest-info", "enabled": True, "success-response": True},
        {"name": "guest-ping", "enabled": True, "success-response": True},
        {"name": "guest-get-users", "enabled": True, "success-response": True},
        {"name": "guest-shutdown", "enabled": True, "success-response": False},
        {"name": "guest-exec", "enabled": False, "success-response": True},
    ],
}
ANSWERS: dict[str, Any] = {"guest-info": INFO, "guest-ping": {}, "guest-get-users": [{"user": "x\x1b[2J"}]}


def synchronise(conversation: Conversation) -> None:
    """Answer guest-sync-delimited as qemu-ga does: an error for the 0xFF, then 0xFF and the number."""
    line = conversation.receive_line()
    assert line.startswith(b"\xff")
    command = json.loads(line[1:])
    conversation.send(b'{"error": {"class": "GenericError", "desc": "JSON parse error, stray"}}\n')
    conversation.send(b'\xff{"return": %d}\n' % command["arguments"]["id"])


def agent(*steps: Step) -> ScriptedPeer:
    return ScriptedPeer([synchronise, *steps])


def test_synchronised_agent_takes_commands() -> None:
    with agent(serve(ANSWERS)) as peer, connect(peer.target, dialect="agent") as guest:
        assert guest.dialect == "agent" and guest.greeting is None
        assert guest.execute("guest-ping") == {}
        assert guest.execute("guest-info") == INFO


@pytest.fixture
def named(tmp_path_factory: pytest.TempPathFactory) -> Callable[[ScriptedPeer, str], str]:
    """Return the function that gives a peer's socket a name."""

    def name(peer: ScriptedPeer, wanted: str) -> str:
        folder = tempfile.mkdtemp(prefix="qmonsh-", dir=tmp_path_factory.getbasetemp())
        os.symlink(peer.path, f"{folder}/{wanted}")
        return f"{folder}/{wanted}"

    return name


@pytest.mark.parametrize(
    "name", ["qga.sock", "ga.sock", "org.qemu.guest_agent.0", "vm1-agent.sock", "VM.QGA"]
)
def test_agent_is_found_by_its_silence(named: Callable[[ScriptedPeer, str], str], name: str) -> None:
    with agent(serve(ANSWERS)) as peer, connect(named(peer, name)) as guest:
        assert (guest.dialect, guest.execute("guest-ping")) == ("agent", {})


def test_agent_is_found_in_any_thread(named: Callable[[ScriptedPeer, str], str]) -> None:
    found: list[str] = []
    with agent(expect_end()) as peer:
        path = named(peer, "qga.sock")

        def ask() -> None:
            with connect(path) as guest:
                found.append(guest.dialect)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(DEADLINE)
    assert found == ["agent"]


@pytest.mark.parametrize("name", ["vm.qmp", "magazine.sock", "serial0.sock", "agents-list"])
def test_nothing_is_written_to_other_silent_ends(
    named: Callable[[ScriptedPeer, str], str], name: str
) -> None:
    with ScriptedPeer([expect_end()]) as peer:
        with pytest.raises(ConnectError) as caught:
            connect(named(peer, name), timeout=0.3)
    assert caught.value.cause == "silent" and peer.received == b""


def test_silent_channel_is_said_to_have_no_agent(named: Callable[[ScriptedPeer, str], str]) -> None:
    with ScriptedPeer([expect_end()]) as peer:
        with pytest.raises(ConnectError, match="no guest agent answered within 0.3 s"):
            connect(named(peer, "qga.sock"), timeout=0.3)


def test_replies_to_an_earlier_client_are_dropped() -> None:
    stale = send(b'{"return": 12345}\n{"retur')
    with ScriptedPeer([stale, synchronise, serve(ANSWERS)]) as peer:
        with connect(peer.target, dialect="agent") as guest:
            assert guest.execute("guest-ping") == {}


def silent_success(*after: Step) -> list[Step]:
    return [expect("guest-shutdown"), expect("guest-ping"), *after]


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([reply(), expect_end()], id="the ping is answered"),
        pytest.param([close()], id="the guest is gone"),
        pytest.param([expect_end()], id="silence"),
    ],
)
def test_command_without_an_answer_succeeds(after: list[Step], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.monitor.requests.SILENCE", 0.2)
    with agent(*silent_success(*after)) as peer, connect(peer.target, dialect="agent") as guest:
        assert guest.execute("guest-shutdown", {"mode": "powerdown"}, deadline=DEADLINE) == {}


def test_command_without_an_answer_can_fail() -> None:
    steps = [expect("guest-shutdown"), refuse("no shutdown here"), expect("guest-ping"), reply()]
    with agent(*steps, expect_end()) as peer, connect(peer.target, dialect="agent") as guest:
        with pytest.raises(CommandError, match="no shutdown here"):
            guest.execute("guest-shutdown", deadline=DEADLINE)


def test_lost_connection_is_no_success_of_other_commands() -> None:
    with agent(expect("guest-ping"), close()) as peer, connect(peer.target, dialect="agent") as guest:
        with pytest.raises(ConnectionLostError, match="outcome of 'guest-ping' is unknown"):
            guest.execute("guest-ping")


@pytest.mark.parametrize(
    ("steps", "cause", "said"),
    [
        ([expect_end()], "silent", "no guest agent answered within"),
        ([send(b"noise without end"), expect_end()], "silent", "no guest agent answered within"),
        ([*greet()[:1], expect_end()], "not-an-agent", "a QEMU monitor (QMP) answers there"),
        ([send(b"QEMU 7.2.22 monitor\r\n(qemu) "), expect_end()], "not-an-agent", "monitor (HMP)"),
        ([close()], "closed", "it ended before"),
    ],
)
def test_absent_agent_ends_with_a_reason_in_time(steps: list[Step], cause: str, said: str) -> None:
    with ScriptedPeer(steps) as peer, pytest.raises(ConnectError) as caught:
        connect(peer.target, dialect="agent", timeout=0.3)
    assert caught.value.cause == cause and said in str(caught.value)


def test_human_lines_are_refused() -> None:
    with agent(serve({**ANSWERS})) as peer, connect(peer.target, dialect="agent") as guest:
        with pytest.raises((CommandError, UsageError)):
            guest.human("info status")


def run(capfd: pytest.CaptureFixture[str], *args: str) -> Run:
    with agent(serve(ANSWERS)) as peer:
        return Run(capfd, "--dialect", "agent", peer.target, *args)


@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        (["guest-ping"], 0, "", ""),
        (["--json", "guest-ping"], 0, "{}\n", ""),
        (["--json", "qmp", "guest-ping"], 0, "{}\n", ""),
        (["--json", '{"execute": "guest-ping"}'], 0, "{}\n", ""),
        (["-o", "raw", '{"execute": "guest-ping", "id": 7}'], 0, '{"return": {}, "id": 7}\n', ""),
        (["guest-pnig"], 2, "", "did you mean 'guest-ping'?"),
        (["guest-exec"], 2, "", "unknown command 'guest-exec'"),
        (["info", "status"], 2, "", "'info status' is for QEMU's monitor, and this is a guest agent"),
        (["stop"], 2, "", "'stop' is for QEMU's monitor, and this is a guest agent"),
        (["query-status"], 2, "", "'query-status' is for QEMU's monitor"),
        (["hmp", "info", "status"], 2, "", "'hmp' is for QEMU's monitor"),
        (["--read-only", "guest-shutdown"], 2, "", "guest-shutdown was not sent"),
    ],
)
def test_lines_of_the_command_line(
    line: list[str], status: int, out: str, err: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ran = run(capfd, *line)
    assert (ran.status, ran.out) == (status, out)
    assert err in ran.err if err else not ran.err


def test_what_the_guest_says_cannot_steer_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in run(capfd, "guest-get-users").out
