"""Channels of asyncssh as they are driven by it; a real sshd is in test_park.py."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import Any

import pytest

from qmonsh.errors import ConnectError, ConnectionLostError, QmonshError
from qmonsh.fleet.listing import MOST_BYTES
from qmonsh.fleet.ssh_channel import MOST_WORDS, ChannelStream, Collected, CommandStream, words_of
from qmonsh.target import parse_target
from qmonsh.transport.ssh_failure import MISSING

TARGET = parse_target("ssh://web01/run/vm.sock")
STDERR = 1


class Ear:
    """A Receiver that keeps what it hears."""

    def __init__(self) -> None:
        self.data = b""
        self.ends: list[QmonshError | None] = []

    def received(self, data: bytes) -> None:
        self.data += data

    def ended(self, error: QmonshError | None) -> None:
        self.ends.append(error)


class Channel:
    """Stands for asyncssh's channel."""

    def __init__(self) -> None:
        self.sent = b""
        self.is_over = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def abort(self) -> None:
        self.is_over = True

    def is_closing(self) -> bool:
        return self.is_over


def opened(kind: type[ChannelStream] = ChannelStream) -> tuple[Any, Ear, Channel]:
    ear, channel = Ear(), Channel()
    stream = kind(TARGET, ear)
    stream.connection_made(channel)
    stream.session_started()
    return stream, ear, channel


def test_bytes_both_ways_and_a_good_end() -> None:
    stream, ear, channel = opened()
    stream.data_received(b"hello", None)
    stream.write(b"you")
    assert not stream.eof_received()
    stream.connection_lost(None)
    assert (ear.data, ear.ends, channel.sent) == (b"hello", [None], b"you")


def test_after_closing_nothing_is_heard_or_sent() -> None:
    stream, ear, channel = opened()
    stream.close()
    stream.data_received(b"late", None)
    stream.write(b"late")
    stream.connection_lost(None)
    assert (ear.data, ear.ends, channel.sent, channel.is_over) == (b"", [], b"", True)


def test_closed_before_it_is_open() -> None:
    stream, channel = ChannelStream(TARGET, Ear()), Channel()
    stream.close()
    stream.connection_made(channel)
    assert channel.is_over


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Server not responding to keepalive", "does not answer any more"),
        ("Connection lost", "Connection lost"),
    ],
)
@pytest.mark.parametrize("heard", [False, True])
def test_the_end_of_ssh_is_told(said: str, reason: str, heard: bool) -> None:
    stream, ear, _ = opened()
    if heard:
        stream.data_received(b"hello", None)
    stream.connection_lost(OSError(said))
    [error] = ear.ends
    assert isinstance(error, ConnectionLostError if heard else ConnectError) and reason in str(error)


def test_a_command_that_brings_nothing_tells_why() -> None:
    stream, ear, _ = opened(CommandStream)
    stream.exit_status_received(MISSING)
    stream.connection_lost(None)
    [error] = ear.ends
    assert isinstance(error, ConnectError) and error.cause == "no-such-file"


def test_words_of_a_command_are_no_bytes_of_the_monitor() -> None:
    stream, ear, _ = opened(CommandStream)
    stream.data_received(b"x" * 10 * MOST_WORDS, STDERR)
    stream.data_received(b"nc: /run/vm.sock: Connection refused\n", STDERR)
    stream.exit_status_received(1)
    stream.connection_lost(None)
    [error] = ear.ends
    assert isinstance(error, ConnectError) and error.cause == "refused" and ear.data == b""
    assert len(stream._said) == MOST_WORDS


def test_a_command_that_brought_bytes_ends_in_good_order() -> None:
    stream, ear, _ = opened(CommandStream)
    stream.data_received(b"hello", None)
    stream.exit_status_received(0)
    stream.connection_lost(None)
    assert (ear.data, ear.ends) == (b"hello", [None])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)"), "Connection refused"),
        (OSError("Multiple exceptions: ..."), "Multiple exceptions: ..."),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (ValueError("bad configuration"), "bad configuration"),
    ],
)
def test_errors_of_the_system_are_said_as_openssh_does(error: Exception, said: str) -> None:
    assert words_of(error) == said


def test_what_a_host_lists_is_bounded() -> None:
    async def main() -> tuple[int, bool, bool]:
        heard, channel = Collected(MOST_BYTES), Channel()
        heard.connection_made(channel)
        heard.data_received(b"no name", STDERR)
        for _ in range(3):
            heard.data_received(b"x" * (MOST_BYTES // 2), None)
        heard.connection_lost(None)
        return len(heard.data), heard.is_over.is_set(), channel.is_over

    assert asyncio.run(main()) == (MOST_BYTES, True, True)
