"""Waiting for blocking calls: Ctrl-C ends it, and what lasts long is said to be waited for.

Knows the call that runs and how long it has. Must not know what is waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from qmonsh.errors import InterruptError
from qmonsh.render.escape import one_line
from qmonsh.shell.progress import Pace, duration, progress_line
from qmonsh.shell.worker import Call

if TYPE_CHECKING:
    from qmonsh.shell.ahead import Keyboard
    from qmonsh.shell.terminal import Terminal

T = TypeVar("T")

#: Seconds after which a call that has not returned yet is said to be waited for.
SOON = 1.0
#: Seconds between two looks at whether a sleep is to end.
_NAP = 0.1


class Waiting:
    """The call that a shell waits for; ``interrupt_thread`` ends the waits of a thread at the monitor.

    ``keyboard``, set by the face, reads what is typed while what lasts long is waited for.
    """

    def __init__(
        self,
        terminal: Terminal,
        call_later: Callable[[float, Callable[[], None]], None],
        interrupt_thread: Callable[[threading.Thread], None],
    ) -> None:
        self._terminal = terminal
        self._call_later = call_later
        self._interrupt_thread = interrupt_thread
        self.keyboard: Keyboard | None = None
        self._call: Call[Any] | None = None
        self._is_stopped = False
        self._started = self._reported = 0.0
        self._pace = Pace()

    def begin_line(self) -> None:
        """Forget a Ctrl-C that was meant for the line before."""
        self._is_stopped = False

    async def call(self, function: Callable[[], T], *, what: str = "") -> T:
        """Return what a blocking function returns; Ctrl-C ends its wait with InterruptError.

        ``what`` is said to be waited for when it takes long.
        """
        call = Call(function, self._interrupt_thread)
        before, self._call = self._call, call
        ticker = self._tick(call, what) if what else None
        try:
            return await call.wait()
        finally:
            # A Ctrl-C that came with the answer still ends what goes on after it (.watch).
            self._is_stopped = self._is_stopped or call.cancelled
            if self._call is call:  # a key may have begun another one meanwhile
                self._call = before
            if ticker is not None:
                ticker()
                if self.keyboard is not None:
                    self.keyboard.end()
            self._terminal.status("")

    async def sleep(self, seconds: float, alive: Callable[[], None]) -> None:
        """Wait; Ctrl-C ends it with InterruptError, ``alive`` with what it raises."""
        if self._is_stopped:
            raise InterruptError()
        until = monotonic() + seconds
        bell = threading.Event()

        def doze() -> None:
            while (left := until - monotonic()) > 0:
                bell.wait(min(_NAP, left))
                self.raise_if_cancelled()
                alive()

        await self.call(doze)

    @property
    def is_waiting(self) -> bool:
        """Return whether a call runs that Ctrl-C would end."""
        return self._call is not None and self._call.is_running

    def interrupt(self) -> None:
        """Stop waiting for what runs (Ctrl-C); in the event loop."""
        if self._terminal.is_lent:  # the other program has it
            return
        self._is_stopped = True
        if self.keyboard is not None:
            self.keyboard.drop()
        if self._call is not None:
            self._call.cancel()

    def raise_if_cancelled(self, what: str = "") -> None:
        """Raise InterruptError when Ctrl-C was pressed since the running call began; from its thread."""
        if self._call is not None and self._call.cancelled:
            raise InterruptError(what)

    def progress(self, what: str, record: dict[str, Any]) -> None:
        """Show work that goes on; in the waiting thread, which it can end."""
        self.raise_if_cancelled(what)
        self.show(what, record)

    def show(self, what: str, record: dict[str, Any]) -> None:
        """Show work that goes on; in any thread, while the call that it belongs to runs."""
        now = self._reported = monotonic()
        pace, width = self._pace.look(record, now), self._terminal.size[1]
        line = progress_line(what, record, seconds=now - self._started, pace=pace, width=width)
        self._terminal.status(line)

    def _tick(self, call: Call[Any], what: str) -> Callable[[], None]:
        """Say once in a while that the answer is still waited for; returns the function that ends it."""
        over = threading.Event()
        self._started = self._reported = monotonic()
        self._pace = Pace()
        started = self._started

        def tick() -> None:
            if over.is_set():
                return
            if self.keyboard is not None:
                self.keyboard.begin()
            now = monotonic()
            # Another call may be on top: of a line that is answered meanwhile.
            if self._call is call and now - self._reported >= SOON:
                waited = f"waiting for {one_line(what)[:40]}: {duration(now - started)}"
                self._terminal.status(f"{waited} (Ctrl-C stops the waiting)")
            self._call_later(SOON, tick)

        self._call_later(SOON, tick)
        return over.set
