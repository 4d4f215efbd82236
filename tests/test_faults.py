"""The fault matrix: what goes wrong on the way, and what the command line says, returns and never does.

Each row is a monitor's behaviour after ``cont`` or before it. Nothing that acts is ever sent twice: the peer
counts. What the connection itself does in these cases is in tests/monitor/test_connection.py.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import termios
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from qmonsh.cli import main
from qmonsh.errors import QmonshError
from qmonsh.monitor.session import Session
from qmonsh.monitor.waiting import EventWatch
from qmonsh.target import parse_target
from tests.conftest import CHECKOUT
from tests.language import frozen
from tests.language.frozen import BLOCK
from tests.peer import (
    GREETING,
    Conversation,
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
from tests.shell.kit import FakeMonitor, shell_on
from tests.shell.terminal_session import TerminalSession, qmonsh

ACT = '{"execute": "cont"}'
ASKED = [*greet(), expect("cont")]
LATE_ID = '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\r\n'

#: Lines of every kind, as somebody types them.
TYPED = [
    line
    for line in (CHECKOUT / "tests" / "language" / "lines.txt").read_text(encoding="utf-8").splitlines()
    if line and line[0] not in "#@ "
]

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
        # Only where the deadline is what is tested may it be short: machines are slow at times.
        code, out, err = run(capfd, peer.target, "-t", "0.3" if status == 4 else "60", "-o", form, ACT)
    assert code == status and "Traceback" not in out + err
    assert ("outcome of 'cont' is unknown" in out + err) == (status == 3)
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
        code, out, _ = run(capfd, peer.target, "-t", "2", "--keep-going", "--json", "-c", ACT, "-c", ask)
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


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_no_event_of_a_flood_is_lost(count: int, capfd: pytest.CaptureFixture[str]) -> None:
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
    code, _, err = run(capfd, machine.target, "--wait", "WATCHDOG")
    assert code == 3 and "was lost" in err


# -- slow, replaced, started anew ---------------------------------------------------------------------------


def trickle(data: bytes, *, pause: float) -> Step:
    """Send bytes one at a time with a pause behind each; what nobody wants any more is no failure."""

    def step(conversation: Conversation) -> None:
        with suppress(ConnectionError):
            for byte in data:
                conversation.send(bytes([byte]))
                select.select([conversation.sock], [], [], pause)

    return step


def answer_slowly(*, pause: float) -> Step:
    def step(conversation: Conversation) -> None:
        answer = json.dumps({"return": {}, "id": conversation.peer.commands[-1]["id"]}).encode()
        trickle(answer, pause=pause)(conversation)

    return step


def test_a_slow_reply_is_waited_for(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, answer_slowly(pause=0.002)]) as peer:
        assert run(capfd, peer.target, "--json", ACT) == (0, "{}\n", "")


def test_a_deadline_counts_from_the_command_however_bytes_trickle(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, answer_slowly(pause=0.1)]) as peer:  # 3 s in all
        code, _, err = run(capfd, peer.target, "-t", "0.3", ACT)
    assert code == 4 and "no answer to cont" in err


def test_a_greeting_that_trickles_is_none(capfd: pytest.CaptureFixture[str]) -> None:
    slow = trickle(json.dumps(GREETING).encode(), pause=0.1)
    with ScriptedPeer([slow]) as peer:
        code, _, err = run(capfd, peer.target, "--connect-timeout", "0.3", ACT)
    assert code == 3 and "cannot connect" in err and peer.commands == []


def test_an_end_between_the_reply_and_the_event_fails_the_wait(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, reply(), close()]) as peer:
        code, out, err = run(capfd, peer.target, "--wait", "RESUME", "--json", ACT)
    assert code == 3 and json.loads(out.splitlines()[0]) == {} and err == ""
    assert "error" in json.loads(out.splitlines()[1])


def test_a_replaced_socket_file_changes_nothing_for_who_is_connected(tmp_path: Path) -> None:
    """The conversation goes on with the old one; only connecting again reaches the new, and says so."""
    with FakeMonitor() as old, FakeMonitor({"query-name": {"name": "new"}}) as new:
        with shell_on(old) as kit:
            path = old.target.removeprefix("unix:")
            os.rename(new.target.removeprefix("unix:"), path)
            assert "VM status" in kit.do("query-status") and "query-status" in old.names()
            assert new.names() == []
            kit.do(".reconnect")
            kit.settle()
            assert "this is another VM: it was 'vm0', it is 'new'" in kit.text
            assert "VM status" in kit.do("query-status") and "query-status" in new.names()


@pytest.mark.real
def test_a_vm_started_anew_on_the_same_path_is_another(
    vm: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first, second = vm("-name", "one"), vm("-name", "two")
    path = str(tmp_path / "vm.sock")
    os.rename(first.path, path)
    with shell_on(path) as kit:
        kit.until(lambda: kit.shell.monitor.state.name == "one")
        # A 5.2 that was given its listener is seen as the process that made it: this one, both times.
        is_seen = kit.shell.monitor.session.connection.peer_pid == first.pid
        os.kill(first.pid, signal.SIGKILL)
        kit.until("not connected")
        code, _, err = run(capfd, path, "info name")
        assert code == 3 and "cannot connect" in err
        os.rename(second.path, path)  # as a new QEMU does, which unlinks and binds
        assert run(capfd, path, "info name")[:2] == (0, "two\n")
        kit.do(".reconnect", "info name")
        kit.settle()
        assert "this is another VM: it was 'one', it is 'two'" in kit.text
        assert ("another QEMU process" in kit.text) == is_seen


@pytest.mark.real
def test_a_qemu_stopped_in_a_session_is_waited_for_until_the_deadline(vm: Any) -> None:
    machine = vm()
    words = qmonsh(machine.target, "-t", "3", "--keep-going", "-f", "-")
    script = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=CHECKOUT
    )
    assert script.stdin and script.stdout
    script.stdin.write(b"info status\n")
    script.stdin.flush()
    assert script.stdout.readline() == b"VM status: paused (prelaunch)\n"
    os.kill(machine.pid, signal.SIGSTOP)
    os.waitpid(machine.pid, os.WUNTRACED)
    try:
        _, err = script.communicate(b"stop\n", timeout=60)
    finally:
        os.kill(machine.pid, signal.SIGCONT)
    assert script.returncode == 4 and b"QEMU may still carry it out" in err


# -- files and folders that cannot be used ----------------------------------------------------------------

NO_HOME = {"HOME": "", "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "relative", "XDG_CACHE_HOME": ""}


@pytest.mark.parametrize("case", ["no home", "files for folders", "no room"])
def test_a_shell_works_without_its_files(case: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    environment = {f"XDG_{name}_HOME": str(blocked) for name in ("CONFIG", "STATE", "CACHE")}
    words, why = qmonsh(), "its folder cannot be made"
    if case == "no home":
        environment, why = NO_HOME, "there is no home directory"
    elif case == "no room":
        environment, why = {"XDG_STATE_HOME": str(tmp_path)}, "File too large"
    with FakeMonitor() as monitor:
        words = [*words, monitor.target]
        if case == "no room":
            words = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *words]
        with TerminalSession(words, environment=environment, columns=200) as session:
            session.until("vm0 running>")
            session.enter("info name", "vm0 running>", times=2)
            session.until(lambda: why in " ".join(session.screen.text.split()))
            session.enter("info name", "vm0 running>", times=3)
            session.keys("\x04")
            assert session.end() == 0
            assert session.screen.text.count("history is not stored") == 1


def test_a_disk_that_fills_up_ends_the_recording_only(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_bytes(b"x" * 400 + b"\n")
    with FakeMonitor() as monitor:
        words = qmonsh(monitor.target, "--record", str(record), "-c", "info status", "-c", "info name")
        ran = subprocess.run(
            ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *words],
            cwd=CHECKOUT,
            capture_output=True,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (0, b"VM status: running\nvm0\n")
    assert f"recording to {record} stopped: File too large".encode() in ran.stderr
    assert ran.stderr.count(b"recording") == 1 and record.stat().st_size <= 1024


def test_a_configuration_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "qmonsh" / "config.toml"
    path.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    code, _, err = run(capfd, "/dev/null/none", "info status")
    assert code == 2 and str(path) in err
    path.rmdir()
    path.write_text('output = "text"\ntimeout = "soon"\n')
    code, _, err = run(capfd, "/dev/null/none", "info status")
    assert code == 2 and f"{path}:2" in err and "'timeout'" in err


# -- limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [True, False])
def test_a_reply_over_the_limit_is_refused_in_time(
    text: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The limit is the configuration's; what is over it is not even received."""
    config = tmp_path / "config.toml"
    config.write_text("max_reply = 2\n")
    mega = b"x" * (1 << 20)

    def flood(conversation: Conversation) -> None:
        with suppress(ConnectionError):
            conversation.send(b"" if text else b'{"return": "')
            while True:
                conversation.send(mega)

    banner = b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
    script = [send(banner), flood] if text else [*ASKED, flood]
    with ScriptedPeer(script) as peer:
        code, out, err = run(capfd, "--config", str(config), peer.target, "stop" if text else ACT)
    assert (code, out) == (3, "") and f"longer than the limit of {2 << 20} bytes (max_reply)" in err
    assert run(capfd, "--config", str(config), "/dev/null/none", "x")[0] == 3
    config.write_text("max_reply = 0\n")
    assert "MiB" in run(capfd, "--config", str(config), "/dev/null/none", "x")[2]


