"""Bytes over a unix socket on another host, by the user's own OpenSSH (ssh_link.py).

Where the other side forbids forwarding, ``nc`` or ``socat`` over there carry the bytes instead. Must not know
how ssh is called and ended, what its failures mean (ssh_failure.py), nor protocols.
"""

from __future__ import annotations

import threading
from time import monotonic

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import Target
from qmonsh.transport import ssh_failure
from qmonsh.transport.base import Transport
from qmonsh.transport.child import ChildTransport, start_child
from qmonsh.transport.socket import SocketTransport, connect_unix
from qmonsh.transport.ssh_end import remote_command
from qmonsh.transport.ssh_link import Link


class SshTransport:
    """A Transport over a forwarded socket, or over a command on the other host when that brings nothing.

    ``began`` is the time (monotonic) from which the other end may be expected to speak. ``owns_link`` says
    whether the link ends with it. Without a ``stream`` it is the command from the start.
    """

    def __init__(
        self, link: Link, stream: Transport | None, target: Target, *, owns_link: bool = True
    ) -> None:
        self.address = target.address
        self.began = monotonic() if link.may_ask else None
        self._target = target
        self._link = link
        self._owns_link = owns_link
        self._is_other = stream is None
        self._stream: Transport = stream if stream is not None else self._command()
        self._heard = False
        self._unheard: list[bytes] = []
        self._closed = False
        self._lock = threading.Lock()

    def read(self) -> bytes:
        """Return the next bytes; ``b""`` at the end. Raises ConnectError when there never were any."""
        data = self._receive()
        if data or self._heard or self._closed:
            self._heard = True
            return data
        if self._link.has_ended:
            raise ssh_failure.not_connected(self._target, self._link.said())
        if not self._is_other:
            self._go_otherwise()
            data = self._receive()
        if not data and not self._closed:
            raise ssh_failure.nothing_there(self._target, self._stream.last_words())
        self._heard = True
        return data

    def write(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionLostError. What was written early goes the other way."""
        with self._lock:
            if not self._heard and not self._is_other:
                self._unheard.append(data)
            stream = self._stream
        try:
            stream.write(data)
        except ConnectionLostError:
            if self._heard and self.last_words():
                raise ConnectionLostError(self.last_words(), address=self.address) from None
            if self._heard or self._closed:
                raise
            # The reader is about to find out why, and takes another way if there is one.

    def close(self) -> None:
        """End the stream and ssh; may be called twice."""
        with self._lock:
            self._closed = True
            stream = self._stream
        stream.close()
        if self._owns_link:
            self._link.close()

    def last_words(self) -> str:
        """Return why ssh ended, when it did; ``""`` when the monitor itself closed the connection."""
        if self._closed or not self._heard or not self._link.has_ended:
            return ""
        return ssh_failure.lost(self._target, self._link.said())

    def _receive(self) -> bytes:
        try:
            return self._stream.read()
        except ConnectionLostError:
            if self._heard and not self.last_words():
                raise
            return b""

    def _command(self) -> ChildTransport:
        words = self._link.command(remote_command(self._target.path))
        return start_child(Target("exec", self.address, words=words))

    def _go_otherwise(self) -> None:
        child = self._command()
        with self._lock:
            old, self._stream = self._stream, child
            self._is_other = True
            closed, unheard = self._closed, self._unheard
        old.close()
        if closed:
            child.close()
            return
        for data in unheard:
            try:
                child.write(data)
            except ConnectionLostError:
                return  # it ended at once: the reader says why


def open_ssh(target: Target, *, until: float) -> SshTransport:
    """Return a transport to ``ssh://host/path``; raises ConnectError. ``until`` is a time of monotonic()."""
    link = Link(target, until=until)
    try:
        link.wait_up(until)
        return SshTransport(link, local_end(link.path, link, target), target)
    except BaseException:
        link.close()
        raise


def local_end(path: str, link: Link, target: Target) -> SocketTransport:
    """Return the near end of a forward, connected; raises ConnectError."""
    local = Target("unix", target.address, path=path)
    try:
        return SocketTransport(connect_unix(local, until=monotonic() + 1), target.address)
    except ConnectError as error:
        raise ssh_failure.not_connected(target, link.said()) from error
