"""Bytes over plain descriptors: an inherited one, our own stdin and stdout, a child's pipes.

Knows descriptors of any kind (socket, pipe, terminal), also non-blocking ones. Must not change what it
shares with other processes: no O_NONBLOCK set, no shutdown().
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import Target
from qmonsh.transport.occupancy import Occupancy
from qmonsh.transport.socket import READ_SIZE, closed_reason, lost, wait_ready, wait_writable

#: Errors of reading that are an end, not a failure: a pty whose other side was closed says EIO.
_ENDS = frozenset({errno.EIO})


class DescriptorTransport:
    """A Transport over a descriptor to read from and one to write to, maybe the same; it owns both."""

    def __init__(self, reading: int, writing: int, address: str) -> None:
        self.address = address
        self._reading = reading
        self._writing = writing
        self._torn = False
        # close() writes to it: what blocks in poll() wakes up, whatever kind the descriptors are of.
        self._waking, self._wake = os.pipe()
        self._poll = select.poll()
        for fd in (reading, self._waking):
            self._poll.register(fd, select.POLLIN)
        self._occupancy = Occupancy(self._release)

    def ready(self, seconds: float | None) -> bool:
        """As ``SocketTransport.ready``; another process that shares the descriptor may be faster to read."""
        return wait_ready(self._occupancy, self._poll, seconds)

    def read(self) -> bytes:
        """Block until bytes arrive and return them; ``b""`` at the end of the stream and after close()."""
        if not self._occupancy.enter():
            return b""
        try:
            return self._receive()
        except OSError as error:
            if self._occupancy.closed or error.errno in _ENDS:
                return b""
            raise lost(error, self.address) from error
        finally:
            self._occupancy.leave()

    def _receive(self) -> bytes:
        while wait_readable(self._reading, self._waking):
            try:
                return os.read(self._reading, READ_SIZE)
            except BlockingIOError:
                continue  # another process that shares the descriptor was faster
        return b""

    def write(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionLostError. An interrupt in the middle makes it unusable."""
        if self._torn or not self._occupancy.enter():
            raise ConnectionLostError(closed_reason(torn=self._torn), address=self.address)
        try:
            self._send(memoryview(data))
        except OSError as error:
            raise lost(error, self.address) from error
        finally:
            self._occupancy.leave()

    def _send(self, rest: memoryview) -> None:
        size = len(rest)
        while rest:
            wait_writable(self._writing, self._waking)
            if self._occupancy.closed:
                raise OSError(errno.EPIPE, "it is closed")
            try:
                self._torn = True
                # As much as a pipe that is ready takes without blocking, where close() could not reach us.
                rest = rest[os.write(self._writing, rest[: select.PIPE_BUF]) :]
                self._torn = False
            except BlockingIOError:
                self._torn = len(rest) != size

    def close(self) -> None:
        """Release the descriptors; a blocked read returns ``b""``, a blocked write fails."""
        # A byte, not only the pipe's end: a forked child may have inherited that end.
        self._occupancy.close(lambda: os.write(self._wake, b"."))

    def _release(self) -> None:
        for fd in {self._reading, self._writing, self._waking, self._wake}:
            try:
                os.close(fd)
            except OSError:
                pass  # the owner of an inherited descriptor closed it under us

    def last_words(self) -> str:
        """Return ``""``: a descriptor has nothing to say about its end."""
        return ""


def inherited(target: Target) -> DescriptorTransport:
    """Return the transport over ``fd:N``, which belongs to it from now on; raises ConnectError.

    Our own children do not inherit it, as the monitor would not see the end of the connection otherwise.
    """
    unusable = _why_unusable(target.fd)
    if unusable is not None:
        cause, reason, advice = unusable
        raise ConnectError(target.address, reason, cause=cause, advice=advice)
    if target.fd <= 2:
        moved = _moved_away(target.fd)
        return DescriptorTransport(moved, moved, target.address)
    os.set_inheritable(target.fd, False)
    return DescriptorTransport(target.fd, target.fd, target.address)


def claim_stdio(target: Target) -> DescriptorTransport:
    """Return the transport over our stdin and stdout, which are then something else; raises ConnectError.

    Nothing else of the program can read from the monitor or write to it afterwards: descriptors 0 and 1
    become the controlling terminal, or /dev/null and stderr without one.
    """
    for fd, name, forbidden in ((0, "stdin", os.O_WRONLY), (1, "stdout", os.O_RDONLY)):
        if _access_of(fd) in (None, forbidden):
            raise ConnectError(
                target.address,
                f"{name} is closed or the wrong way round",
                cause="no-such-descriptor",
                advice="stdio expects both to be connected to a monitor, as socat's EXEC does",
            )
    return DescriptorTransport(_moved_away(0), _moved_away(1), target.address)


def wait_readable(fd: int, waking: int) -> bool:
    """Block until there is something to read, or its end; False when there is in ``waking``."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    poll.register(waking, select.POLLIN)
    return all(ready != waking for ready, _ in poll.poll())


def _moved_away(fd: int) -> int:
    """Return a copy of a standard descriptor that no child inherits, and put something harmless there."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10)
    if fd == 2:
        return moved
    try:
        instead = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        instead = os.open(os.devnull, os.O_RDONLY) if fd == 0 else os.dup(2)
    os.dup2(instead, fd)
    os.close(instead)
    return moved


def _access_of(fd: int) -> int | None:
    """Return O_RDONLY, O_WRONLY or O_RDWR; None when the descriptor is not open."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
    except OSError:
        return None


def _why_unusable(fd: int) -> tuple[str, str, str] | None:
    """Return cause, reason and advice when a descriptor cannot carry a monitor."""
    access = _access_of(fd)
    if access is None:
        return (
            "no-such-descriptor",
            f"descriptor {fd} is not open here",
            f"the parent must pass it on: in a shell {fd}<>/path, in Python pass_fds=[{fd}]",
        )
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "a regular file"
        return "not-a-socket", f"descriptor {fd} is {kind}", "it must be a connected socket"
    if access != os.O_RDWR:
        way = "read" if access == os.O_RDONLY else "written"
        return (
            "not-a-socket",
            f"descriptor {fd} can only be {way}",
            "it must be a connected socket; two one-way pipes are the target stdio",
        )
    return _why_unusable_socket(fd) if stat.S_ISSOCK(mode) else None


def _why_unusable_socket(fd: int) -> tuple[str, str, str] | None:
    import socket

    with socket.socket(fileno=os.dup(fd)) as copy:
        if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return (
                "not-a-socket",
                f"descriptor {fd} is a listening socket, which is QEMU's end",
                "pass a connected socket, or connect to the path it listens on",
            )
        if copy.type != socket.SOCK_STREAM:
            return "not-a-socket", f"descriptor {fd} is a datagram socket", "a monitor is a stream"
    return None
