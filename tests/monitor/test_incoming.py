"""Incoming: messages in wire order to observers and waiters, and how a stream ends; without threads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qmonsh.errors import ConnectionLostError, ProtocolError, QmonshError
from qmonsh.monitor.incoming import TORN, Incoming
from qmonsh.wire.exchange import State
from qmonsh.wire.message import Command, Event, Message, Return
from tests.peer import GREETING


class Script:
    """A transport that reads the given pieces, and raises those that are errors."""

    address = "unix:/p"

    def __init__(self, *pieces: bytes | Exception, words: str = "") -> None:
        self.pieces = list(pieces)
        self.words = words

    def read(self) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece

    def write(self, data: bytes) -> None:
        raise AssertionError("nothing is written here")

    def close(self) -> None:
        self.pieces.clear()

    def last_words(self) -> str:
        return self.words


class Ears:
    """All that an Incoming calls, noted in order."""

    def __init__(self, *pieces: bytes | Exception, words: str = "", dialect: str = "auto") -> None:
        self.heard: list[tuple[str, Any]] = []
        self.late: set[str] = set()
        self.observed: list[Message] = []
        self.incoming = Incoming(
            Script(*pieces, words=words),
            dialect=dialect,
            observers=(self.observe,),
            tap=None,
            settle=self.settle,
            report_late=lambda command, reply: self.heard.append(("late", command)),
            check=lambda line, in_flight: None,
            on_end=lambda error: self.heard.append(("end", error)),
        )

    def observe(self, message: Message) -> None:
        assert self.incoming.is_handed_out_here
        self.observed.append(message)
        self.heard.append(("observer", type(message).__name__))

    def settle(self, reply: Any) -> str | None:
        assert not self.incoming.is_handed_out_here
        self.heard.append(("settle", reply.id))
        return "slow" if reply.id in self.late else None


def line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\r\n"


def greeted(*pieces: bytes | Exception) -> Ears:
    """Return ears that have heard the greeting and wait for the reply with id "1"."""
    ears = Ears(line(GREETING), *pieces)
    assert ears.incoming.take()
    machine = ears.incoming.machine
    machine.state = State.READY
    machine.pending["1"] = "x"
    ears.heard.clear()
    return ears


EVENT = {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}
REPLY = {"return": 5, "id": "1"}


def test_messages_are_handed_out_in_the_order_of_the_wire() -> None:
    ears = greeted(line(EVENT) + line(REPLY) + line(EVENT))
    while len(ears.observed) < 4 and ears.incoming.take():
        pass
    assert ears.heard == [
        ("observer", "Event"),
        ("observer", "Return"),
        ("settle", "1"),
        ("observer", "Event"),
    ]


def test_a_late_reply_is_reported_after_the_observers_saw_it() -> None:
    ears = greeted(line(REPLY))
    ears.late.add("1")
    assert ears.incoming.take()
    assert ears.heard == [("observer", "Return"), ("settle", "1"), ("late", "slow")]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_the_dialect_is_recognised_wherever_the_greeting_is_cut(cut: int) -> None:
    whole = line(GREETING)
    ears = Ears(whole[:cut], whole[cut:])
    while ears.incoming.greeting is None:
        assert ears.incoming.take()
    assert ears.incoming.dialect == "qmp"
    assert ears.incoming.first == whole[: len(ears.incoming.first)] != b""


def test_what_is_no_monitor_ends_the_stream_with_an_excerpt() -> None:
    ears = Ears(b"SSH-2.0-OpenSSH\r\n")
    assert not ears.incoming.take()
    lost = ears.incoming.lost
    assert isinstance(lost, ProtocolError) and "SSH" in lost.excerpt
    assert ears.heard == [("end", lost)]


@pytest.mark.parametrize(
    ("pieces", "words", "reason"),
    [
        ((), "", "the other end closed it"),
        ((b'{"retu',), "", "in the middle of a message (6 bytes came)"),
        ((), "the command ended with status 1", "status 1"),
        ((ConnectionLostError("reset"),), "", "reset"),
    ],
)
def test_the_end_says_why(pieces: tuple[Any, ...], words: str, reason: str) -> None:
    ears = Ears(line(GREETING), *pieces, words=words)
    while ears.incoming.take():
        pass
    assert isinstance(ears.incoming.lost, ConnectionLostError) and reason in ears.incoming.lost.reason
    assert [what for what, _ in ears.heard] == ["observer", "end"]


def test_a_defect_of_ours_ends_the_stream_instead_of_a_hang() -> None:
    ears = greeted(line(EVENT))
    ears.incoming.observers.append(lambda message: 1 / 0)  # type: ignore[arg-type, return-value]
    assert not ears.incoming.take()
    assert "ZeroDivisionError" in str(ears.incoming.lost)


def test_the_first_reason_of_an_end_counts() -> None:
    ears = greeted()
    ears.incoming.tear()
    assert not ears.incoming.take()
    ends = [fact for what, fact in ears.heard if what == "end"]
    assert len(ends) == 1 and TORN in str(ends[0])


def test_an_interrupt_goes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads decides what it means: Incoming takes it for no defect."""
    ears = greeted(line(EVENT))

    def interrupt(message: Message) -> None:
        raise KeyboardInterrupt

    ears.incoming.observers.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        ears.incoming.take()
    assert ears.incoming.lost is None and not ears.incoming.is_handed_out_here


def test_ids_of_two_connections_differ() -> None:
    sent = [greeted().incoming.machine.send(Command("x"))[0] for _ in range(2)]
    assert sent[0] != sent[1]


def test_kinds_of_messages_seen_by_observers() -> None:
    ears = greeted(line(EVENT), line(REPLY))
    while ears.incoming.take():
        pass
    assert [type(message) for message in ears.observed[1:]] == [Event, Return]
    assert isinstance(ears.incoming.lost, QmonshError)
