"""The fault matrix: what goes wrong on the way, and what the command line says, returns and never does.

Each row is a monitor's behaviour after ``cont`` or before it. Nothing that acts is ever sent twice: the peer
counts. What the connection itself does in these cases is in tests/monitor/test_connection.py.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from qmonsh.monitor.waiting import EventWatch
from tests.peer import (
    GREETING,
    ScriptedPeer,
    Step,
    close,
    event,
    expect,
    expect_end,
    greet,
    refuse,
    reply,
    reset,
    send,
)
from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm

ACT = '{"execute": "cont"}'
ASKED = [*greet(), expect("cont")]
LATE_ID = '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\r\n'

#: what the other end does, options, exit status, words on stderr (none when it is "")
BEFORE: list[tuple[str, list[Step], int, str]] = [
    ("closed before the greeting", [close()], 3, "ended before greeting"),
    ("closed in the greeting", [send('{"QMP": {"vers'), close()], 3, "ended before greeting"),
    ("another program's greeting", [send("SSH-2.0-OpenSSH_9.2\r\n"), expect_end()], 3, "cannot connect"),
    ("closed in the negotiation", [send(GREETING), expect("qmp_capabilities"), close()], 3, "it greeted,"),
    ("refused negotiation", [send(GREETING), expect("qmp_capabilities"), refuse("no")], 3, "refused the cap"),
    ("silence", [expect_end()], 3, "no greeting"),
    ("silence in the greeting", [send('{"QMP": {"vers'), expect_end()], 3, "cannot connect"),
    ("silence in the negotiation", [send(GREETING), expect_end()], 3, "did not answer the negotiation"),
]

AFTER: list[tuple[str, list[Step], int, str]] = [
    ("closed before the reply", [close()], 3, "outcome of 'cont' is unknown"),
    ("closed in the reply", [send('{"return": {}, "i'), close()], 3, "outcome of 'cont' is unknown"),
    ("closed behind an event", [event("RESUME"), close()], 3, "outcome of 'cont' is unknown"),
    ("half a reply, then silence", [send('{"return": {'), expect_end()], 4, "no answer to cont within"),
    ("silence", [expect_end()], 4, "QEMU may still carry it out"),
    ("not JSON", [send("}{\r\n"), expect_end()], 3, "broke the protocol"),
    ("invalid inside", [send('{"return": {1}}\r\n'), expect_end()], 3, "broke the protocol"),
    ("invalid UTF-8", [send(b'{"return": "\xff"}\r\n'), expect_end()], 3, "not valid UTF-8"),
    ("too deep", [send("[" * 600), expect_end()], 3, "nested deeper than"),
    ("a refusal", [refuse("not now")], 1, "not now"),
    ("an error without id", [send(LATE_ID), expect_end()], 1, "JSON parse error"),
    ("an error without id, then the reply", [send(LATE_ID), reply()], 0, ""),
    ("a reply in single bytes", [send('{"event": "A"}\r\n', pieces=0), reply()], 0, ""),
    ("another's reply first", [send('{"return": 1, "id": "other"}\r\n'), reply()], 0, ""),
    ("a reply without id first", [send('{"return": 1}\r\n'), reply()], 0, ""),
    ("the reply twice", [reply(), reply()], 0, ""),
    ("an unknown message", [send('{"news": 1}\r\n'), send("[]\r\n"), reply()], 0, ""),
    ("a second greeting", [send(GREETING), reply()], 0, ""),
    ("events in a flood", [event("FLOOD", times=300), reply()], 0, ""),
]


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(args)
    return ended.value.code, *capfd.readouterr()


def ids(rows: Iterable[tuple[str, list[Step], int, str]]) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.parametrize(("what", "steps", "status", "words"), BEFORE, ids=ids(BEFORE))
def test_a_fault_before_the_first_command(
    what: str, steps: list[Step], status: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with ScriptedPeer(steps) as peer:
        code, out, err = run(capfd, peer.target, "--connect-timeout", "0.3", ACT)
    assert (code, out) == (status, "") and words in err and "Traceback" not in err
    assert "cont" not in [command["execute"] for command in peer.commands]


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("what", "steps", "status", "words"), AFTER, ids=ids(AFTER))
def test_a_fault_after_the_command(
    what: str, steps: list[Step], status: int, words: str, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with ScriptedPeer([*ASKED, *steps]) as peer:
        code, out, err = run(capfd, peer.target, "-t", "0.3", "-o", form, ACT)
    assert code == status and "Traceback" not in out + err
    if form == "text":
        assert (words in err) if words else err == ""
    else:
        document = json.loads(out)
        assert err == "" and (words in document["error"]["desc"] if words else document == {})
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "cont"]


def test_a_reset_connection_leaves_the_outcome_unknown(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, reset()], family="tcp") as peer:
        code, out, err = run(capfd, peer.target, ACT)
    assert (code, out) == (3, "") and "outcome of 'cont' is unknown" in err and "abruptly" in err


def test_a_reply_after_the_deadline_is_nobody_elses(capfd: pytest.CaptureFixture[str]) -> None:
    script = [*ASKED, expect("query-status"), reply({"status": "running"})]
    # The first command is answered only behind the second.
    late = [lambda conversation: conversation.send_object({"return": "late", "id": first(conversation)})]
    with ScriptedPeer([*script[:-1], *late, script[-1]]) as peer:
        ask = '{"execute": "query-status"}'
        code, out, _ = run(capfd, peer.target, "-t", "0.3", "--keep-going", "--json", "-c", ACT, "-c", ask)
    assert code == 4
    documents = [json.loads(line) for line in out.splitlines()]
    assert documents[0]["error"]["class"] == "DeadlineError"
    assert documents[1:] == [{"status": "running"}]


def first(conversation: Any) -> Any:
    return next(command["id"] for command in conversation.peer.commands if command["execute"] == "cont")


def test_a_lost_connection_ends_a_script_even_with_keep_going(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, close()]) as peer:
        code, _, err = run(capfd, peer.target, "--keep-going", "-c", ACT, "-c", ACT, "-c", ACT)
    assert code == 3 and err.count("outcome") == 1
    assert [command["execute"] for command in peer.commands].count("cont") == 1


def test_no_event_of_a_flood_is_lost(capfd: pytest.CaptureFixture[str]) -> None:
    count = 20_000
    with ScriptedPeer([*ASKED, event("FLOOD", times=count), reply()]) as peer:
        code, out, err = run(capfd, peer.target, "--events", "--json", ACT)
    assert (code, err) == (0, "")
    *events, last = out.splitlines()
    assert [json.loads(line)["data"]["n"] for line in events] == list(range(count)) and last == "{}"


def test_a_socket_that_nobody_listens_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    code, _, err = run(capfd, path, ACT)
    assert code == 3 and path in err and "Traceback" not in err
    assert os.path.exists(path), "a socket of others is never unlinked"


@pytest.mark.real
def test_a_stopped_qemu_is_waited_for_until_the_deadline(vm: Any, capfd: pytest.CaptureFixture[str]) -> None:
    machine = vm()
    os.kill(machine.pid, signal.SIGSTOP)
    os.waitpid(machine.pid, os.WUNTRACED)  # it stops a moment after the signal was sent
    try:
        # The kernel accepts for it, so that it is the greeting that does not come.
        code, _, err = run(capfd, machine.target, "--connect-timeout", "0.3", "info", "status")
    finally:
        os.kill(machine.pid, signal.SIGCONT)
    assert code == 3 and "stopped" in err
    assert run(capfd, machine.target, "info", "status")[0] == 0


@pytest.mark.real
@pytest.mark.parametrize("how", ["quit", "SIGKILL"])
def test_a_qemu_that_is_gone_is_said_to_be(vm: Any, how: str, capfd: pytest.CaptureFixture[str]) -> None:
    machine = vm()
    if how == "quit":
        assert run(capfd, machine.target, "-y", "quit")[0] == 0
    else:
        os.kill(machine.pid, signal.SIGKILL)
    machine.child.process.wait(20)
    code, out, err = run(capfd, machine.target, "info", "status")
    assert (code, out) == (3, "") and "cannot connect" in err and "Traceback" not in err


@pytest.mark.real
def test_a_qemu_killed_in_a_wait_fails_the_wait(
    vm: Any, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = vm()
    wait = EventWatch.wait

    def kill_first(*args: Any, **more: Any) -> Any:
        os.kill(machine.pid, signal.SIGKILL)
        return wait(*args, **more)

    monkeypatch.setattr(EventWatch, "wait", kill_first)
    code, _, err = run(capfd, machine.target, "--wait", "NEVER")
    assert code == 3 and "was lost" in err