def nested(levels: int, value: Any = None) -> Any:
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize("flags", [[], ["--json"], ["-o", "raw"], ["-v", "--events", "--debug"]], ids=str)
@pytest.mark.parametrize("limit", [6, 512, 800])
def test_nesting_beyond_the_limit_is_refused(
    limit: int, flags: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The limit is the configuration's; what keeps within it is shown, recorded and replayed."""
    config, path = tmp_path / "config.toml", str(tmp_path / "record")
    config.write_text(f"max_depth = {limit}\n")

    def answered(levels: int) -> tuple[Any, str, str]:
        # The reply itself is a level.
        with ScriptedPeer([*ASKED, reply(nested(levels - 1, "the end")), expect_end()]) as peer:
            return run(capfd, "--config", str(config), *flags, "--record", path, peer.target, ACT)

    code, out, err = answered(limit)
    assert code == 0 and "the end" in out and "internal" not in err
    code, replayed, err = run(capfd, "--replay", path, *flags)
    assert (code, err) == (0, "") and "the end" in replayed
    code, out, err = answered(limit + 1)
    said = out + err
    assert code == 3 and f"nested deeper than {limit} levels (max_depth)" in said and "internal" not in said


@pytest.mark.parametrize("limit", [0, -1, 801, 10**30, True])
def test_a_depth_that_cannot_be_kept_is_refused(limit: Any, tmp_path: Path, capfd: Any) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"max_depth = {json.dumps(limit)}\n")
    code, _, err = run(capfd, "--config", str(config), "/dev/null/none", "x")
    assert code == 2 and f"{config}:1" in err and "'max_depth'" in err


