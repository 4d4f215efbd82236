"""Events of late: the newest are kept, and which of them came since the user's last command was sent.

Knows a count and a mark. Must not know what an event means or how it is shown. Safe from any thread.
"""

from __future__ import annotations

import threading
from collections import deque

from qmonsh.wire.message import Event, Message

#: Events that are kept, the oldest are dropped.
KEPT = 1000


class RecentEvents:
    """The newest events, ``total`` is how many came at all; ``mark`` when a command is sent."""

    def __init__(self) -> None:
        self.total = 0
        self._last: deque[Event] = deque(maxlen=KEPT)
        self._marked = 0
        self._lock = threading.Lock()

    def observe(self, message: Message) -> None:
        """Keep a message from the wire if it is an event."""
        if isinstance(message, Event):
            self.take(message)

    def take(self, event: Event) -> None:
        """Keep an event."""
        with self._lock:
            self.total += 1
            self._last.append(event)

    def mark(self) -> None:
        """Take note that a command of the user's is sent now."""
        with self._lock:
            self._marked = self.total

    def since_mark(self) -> list[Event]:
        """Return the events that came since a command was sent last, as far as they are kept."""
        with self._lock:
            return self._newest(self.total - self._marked)

    def last(self, count: int) -> list[Event]:
        """Return the newest ``count`` events, the oldest of them first."""
        with self._lock:
            return self._newest(count)

    def _newest(self, count: int) -> list[Event]:
        return list(self._last)[-count:] if count > 0 else []
