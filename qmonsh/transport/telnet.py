"""A transport around another one that takes out what a telnet-mode chardev sends besides the monitor.

Knows when telnet options can come: before the greeting, as the first byte of all. What they look like is
known by wire/telnet.py. Answers none of them, as QEMU needs no answer (facts k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        if expected:
            self._begin()

    def _begin(self) -> None:
        from qmonsh.wire.telnet import TelnetFilter

        self._open = False
        self._filter = TelnetFilter()

    def read(self) -> bytes:
        """Return the next bytes that are the monitor's; ``b""`` is the end of the stream."""
        data = self._inner.read()
        if self._open and data:
            self._open = False
            if data.startswith(IAC):
                self._begin()
        while self._filter is not None and data:
            kept = self._filter.receive(data)
            if kept:
                return kept
            data = self._inner.read()
        return data

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
