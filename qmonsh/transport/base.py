"""The interface between a connection and whatever carries its bytes.

Knows only bytes. A transport is opened by open.py, read by one thread at a time, written to by any number
(the connection serialises writes), and closed once.
"""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """A duplex byte stream to a monitor.

    ``address`` is the target in the spelling users type, for messages. One that can tell has a method
    ``ready(seconds)`` too: it waits until ``read`` will not block and returns False when ``seconds`` (None:
    no limit) passed before; then the thread that waits for a reply can read it itself (monitor/turns.py).
    """

    address: str

    def read(self) -> bytes:
        """Block until bytes arrive and return them; ``b""`` is the end of the stream.

        Raises ConnectionLostError (reset, I/O error). ``close()`` from another thread ends a blocked
        read, which then returns ``b""``.
        """
        ...

    def write(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionLostError."""
        ...

    def close(self) -> None:
        """Release everything, ending a child process if there is one; may be called twice."""
        ...

    def last_words(self) -> str:
        """Return what explains an unexpected end (a child's stderr and exit status), or ``""``."""
        ...