def test_a_flood_of_events_into_a_closed_pipe_ends(tmp_path: Path) -> None:
    def flood(conversation: Conversation) -> None:
        with suppress(ConnectionError):
            while True:
                event("FLOOD", times=100)(conversation)
                event("RTC_CHANGE")(conversation)

    with ScriptedPeer([*greet(), flood]) as peer:
        words = qmonsh(peer.target, "--events", "--json", "--wait", "WATCHDOG")
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert child.stdout is not None and child.stderr is not None
        assert b"FLOOD" in child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b"" and child.wait(60) is not None
        child.stderr.close()


# -- signals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_in_a_waiting_shell_restores_the_terminal(number: int, status: int) -> None:
    with FakeMonitor() as monitor:
        monitor.stuck = {"stop"}
        with TerminalSession(qmonsh(monitor.target)) as session:
            session.until("vm0 running>")
            session.keys("stop\r")
            session.until(lambda: "stop" in monitor.sent)
            os.kill(session.pid, number)
            assert session.end() == status
            assert termios.tcgetattr(session.fd) == session.modes
        history = Path(os.environ["XDG_STATE_HOME"]) / "qmonsh" / "history"
        assert "+stop" in history.read_text() and monitor.sent.count("stop") == 1


def test_a_kill_leaves_every_complete_line(tmp_path: Path) -> None:
    """What the monitor has heard of was written before: the kill comes with the hundredth command."""
    record, count = tmp_path / "record", 100

    def kill_at_last(conversation: Conversation) -> None:
        for number in range(count):
            command = conversation.receive_command()
            if number == count - 1:
                child.kill()
                return
            conversation.send_object({"event": "E", "data": {"n": number}})
            conversation.send_object({"return": {"n": number}, "id": command["id"]})

    with ScriptedPeer([*greet(), kill_at_last]) as peer:
        words = qmonsh(peer.target, "--json", "--record", str(record), "-f", "-")
        child = subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        child.communicate(f"{ACT}\n".encode() * count, timeout=60)
    assert child.returncode == -signal.SIGKILL
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    received = [line["message"] for line in lines if line["direction"] == "received"]
    assert [one["data"]["n"] for one in received if "event" in one] == list(range(count - 1))
    assert [one["return"]["n"] for one in received if one.get("return")] == list(range(count - 1))


