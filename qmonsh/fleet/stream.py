"""Bytes to and from one monitor within an event loop, nothing in which can hold up another's.

Knows how a stream is opened without blocking: a plain unix socket by the loop itself, everything else by the
blocking transport in threads of its own. Must not know protocols.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
import struct
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol, TypeVar

from qmonsh.errors import ConnectionLostError, QmonshError
from qmonsh.target import Target
from qmonsh.transport.base import Transport
from qmonsh.transport.socket import FIRST_PAUSE, LONGEST_PAUSE, SUN_PATH, connect_at_once, lost

#: Pieces of what was read in a thread that may wait for the loop.
MOST_UNREAD = 4
#: Who keeps the loop busy for longer at a time (seconds), as by a flood of events, is not listened to for
#: several times as long: the others' time.
BUSY, SHARE = 0.005, 4

R = TypeVar("R")


class Receiver(Protocol):
    """Who takes the bytes; both methods are called in the event loop."""

    def received(self, data: bytes) -> None:
        """Take the next bytes."""

    def ended(self, error: QmonshError | None) -> None:
        """Take note that no more bytes come; None is the end of the stream in good order."""


class Stream(Protocol):
    """An open stream; ``peer_pid`` is the process that listens at the other end, when it can be told."""

    peer_pid: int | None

    def write(self, data: bytes) -> None:
        """Send bytes in order, some time; never blocks, never fails (the receiver hears of the end)."""

    def close(self) -> None:
        """End the stream; may be called twice."""

    def last_words(self) -> str:
        """Return what explains an unexpected end, or ``""``."""


class Open(Protocol):
    """What opens a stream: open_stream, or a host's."""

    async def __call__(self, target: Target, receiver: Receiver, /, *, seconds: float) -> Stream:
        """Return an open stream; raises ConnectError within about ``seconds``."""


def deliver(receiver: Receiver, data: bytes) -> float:
    """Hand bytes to their receiver; returns for how long the loop is the others' now (seconds)."""
    begun = monotonic()
    receiver.received(data)
    spent = monotonic() - begun
    return spent * SHARE if spent > BUSY else 0.0


async def open_stream(target: Target, receiver: Receiver, *, seconds: float) -> Stream:
    """Return an open stream to a target; raises ConnectError within about ``seconds``."""
    if not _is_plain(target):
        return await _open_in_thread(target, receiver, seconds)
    try:
        connected = await _connect(target.path, seconds)
    except OSError as error:
        from qmonsh.transport.path_failure import unix_failed

        # Who listens nearby is read from /proc: not in the loop, where all others would wait for it.
        raise await asyncio.to_thread(unix_failed, target, error) from error
    loop = asyncio.get_running_loop()
    stream = SocketStream(target.address, receiver, _pid_of(connected))
    try:
        await loop.create_unix_connection(lambda: stream, sock=connected)
    except BaseException:
        connected.close()
        raise
    return stream


def _is_plain(target: Target) -> bool:
    """Tell whether the loop can connect to a target: the common case, without telnet, links, or libvirt."""
    return (
        target.scheme == "unix"
        and not target.telnet
        and not target.path.startswith("~")
        and len(os.fsencode(target.path)) < SUN_PATH
        and os.path.basename(target.path) != "monitor.sock"
        and not os.path.islink(target.path)
    )


