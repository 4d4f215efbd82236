"""Places for what is done many times at once: bounded, but never blocked by what is slow.

Knows who answers briskly and who does not. Must not know what is done.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

#: Who keeps us waiting for longer gives its place to another (seconds), and is waited for beside.
PATIENCE = 0.25
#: A timer that rings so late (seconds) tells that the loop has too much to do.
LAG = 0.1


class Places:
    """A number of places; with plain ones a few dozen frozen VMs would keep all others waiting."""

    def __init__(self, number: int) -> None:
        self._free = asyncio.Semaphore(number)

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place for as long as what is done goes on briskly."""
        await self._free.acquire()
        place = Place(self._free)
        try:
            yield
        finally:
            place.give_up()


class Place:
    """A place that is given up at the end or after PATIENCE, whichever is first; once."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(PATIENCE, self._ring)

    def give_up(self) -> None:
        """Let another have the place."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._places.release()

    def _ring(self) -> None:
        assert self._timer is not None
        if self._loop.time() - self._timer.when() > LAG:
            # It is us who are slow; more at a time would only make it worse.
            self._timer = self._loop.call_later(PATIENCE, self._ring)
        else:
            self.give_up()
