"""Bytes over a connected stream socket, and how one is connected: unix, abstract and TCP.

Knows sockets and their failures as OSError; says failures through diagnosis.py. Must not know protocols,
and never writes anything of its own: a monitor executes what an abandoned connection has left (facts 0.2).
"""

from __future__ import annotations

import errno
import os
import select
import socket
import sys
from math import ceil
from time import monotonic, sleep

from qmonsh.errors import ConnectionLostError
from qmonsh.target import Target
from qmonsh.transport.occupancy import Occupancy

#: Bytes asked for at once. More is slower: CPython allocates all of it for each read (measured: 5 us a
#: read with 64 KiB, 31 us with 1 MiB) and a unix socket hands out no more than its buffer at a time.
READ_SIZE = 1 << 16

#: Pauses between two tries while a socket's backlog is full (seconds): the first, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 0.001, 0.05

#: Length of sockaddr_un.sun_path on Linux; a path needs one byte less for its end.
SUN_PATH = 108

#: As a plain number: to join two of the enum's members takes as long as the system call.
_SEND_FLAGS = int(getattr(socket, "MSG_NOSIGNAL", 0)) | int(socket.MSG_DONTWAIT)


#: How long one poll(2) lasts at the most (seconds): of a signal that came in the moment before it began
#: Python learns when it ends.
_LONGEST_POLL = 1.0


