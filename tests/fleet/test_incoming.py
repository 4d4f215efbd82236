"""Bytes of one monitor of many become messages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from qmonsh.errors import ProtocolError
from qmonsh.fleet import incoming
from qmonsh.fleet.incoming import Incoming
from qmonsh.wire.message import Answer, Banner, Event, Greeting, Message
from tests.monitor.test_conversation import echo

GREETING = b'{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 9}}, "capabilities": []}}\r\n'
EVENT = b'{"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}\r\n'
BANNER = b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "
#: A server's offer to echo, as telnet's monitors begin.
TELNET = b"\xff\xfb\x01"
PASSWORD = "the password"


def heard(
    pieces: Sequence[bytes],
    *,
    dialect: str = "auto",
    then: Callable[[Incoming], None] = lambda subject: None,
    until: int = 0,
    **limits: int,
) -> list[Message | str]:
    """Return what pieces come to: once ``until`` messages are there, PASSWORD among them."""
    found: list[Message | str] = []

    async def main() -> None:
        enough = asyncio.Event()

        def deliver(message: Message | str) -> None:
            found.append(message)
            if len(found) >= until:
                enough.set()

        subject = Incoming(dialect, deliver=deliver, on_password=lambda: deliver(PASSWORD), **limits)
        for piece in pieces:
            subject.receive(piece)
        then(subject)
        if until:
            await asyncio.wait_for(enough.wait(), 20)
        subject.stop()

    asyncio.run(main())
    return found


@pytest.mark.parametrize("dialect", ["auto", "qmp"])
@pytest.mark.parametrize("cut", [1, 7, len(GREETING), len(GREETING) + 3])
def test_messages_come_however_they_are_cut(dialect: str, cut: int) -> None:
    data = GREETING + EVENT
    found = heard([data[:cut], data[cut:]], dialect=dialect)
    assert [type(message) for message in found] == [Greeting, Event]


def test_telnet_is_taken_away() -> None:
    assert [type(message) for message in heard([TELNET, GREETING])] == [Greeting]


@pytest.mark.parametrize("first", [b"SSH-2.0-x\r\n", b"\x80\x81", b"[1]"])
def test_what_is_no_monitor_is_refused(first: bytes) -> None:
    with pytest.raises(ProtocolError, match="not a QEMU monitor"):
        heard([first])


def send(subject: Incoming, line: str, answer: str) -> None:
    """Send a line to a text monitor and let it answer."""
    subject.machine.send(line)
    subject.receive((echo(line) + answer).encode())


def say(subject: Incoming) -> None:
    send(subject, "info x", "fine\r\n(qemu) ")


def test_quiet_ends_the_answer_of_a_text_monitor() -> None:
    banner, answer = heard([BANNER], then=say, until=2)
    assert isinstance(banner, Banner) and isinstance(answer, Answer) and answer.text.strip() == "fine"


def test_the_end_of_the_stream_ends_it_too() -> None:
    def then(subject: Incoming) -> None:
        say(subject)
        subject.end()

    assert [type(message) for message in heard([BANNER], then=then)] == [Banner, Answer]


def test_a_question_for_a_password_is_told() -> None:
    def then(subject: Incoming) -> None:
        send(subject, "change vnc password", "Password: ")

    assert heard([BANNER], then=then, until=2)[1] == PASSWORD


def test_first_bytes_are_kept_for_who_wants_to_know_what_greeted() -> None:
    kept: list[bytes] = []
    heard([b" " * 1000, GREETING], then=lambda subject: kept.append(subject.first))
    assert kept == [b" " * incoming.FIRST_BYTES]


@pytest.mark.parametrize(
    ("limits", "data", "setting"),
    [
        ({}, b"x" * (2 << 20), "max_reply"),
        ({"max_reply": 1 << 10}, b"x" * (2 << 10), "max_reply"),
        ({"max_depth": 8}, b"[" * 20, "max_depth"),
    ],
)
@pytest.mark.parametrize("text", [False, True])
def test_what_is_over_a_limit_is_refused(
    limits: dict[str, int], data: bytes, setting: str, text: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MOST_BYTES", 1 << 20)
    if text and setting == "max_depth":
        return  # text has no depth

    def then(subject: Incoming) -> None:
        send(subject, "info x", data.decode())

    with pytest.raises(ProtocolError, match=setting):
        if text:
            heard([BANNER], then=then, **limits)
        else:
            heard([GREETING, b'{"return": ' + (data if setting == "max_depth" else b'"' + data)], **limits)
