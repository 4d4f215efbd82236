"""Bytes within an event loop: plain sockets by the loop, the rest by threads."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError, QmonshError
from qmonsh.fleet import stream as module
from qmonsh.fleet.stream import (
    BUSY,
    MOST_UNREAD,
    SHARE,
    SocketStream,
    Stream,
    ThreadStream,
    deliver,
    in_thread,
    open_stream,
)
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


class Endless:
    """A Transport that always has more to read; ``too_many`` is set when it was read without measure."""

    address = "endless"

    def __init__(self) -> None:
        self.too_many = threading.Event()
        self.reads = 0

    def read(self) -> bytes:
        self.reads += 1
        if self.reads > MOST_UNREAD + 2:
            self.too_many.set()
        return b"x"

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass

    def last_words(self) -> str:
        return ""


def test_a_thread_reads_no_more_than_the_loop_takes() -> None:
    async def main() -> None:
        transport, ear = Endless(), Ear()
        stream = ThreadStream(transport, ear, asyncio.get_running_loop())
        assert not transport.too_many.wait(0.2)  # the loop, which we hold up, takes nothing meanwhile
        async with asyncio.timeout(20):
            while len(ear.data) < 10 * MOST_UNREAD:
                await asyncio.sleep(0)
        transport.read = lambda: b""  # type: ignore[method-assign]
        async with asyncio.timeout(20):
            await ear.over.wait()
        stream.close()

    asyncio.run(main())


@pytest.mark.parametrize(("spent", "rest"), [(BUSY / 2, 0.0), (BUSY * 3, BUSY * 3 * SHARE)])
def test_who_keeps_the_loop_busy_leaves_it_to_others(
    spent: float, rest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow:
        def received(self, data: bytes) -> None:
            nonlocal now
            now += spent

        def ended(self, error: QmonshError | None) -> None:
            pass

    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    assert deliver(Slow(), b"x") == pytest.approx(rest)


def test_a_socket_rests_and_listens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "deliver", lambda receiver, data: receiver.received(data) or 0.001)
    script = [send("x" * 1000, pieces=100), close()]
    with ScriptedPeer(script) as peer:
        ear, _ = asyncio.run(talk(peer.target))
    assert ear.data == b"x" * 1000


def test_what_comes_when_nobody_waits_is_undone() -> None:
    go, undone = threading.Event(), threading.Event()

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(lambda: go.wait(20), undo=lambda _: undone.set()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        go.set()
        while not undone.is_set():
            await asyncio.sleep(0)

    asyncio.run(main())
    assert undone.is_set()


def test_what_comes_when_the_loop_is_over_is_undone() -> None:
    go, undone = threading.Event(), threading.Event()

    async def main() -> None:
        waiting = asyncio.create_task(in_thread(lambda: go.wait(20), undo=lambda _: undone.set()))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(main())
    go.set()
    assert undone.wait(20)


def test_what_a_thread_raises_is_raised() -> None:
    def work() -> None:
        raise ConnectError("x", "why", cause="refused")

    with pytest.raises(ConnectError, match="why"):
        asyncio.run(in_thread(work))
