"""The scripted peer itself: what it plays, and that a script that does not fit is a failure."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

from tests.peer import (
    GREETING,
    ScriptedPeer,
    close,
    event,
    expect,
    expect_end,
    expect_line,
    greet,
    refuse,
    reply,
    reset,
    send,
    serve,
    signal,
    wait,
)


class Line:
    """The plainest other end: JSON lines over a socket."""

    def __init__(self, peer: ScriptedPeer) -> None:
        if peer.socket is not None:
            self.socket = peer.socket
        elif peer.path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(peer.path)
        else:
            self.socket = socket.create_connection(("127.0.0.1", peer.port))
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()
        self.socket.close()

    def read(self) -> Any:
        line = self.file.readline()
        return json.loads(line) if line else None

    def execute(self, name: str, id: Any = 1, **arguments: Any) -> None:  # noqa: A002
        message = {"execute": name, "id": id, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode() + b"\n")


@pytest.mark.parametrize("family", ["unix", "tcp", "pair"])
def test_script_is_played_in_order(family: str) -> None:
    script = [
        *greet(),
        expect("qom-get", path="/machine"),
        event("STOP"),
        reply(5),
        expect("nosuch"),
        refuse("no", "CommandNotFound"),
        close(),
    ]
    with ScriptedPeer(script, family=family) as peer, Line(peer) as line:
        assert line.read() == GREETING
        line.execute("qmp_capabilities")
        assert line.read() == {"return": {}, "id": 1}
        line.execute("qom-get", id="a", path="/machine", property="x")
        assert line.read()["event"] == "STOP"
        assert line.read() == {"return": 5, "id": "a"}
        line.execute("nosuch", id=None)
        assert line.read() == {"error": {"class": "CommandNotFound", "desc": "no"}, "id": None}
        assert line.read() is None
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "qom-get", "nosuch"]
    assert peer.received.count(b"\n") == 3


def test_each_connection_gets_the_next_script() -> None:
    with ScriptedPeer([send("one\n")], [send("two\n")]) as peer:
        for word in (b"one\n", b"two\n"):
            with Line(peer) as line:
                assert line.file.read() == word


def test_flags_order_the_two_sides() -> None:
    go, gone = threading.Event(), threading.Event()
    with ScriptedPeer([signal(gone), wait(go), send("later\n"), expect_end()]) as peer, Line(peer) as line:
        assert gone.wait(5)
        go.set()
        assert line.file.readline() == b"later\n"


def test_events_in_a_flood_are_numbered() -> None:
    with ScriptedPeer([event("RTC_CHANGE", {"offset": 1}, times=3)]) as peer, Line(peer) as line:
        assert [line.read()["data"] for _ in range(3)] == [{"offset": 1, "n": n} for n in range(3)]


def test_text_in_pieces_arrives_whole() -> None:
    with ScriptedPeer([send("(qemu) ", pieces=0), expect_line("info kvm")]) as peer, Line(peer) as line:
        assert line.file.read(7) == b"(qemu) "
        line.socket.sendall(b"info kvm\r\n")


def test_serve_answers_by_name_and_by_function() -> None:
    with ScriptedPeer([serve({"query-status": {"status": "running"}})]) as peer, Line(peer) as line:
        line.execute("query-status")
        assert line.read()["return"] == {"status": "running"}
        line.execute("other")
        assert line.read()["error"]["class"] == "CommandNotFound"
    with ScriptedPeer([serve(lambda command: command["execute"].upper())]) as peer, Line(peer) as line:
        line.execute("quit")
        assert line.read()["return"] == "QUIT"
        assert line.read() is None


def test_reset_is_seen_as_a_reset() -> None:
    with ScriptedPeer([expect("a"), reset()], family="tcp") as peer, Line(peer) as line:
        line.execute("a")
        with pytest.raises(ConnectionResetError):
            line.socket.recv(1)


@pytest.mark.parametrize(
    "script",
    [
        [expect("b")],
        [expect("a", path="/y")],
        [expect("a"), expect("a")],
        [expect("a"), wait(threading.Event())],
        [expect_line("a")],
    ],
    ids=["other-name", "other-argument", "never-comes", "never-set", "other-text"],
)
def test_script_that_does_not_fit_fails(script: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.peer.DEADLINE", 0.2)
    with pytest.raises((AssertionError, EOFError)):
        with ScriptedPeer(script) as peer, Line(peer) as line:
            line.execute("a", path="/x")


def test_script_never_begun_fails() -> None:
    with pytest.raises(OSError):
        with ScriptedPeer([send("x")]):
            pass


def test_failure_of_the_test_comes_first() -> None:
    with pytest.raises(ZeroDivisionError):
        with ScriptedPeer([expect("a")]):
            raise ZeroDivisionError


@pytest.mark.parametrize(("after", "ends_well"), [([reply()], True), ([reply(), expect("stop")], False)])
def test_other_end_may_leave_without_hearing_all_but_not_before_it_is_heard(
    after: list[Any], ends_well: bool
) -> None:
    gone = threading.Event()

    def play() -> None:
        with ScriptedPeer([wait(gone), send("x"), *after]) as peer:
            with Line(peer):
                pass
            gone.set()

    if ends_well:
        play()
    else:
        with pytest.raises((EOFError, ConnectionError)):
            play()
