"""A transport around another one that takes out what a telnet-mode chardev sends besides the monitor.

Knows when telnet options can come: before the greeting, as the first byte of all. What they look like is
known by wire/telnet.py. Answers none of them, as QEMU needs no answer (facts k).
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from qmonsh.errors import ConnectionLostError
from qmonsh.transport.base import Transport

if TYPE_CHECKING:
    from qmonsh.wire.telnet import TelnetFilter

IAC = b"\xff"


class TelnetTransport:
    """Filters the stream of ``inner`` when it is telnet's.

    With ``expected`` (the address says telnet) always; otherwise when the first byte of all is IAC and
    nothing was written before it (a guest agent answers our own 0xFF with one).
    """

    def __init__(self, inner: Transport, *, expected: bool = False) -> None:
        self.address = inner.address
        self._inner = inner
        self._open = not expected
        self._filter: TelnetFilter | None = None
        #: What ``ready`` has read, while ``read`` has not been asked for it.
        self._ahead: bytes | ConnectionLostError | None = None
        self._is_ready: Callable[[float | None], bool] | None = getattr(inner, "ready", None)
        #: As that of a socket, when the inner transport has one.
        self.ready = self._wait if self._is_ready is not None else None
        if expected:
            self._begin()

    def _begin(self) -> None:
        from qmonsh.wire.telnet import TelnetFilter

        self._open = False
        self._filter = TelnetFilter()

    def read(self) -> bytes:
        """Return the next bytes that are the monitor's; ``b""`` is the end of the stream."""
        ahead, self._ahead = self._ahead, None
        if isinstance(ahead, ConnectionLostError):
            raise ahead
        if ahead is not None:
            return ahead
        while True:
            data = self._inner.read()
            kept = self._without_telnet(data)
            if kept or not data:
                return kept

    def _without_telnet(self, data: bytes) -> bytes:
        if self._open and data:
            self._open = False
            if data.startswith(IAC):
                self._begin()
        return self._filter.receive(data) if self._filter is not None and data else data

    def _wait(self, seconds: float | None) -> bool:
        """Wait until ``read`` will not block; False when ``seconds`` passed before."""
        assert self._is_ready is not None
        if not self._open and self._filter is None:
            return self._is_ready(seconds)
        # Only what is left when telnet's commands are taken out can be read.
        until = None if seconds is None else monotonic() + seconds
        while self._ahead is None:
            if not self._is_ready(None if until is None else max(0.0, until - monotonic())):
                return False
            try:
                data = self._inner.read()
                kept = self._without_telnet(data)
                if kept or not data:
                    self._ahead = kept
            except ConnectionLostError as error:
                self._ahead = error
        return True

    def write(self, data: bytes) -> None:
        """Write all of ``data``, its 0xFF bytes doubled on a telnet stream (RFC 854)."""
        self._open = False
        self._inner.write(data.replace(IAC, IAC + IAC) if self._filter is not None else data)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()

    def last_words(self) -> str:
        """Return those of the inner transport."""
        return self._inner.last_words()

    @property
    def peer_pid(self) -> int | None:
        """The inner transport's, when it knows it."""
        return getattr(self._inner, "peer_pid", None)
