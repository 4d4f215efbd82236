"""Waiting for the monitor in a thread, so that the event loop (Ctrl-C, signals, events) stays alive.

Knows threads and how a wait is given up. Must not know what is waited for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from qmonsh.errors import InterruptError, QmonshError

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

#: Seconds that a cancelled call has to end by itself before it is left alone.
PATIENCE = 0.5


class Call(Generic[T]):
    """A blocking function on its way in a thread of its own.

    ``interrupt(thread)`` ends the waits of that thread (Connection.interrupt). The thread is a daemon: one
    that cannot be interrupted is left alone, and sends nothing more.
    """

    def __init__(self, function: Callable[[], T], interrupt: Callable[[threading.Thread], None]) -> None:
        from asyncio import get_running_loop

        self.cancelled = False
        self._function = function
        self._interrupt = interrupt
        self._loop = get_running_loop()
        self._future: asyncio.Future[T] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="qmonsh line", daemon=True)

    @property
    def is_running(self) -> bool:
        """Return whether the function is on its way."""
        return self._thread.is_alive()

    async def wait(self) -> T:
        """Return what the function returns; raises what it raises, InterruptError after ``cancel``."""
        self._thread.start()
        return await self._future

    def cancel(self) -> None:
        """Stop waiting; called in the event loop, the second time without mercy."""
        if self.cancelled:
            self._give_up()
            return
        self.cancelled = True
        self._interrupt(self._thread)
        self._loop.call_later(PATIENCE, self._give_up)

    def _give_up(self) -> None:
        if not self._future.done():
            self._future.set_exception(InterruptError())

    def _run(self) -> None:
        try:
            value = self._function()
        except BaseException as error:
            self._report(self._fail, error)
        else:
            self._report(self._settle, value)

    def _report(self, callback: Callable[[Any], None], value: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, value)
        except RuntimeError:  # the loop is closed: the shell has ended
            return

    def _settle(self, value: T) -> None:
        if not self._future.done():
            self._future.set_result(value)

    def _fail(self, error: BaseException) -> None:
        if not self._future.done():
            self._future.set_exception(error)


class Errands:
    """Questions asked behind the prompt, one after another, in a thread of their own.

    An errand takes the place of one with the same key that still waits. Failures are nobody's business: who
    needs the answer asks again, or is told by the connection that it was lost. ``confess`` is told of
    defects of ours, which must not end the errands after them.
    """

    def __init__(
        self,
        name: str = "qmonsh errands",
        *,
        confess: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        self._confess = confess
        self._changed = threading.Condition()
        self._queue: OrderedDict[str, Callable[[], None]] = OrderedDict()
        self._closed = False
        self._running = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def send(self, key: str, function: Callable[[], None]) -> None:
        """Queue an errand."""
        with self._changed:
            if not self._closed:
                self._queue[key] = function
                self._changed.notify_all()

    def settle(self, seconds: float, *keys: str) -> bool:
        """Wait until these errands (or all) are done, ``seconds`` at most; returns whether they are."""

        def is_done() -> bool:
            if not keys:
                return not self._queue and not self._running
            return not any(key in self._queue or key == self._running for key in keys)

        with self._changed:
            return self._changed.wait_for(is_done, seconds)

    def close(self) -> None:
        """Forget what has not begun."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = ""
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                self._running, function = self._queue.popitem(last=False)
            try:
                function()
            except QmonshError:
                continue
            except Exception as error:
                self._confess(error)
