"""Bytes within an event loop: plain sockets by the loop, the rest by threads."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError, QmonshError
from qmonsh.fleet.stream import SocketStream, Stream, ThreadStream, open_stream
from qmonsh.target import parse_target
from tests.peer import ScriptedPeer, close, expect_line, reset, send


class Ear:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.data = b""
        self.error: QmonshError | None = None
        self.over = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.data += data

    def ended(self, error: QmonshError | None) -> None:
        self.error = error
        self.over.set()


async def talk(target: str, *lines: bytes) -> tuple[Ear, Stream]:
    ear = Ear()
    stream = await open_stream(parse_target(target), ear, seconds=5)
    for line in lines:
        stream.write(line)
    async with asyncio.timeout(20):
        await ear.over.wait()
    stream.close()
    stream.close()
    stream.write(b"nobody hears this")
    return ear, stream


def test_a_unix_socket_is_the_loops() -> None:
    with ScriptedPeer([expect_line("one"), expect_line("two"), send("hello"), close()]) as peer:
        ear, stream = asyncio.run(talk(peer.target, b"one\n", b"two\n"))
    assert isinstance(stream, SocketStream) and stream.peer_pid
    assert (ear.data, ear.error) == (b"hello", None)


def test_a_port_is_a_threads() -> None:
    with ScriptedPeer([expect_line("one"), send("hello"), close()], family="tcp") as peer:
        ear, stream = asyncio.run(talk(peer.target, b"one\n"))
    assert isinstance(stream, ThreadStream)
    assert (ear.data, ear.error) == (b"hello", None)


def test_a_child_is_a_threads() -> None:
    ear, _ = asyncio.run(talk("exec:echo hello"))
    assert ear.data == b"hello\n"


def test_an_abrupt_end_is_said() -> None:
    with ScriptedPeer([expect_line("one"), reset()], family="tcp") as peer:
        ear, _ = asyncio.run(talk(peer.target, b"one\n"))
    assert "abruptly" in str(ear.error)


@pytest.mark.parametrize("name", ["nosuch.sock", "x" * 150 + "/nosuch.sock"])
def test_what_cannot_be_connected_to_is_explained(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    with pytest.raises(ConnectError, match="no such file"):
        asyncio.run(talk(f"{tmp_path}/{name}"))
