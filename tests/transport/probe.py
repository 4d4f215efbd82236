"""What the transport tests share: waiting for a fact without sleeping, descriptors counted, listeners."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from qmonsh.transport.base import Transport
from qmonsh.transport.descriptor import DescriptorTransport
from qmonsh.transport.socket import SocketTransport

#: After this many seconds what a test waits for will not come.
DEADLINE = 20.0


def until(is_so: Callable[[], object], what: str = "") -> None:
    """Wait until something is so; fails after DEADLINE."""
    end = monotonic() + DEADLINE
    pause = threading.Event()
    while not is_so():
        assert monotonic() < end, f"never came to be: {what or is_so}"
        pause.wait(0.002)


def is_blocked(thread: threading.Thread) -> bool:
    """Return whether a thread sleeps in the kernel and has done so for two looks."""
    if thread.native_id is None:
        return False
    path = Path(f"/proc/self/task/{thread.native_id}/syscall")
    try:
        first = path.read_text()
        return first == path.read_text() and not first.startswith("running")
    except OSError:
        return _state(thread.native_id) == "S"


def _state(native_id: int) -> str:
    return Path(f"/proc/self/task/{native_id}/stat").read_text().rpartition(")")[2].split()[0]


def descriptors() -> set[str]:
    """Return our open descriptors."""
    return set(os.listdir("/proc/self/fd"))


def listen(path: str | Path | bytes, backlog: int = 5) -> socket.socket:
    """Return a listening unix socket."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path if isinstance(path, bytes) else str(path))
    listener.listen(backlog)
    return listener


def receive_all(read: Callable[[], bytes], size: int) -> bytes:
    """Return ``size`` bytes or what came until the end."""
    parts = bytearray()
    while len(parts) < size:
        data = read()
        if not data:
            break
        parts += data
    return bytes(parts)


def check_ready_tells(transport: SocketTransport | DescriptorTransport, theirs: socket.socket) -> None:
    """Check that ``ready`` waits for something to read, or the end; closes both."""
    assert not transport.ready(0) and not transport.ready(0.001)
    theirs.sendall(b"abc")
    assert transport.ready(None) and transport.read() == b"abc"
    assert not transport.ready(0)
    theirs.close()
    assert transport.ready(DEADLINE) and transport.read() == b""
    transport.close()
    assert transport.ready(0) and transport.read() == b""


def check_close_wakes(transport: SocketTransport | DescriptorTransport) -> None:
    """Check that ``close`` ends a ``ready`` that waits."""
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(transport.ready(None)))
    waiting.start()
    until(lambda: is_blocked(waiting))
    transport.close()
    waiting.join()
    assert woken == [True] and transport.read() == b""


def check_close_ends_read(transport: Transport) -> None:
    """Check that ``close`` ends a ``read`` that waits."""
    found: list[bytes] = []
    reading = threading.Thread(target=lambda: found.append(transport.read()))
    reading.start()
    until(lambda: is_blocked(reading), "the reader waits")
    transport.close()
    reading.join(DEADLINE)
    assert found == [b""]


@contextmanager
def black_hole() -> Iterator[tuple[str, int]]:
    """Yield a TCP address that does not answer: a full backlog on loopback drops what comes."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address: tuple[str, int] = listener.getsockname()
        for _ in range(16):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address