class SocketTransport:
    """A Transport over a connected stream socket, which it owns from now on."""

    def __init__(self, connected: socket.socket, address: str) -> None:
        connected.settimeout(None)
        self.address = address
        self._socket = connected
        self._torn = False
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._occupancy = Occupancy(connected.close)

    def read(self) -> bytes:
        """Block until bytes arrive and return them; ``b""`` at the end of the stream and after close()."""
        if not self._occupancy.enter():
            return b""
        try:
            return self._socket.recv(READ_SIZE)
        except OSError as error:
            if self._occupancy.closed:
                return b""
            raise lost(error, self.address) from error
        finally:
            self._occupancy.leave()

    def ready(self, seconds: float | None) -> bool:
        """Wait until ``read`` will not block; False when ``seconds`` passed before. One thread at a time."""
        return wait_ready(self._occupancy, self._poll, seconds)

    def write(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionLostError.

        An interrupt (KeyboardInterrupt) before the first byte leaves the stream as it was; one in the
        middle makes it unusable, as nobody could tell what the monitor has read.
        """
        if self._torn or not self._occupancy.enter():
            raise ConnectionLostError(closed_reason(torn=self._torn), address=self.address)
        try:
            self._send(memoryview(data))
        except OSError as error:
            if self._occupancy.closed:
                raise ConnectionLostError(closed_reason(torn=False), address=self.address) from error
            raise lost(error, self.address) from error
        finally:
            self._occupancy.leave()

    def _send(self, rest: memoryview) -> None:
        # Without MSG_DONTWAIT an interrupted send() would lose the count of what it had sent.
        size = len(rest)
        while rest:
            try:
                self._torn = True
                rest = rest[self._socket.send(rest, _SEND_FLAGS) :]
                self._torn = False
            except BlockingIOError:
                self._torn = len(rest) != size
                wait_writable(self._socket.fileno())

    def close(self) -> None:
        """End the connection; a blocked read returns ``b""``, a blocked write fails. May be called twice."""
        self._occupancy.close(self._shut)

    def _shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other end is gone already

    def last_words(self) -> str:
        """Return ``""``: a socket has nothing to say about its end."""
        return ""

    @property
    def peer_pid(self) -> int | None:
        """The pid of the process that made the listening unix socket; None for TCP and elsewhere."""
        if self._socket.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
            return None
        try:
            credentials = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            return None
        return int.from_bytes(credentials[:4], sys.byteorder) or None


def connect_unix(target: Target, *, until: float) -> socket.socket:
    """Return a socket connected to a path; raises ConnectError. ``until`` is a time of monotonic()."""
    directory = -1
    try:
        name: str | bytes = os.fsencode(target.path)
        if len(name) >= SUN_PATH:
            directory, name = _short_name(target)
        return _connect_local(name, until=until)
    except OSError as error:
        from qmonsh.transport.path_failure import unix_failed

        raise unix_failed(target, error) from error
    finally:
        if directory >= 0:
            os.close(directory)


def connect_abstract(target: Target, *, until: float) -> socket.socket:
    """Return a socket connected to an abstract name: as it is, else padded, or only as asked for."""
    from qmonsh.transport.path_failure import abstract_failed, too_long

    exact = b"\0" + os.fsencode(target.path)
    if len(exact) > SUN_PATH:
        raise too_long(target, length=len(exact) - 1, limit=SUN_PATH - 1)
    padded = exact.ljust(SUN_PATH, b"\0")
    names = {None: [exact, padded], True: [exact], False: [padded]}[target.tight]
    for name in names:
        try:
            return _connect_local(name, until=until)
        except OSError as error:
            failure = error
            if error.errno != errno.ECONNREFUSED:
                break
    raise abstract_failed(target, failure) from failure


def connect_tcp(target: Target, *, until: float) -> socket.socket:
    """Return a socket connected to a host's port: all its addresses are tried in turn, until then.

    In turn, not at once: two addresses may be two monitors, and a try takes a monitor's only place.
    """
    from qmonsh.transport.resolve import addresses_of
    from qmonsh.transport.tcp_failure import tcp_failed, unresolvable

    try:
        addresses = addresses_of(target.host, target.port, until=until)
    except OSError as error:
        raise unresolvable(target, error) from error
    failures: list[tuple[str, OSError]] = []
    for number, (family, address) in enumerate(addresses):
        share = max(0.0, until - monotonic()) / (len(addresses) - number)
        try:
            return _connect_inet(family, address, seconds=max(0.01, share))
        except OSError as error:
            failures.append((str(address[0]), error))
    raise tcp_failed(target, failures) from failures[-1][1]


def lost(error: OSError, address: str) -> ConnectionLostError:
    """Return the ConnectionLostError that an OSError of a live stream is."""
    reasons = {
        errno.EPIPE: "the other end closed it",
        errno.ECONNRESET: "the other end closed it abruptly",
        errno.ETIMEDOUT: "the other end does not answer any more",
    }
    reason = reasons.get(error.errno or 0) or error.strerror or str(error)
    return ConnectionLostError(reason, address=address)


def wait_ready(occupancy: Occupancy, poll: select.poll, seconds: float | None) -> bool:
    """Wait until ``poll`` has something; True also for a closed descriptor, of which a read tells."""
    if not occupancy.enter():
        return True
    try:
        return bool(poll_for(poll, seconds))
    finally:
        occupancy.leave()


def poll_for(poll: select.poll, seconds: float | None) -> list[tuple[int, int]]:
    """Return what is ready among what is registered, [] when ``seconds`` passed before; None waits."""
    until = None if seconds is None else monotonic() + seconds
    left = _LONGEST_POLL
    while True:
        if until is not None:
            left = max(0.0, min(until - monotonic(), _LONGEST_POLL))
        found = poll.poll(ceil(left * 1000))
        if found or (until is not None and monotonic() >= until):
            return found


def wait_writable(fd: int, wake: int = -1) -> None:
    """Block until a descriptor takes bytes, has failed, or ``wake`` has something to read."""
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    if wake >= 0:
        poll.register(wake, select.POLLIN)
    poll.poll()


def _connect_local(name: str | bytes, *, until: float) -> socket.socket:
    """Connect to a unix socket; while its backlog is full, which may be for a moment, try again."""
    pause = FIRST_PAUSE
    while True:
        try:
            return connect_at_once(name)
        except BlockingIOError:
            if monotonic() + pause >= until:
                raise
        sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def connect_at_once(name: str | bytes) -> socket.socket:
    """Return a socket, not blocking, connected to a unix socket.

    Raises OSError as connect() does: BlockingIOError while the backlog is full.
    """
    unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        unix.setblocking(False)
        unix.connect(name)
    except BaseException:
        unix.close()
        raise
    return unix


def _connect_inet(family: int, address: tuple[object, ...], *, seconds: float) -> socket.socket:
    inet = socket.socket(family, socket.SOCK_STREAM)
    try:
        inet.settimeout(seconds)
        inet.connect(address)
        if inet.getsockname() == inet.getpeername():
            # A port of the ephemeral range on which nobody listens can be given to us as our own end.
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        inet.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return inet
    except BaseException:
        inet.close()
        raise


def _short_name(target: Target) -> tuple[int, bytes]:
    """Return an open directory and a name through it, for a path that sockaddr_un cannot hold (Linux)."""
    from qmonsh.transport.path_failure import too_long

    path = os.fsencode(target.path)
    head, tail = os.path.split(path)
    if os.path.isdir("/proc/self/fd"):
        directory = os.open(head or b".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        name = b"/proc/self/fd/%d/%s" % (directory, tail)
        if len(name) < SUN_PATH:
            return directory, name
        os.close(directory)
    raise too_long(target, length=len(path), limit=SUN_PATH - 1)


def closed_reason(*, torn: bool) -> str:
    """Return why a stream takes nothing any more: closed here, or ``torn`` in the middle of a command."""
    return "a command was cut in half by an interrupt" if torn else "it is closed"