async def _connect(path: str, seconds: float) -> socket.socket:
    """Return a socket connected to a path; a full backlog may be so for a moment only: try again."""
    until = asyncio.get_running_loop().time() + seconds
    pause = FIRST_PAUSE
    while True:
        try:
            return connect_at_once(path)
        except BlockingIOError:
            if asyncio.get_running_loop().time() + pause >= until:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _pid_of(connected: socket.socket) -> int | None:
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    with contextlib.suppress(OSError):
        return struct.unpack("3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] or None
    return None


class SocketStream(asyncio.Protocol):
    """A stream over a socket of the event loop."""

    def __init__(self, address: str, receiver: Receiver, peer_pid: int | None) -> None:
        self.peer_pid = peer_pid
        self._address = address
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        rest = deliver(self._receiver, data)
        if rest and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(rest, self._listen_again)

    def _listen_again(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self._receiver.ended(None)
        elif isinstance(error, OSError):
            self._receiver.ended(lost(error, self._address))
        else:
            self._receiver.ended(ConnectionLostError(str(error), address=self._address))

    def write(self, data: bytes) -> None:
        """Send bytes; the loop keeps what the socket does not take at once."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """End the connection, whatever the other end has not read."""
        if self._transport is not None:
            self._transport.abort()

    def last_words(self) -> str:
        """Return ``""``: a socket has nothing to say about its end."""
        return ""


async def _open_in_thread(target: Target, receiver: Receiver, seconds: float) -> Stream:
    from qmonsh.transport.open import open_transport

    opened = await in_thread(lambda: open_transport(target, timeout=seconds), undo=_close)
    return ThreadStream(opened, receiver, asyncio.get_running_loop())


def _close(transport: Transport) -> None:
    transport.close()


async def in_thread(work: Callable[[], R], *, undo: Callable[[R], None] | None = None) -> R:
    """Return what a blocking function returns, called in a thread of its own; raises what it raises.

    ``undo`` takes what comes when nobody waits for it any more. (No pool of threads: hosts and monitors that
    do not answer would take places in it from the others.)
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def throw_away(made: list[R]) -> None:
        if undo is not None:
            for one in made:
                undo(one)

    def settle(made: list[R], error: Exception | None) -> None:
        if done.done():  # nobody waits any more
            threading.Thread(target=throw_away, args=(made,), name="qmonsh undo").start()
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(made[0])

    def call() -> None:
        made: list[R] = []
        failure = None
        try:
            made.append(work())
        except Exception as error:
            failure = error
        if not _call(loop, settle, made, failure):
            throw_away(made)

    threading.Thread(target=call, name="qmonsh each", daemon=True).start()
    return await done


class ThreadStream:
    """A stream over a blocking transport: a thread that reads and one that writes.

    No pool of threads: a peer that neither reads nor answers would take places in it from the others.
    """

    def __init__(self, transport: Transport, receiver: Receiver, loop: asyncio.AbstractEventLoop) -> None:
        self.peer_pid: int | None = getattr(transport, "peer_pid", None)
        self._transport = transport
        self._receiver = receiver
        self._loop = loop
        self._closed = False
        self._last_words = ""
        self._room = threading.Semaphore(MOST_UNREAD)
        self._unsent: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        for work in (self._read, self._write):
            threading.Thread(target=work, name=f"qmonsh {transport.address}", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Send bytes, in the writing thread."""
        self._unsent.put(data)

    def close(self) -> None:
        """End the transport; both threads end."""
        self._closed = True
        self._unsent.put(None)
        self._room.release()
        # To end a child takes as long as the child takes.
        threading.Thread(target=self._transport.close, name="qmonsh close").start()

    def last_words(self) -> str:
        """Return the transport's, from when it ended."""
        return self._last_words

    def _read(self) -> None:
        error: QmonshError | None = None
        try:
            while data := self._transport.read():
                _call(self._loop, self._deliver, data)
                self._room.acquire()  # a monitor that floods us must not fill our memory
        except QmonshError as ended:
            error = ended
        # A child may take a moment to tell; not in the loop, where all others would wait for it.
        self._last_words = self._transport.last_words() if not self._closed else ""
        _call(self._loop, self._receiver.ended, error)

    def _deliver(self, data: bytes) -> None:
        self._loop.call_later(deliver(self._receiver, data), self._room.release)

    def _write(self) -> None:
        while (data := self._unsent.get()) is not None:
            try:
                self._transport.write(data)
            except QmonshError:
                return  # the reading thread says why


def _call(loop: asyncio.AbstractEventLoop, function: Any, *arguments: Any) -> bool:
    """Call a function in the loop, and return True, unless that is over."""
    try:
        loop.call_soon_threadsafe(function, *arguments)
    except RuntimeError:
        return False
    return True
