"""Who is inside a descriptor, so that it is not closed under a thread that reads or writes it.

Knows threads, nothing of sockets. A descriptor's number is given anew as soon as it is closed: a reader
that had just been about to read would then read from somebody else's file.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Occupancy:
    """Counts the threads inside; the last one out after ``close()`` releases the descriptor."""

    __slots__ = ("_lock", "_inside", "_release", "closed")

    def __init__(self, release: Callable[[], None]) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._release = release
        self.closed = False

    def enter(self) -> bool:
        """Let the calling thread in; False when closed (then ``leave`` must not be called)."""
        with self._lock:
            if self.closed:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Let the calling thread out, and release when it was the last one of a closed descriptor."""
        with self._lock:
            self._inside -= 1
            last = self.closed and not self._inside
        if last:
            self._release()

    def close(self, wake: Callable[[], object]) -> bool:
        """Let nobody in any more; ``wake`` must end what blocks those inside. False when closed before."""
        with self._lock:
            if self.closed:
                return False
            self.closed = True
            # Inside the lock: the last one out would otherwise release what wake() is about to touch.
            wake()
            idle = not self._inside
        if idle:
            self._release()
        return True