# -- nothing that acts is sent twice ----------------------------------------------------------------------


@pytest.mark.parametrize("error", ["CommandNotFound", "GenericError", "DeviceNotFound"])
def test_a_refused_command_takes_no_other_way(error: str, captures: Path) -> None:
    """Every line of the table that acts, refused: neither a twin nor human-monitor-command is tried next."""
    known = {path.stem: json.loads(path.read_text()) for path in (captures / "7.2").glob("*.json")}
    human = {"help": frozen.text("7.2", "help"), "help info": frozen.text("7.2", "help_info")}

    def answer(conversation: Conversation) -> None:
        with suppress(EOFError, ConnectionError):
            while True:
                command = conversation.receive_command()
                name = command["execute"]
                line = command.get("arguments", {}).get("command-line", "")
                if name in BLOCK:
                    conversation.reply(BLOCK[name])
                elif line in human:
                    conversation.reply(human[line])
                elif name.startswith(("query-", "qom-list", "device-list")) and "return" in known.get(
                    name, {}
                ):
                    conversation.reply(known[name]["return"])
                else:
                    conversation.refuse("no", error)

    tried = 0
    with ScriptedPeer([*greet(), answer]) as peer:
        session = Session(parse_target(peer.target))
        session.connect()
        for line in TYPED:
            try:
                plan = session.plan(line)
            except QmonshError:
                continue
            if not plan.acts or not plan.steps:
                continue
            before = len(peer.commands)
            try:
                session.run(plan)
            except QmonshError:
                tried += 1
            sent = [
                (command["execute"], command.get("arguments"))
                for command in peer.commands[before:]
                if not command["execute"].startswith("query-")
            ]
            allowed = [(step.command, step.arguments) for step in (*plan.steps, *plan.undo)]
            assert all(sent.count(one) <= allowed.count(one) for one in sent), (line, sent)
            assert sent[:1] == allowed[:1] or plan.steps[0].command.startswith("query-"), (
                line,
                sent,
                allowed,
            )
        session.close()
    assert tried > 100


@pytest.mark.parametrize(
    "words", [["--keep-going"], ["--keep-going", "--json"], ["-t", "5", "--events"]], ids=str
)
@pytest.mark.parametrize("line", [ACT, "cont", "hmp cont", "qmp cont", "transaction( abort )"])
def test_a_lost_command_is_never_sent_again(
    line: str, words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    """The peer would take further connections and count what they bring."""
    asks = {
        "query-commands": [{"name": name} for name in ("cont", "transaction", "human-monitor-command")],
        "query-qmp-schema": [],
    }

    def lose(conversation: Conversation) -> None:
        while True:
            command = conversation.receive_command()
            if command["execute"] not in asks:
                conversation.sock.close()
                return
            conversation.reply(asks[command["execute"]])

    with ScriptedPeer([*greet(), lose]) as peer:
        code, _, _ = run(capfd, peer.target, *words, "-c", line, "-c", line)
    acting = [
        one for one in peer.commands if one["execute"] not in asks and one["execute"] != "qmp_capabilities"
    ]
    assert (code in (2, 3)) and len(acting) == (1 if code == 3 else 0)


def test_many_monitors_are_told_once_each(capfd: pytest.CaptureFixture[str]) -> None:
    with ScriptedPeer([*ASKED, close()]) as lost, ScriptedPeer([*ASKED, reply()]) as fine:
        code, _, err = run(capfd, "each", "-y", lost.target, fine.target, "--", ACT)
    assert code == 3 and "unknown" in err
    for peer in (lost, fine):
        assert [command["execute"] for command in peer.commands].count("cont") == 1


def test_connecting_again_by_itself_sends_nothing_again() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor, auto_reconnect=True) as kit:
        monitor.stuck = {"stop"}

        async def user() -> None:
            acting = asyncio.ensure_future(kit.shell.run_line("stop"))
            while "stop" not in monitor.sent:
                await asyncio.sleep(0.005)
            monitor.hang_up()
            assert not await acting
            monitor.stuck = set()
            while kit.shell.monitor.state.lost is not None:
                await asyncio.sleep(0.005)

        kit.run(user())
        kit.settle()
        assert monitor.names().count("qmp_capabilities") == 2
        assert "VM status" in kit.do("query-status")
        assert monitor.sent.count("stop") == 1 and "outcome" in kit.text
