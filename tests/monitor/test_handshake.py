"""The first words: what is sent when, by whom they are read, and within the deadline."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError
from tests.peer import GREETING, ScriptedPeer, close, event, expect, expect_end, greet, reply, send, serve

BANNER = "QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "


def in_a_thread(function: Any) -> Any:
    """Run ``function`` in a thread that does not lead, and return what it returns or raises."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def in_main(function: Any) -> Any:
    try:
        return function()
    except ConnectError as error:
        return error


WHO = pytest.mark.parametrize("run", [in_main, in_a_thread], ids=["main", "thread"])


@WHO
def test_greeting_and_negotiation_in_pieces(run: Any) -> None:
    script = [
        send(GREETING, pieces=7),
        event("EARLY"),
        expect("qmp_capabilities"),
        event("MIDDLE"),
        reply(),
        serve({"x": 1}),
    ]
    names: list[str] = []

    def talk() -> Any:
        observers = (lambda message: names.append(getattr(message, "name", type(message).__name__)),)
        with connect(peer.target, observers=observers) as monitor:
            return monitor.execute("x")

    with ScriptedPeer(script) as peer:
        assert run(talk) == 1
    assert names == ["Greeting", "EARLY", "MIDDLE", "Return", "Return"]


@WHO
@pytest.mark.parametrize(
    ("script", "cause", "timeout"),
    [
        ([expect_end()], "silent", 0.1),
        ([send(b'{"QMP": {'), expect_end()], "not-a-monitor", 1),
        ([send("QEMU 7.2.22 moni"), expect_end()], "not-a-monitor", 1),
        ([send(GREETING), expect_end()], "negotiation", 1),
        ([send(GREETING), expect("qmp_capabilities"), close()], "negotiation", 20),
        ([close()], "closed", 20),
    ],
)
def test_what_is_missing_is_told_whoever_reads(
    run: Any, script: list[Any], cause: str, timeout: float
) -> None:
    with ScriptedPeer(script) as peer:
        error = run(lambda: connect(peer.target, timeout=timeout))
    assert isinstance(error, ConnectError) and error.cause == cause


@WHO
def test_a_text_monitor_is_left_to_the_attendant(run: Any) -> None:
    with ScriptedPeer([send(BANNER), expect_end()]) as peer:

        def talk() -> str:
            with connect(peer.target) as monitor:
                assert not monitor._turns.leads()
                return monitor.dialect

        assert run(talk) == "hmp"


def test_a_failed_opening_leaves_no_thread() -> None:
    with ScriptedPeer([send("nothing")], *[greet()]) as peer:
        with pytest.raises(ConnectError):
            connect(peer.target, timeout=20)
        connect(peer.target).close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qmonsh reader")]
