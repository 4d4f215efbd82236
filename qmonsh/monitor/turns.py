"""Whose turn it is to read: the main thread while it waits for a reply, an attendant thread otherwise.

A reply that passes from one thread to another costs twice the time of a command (two switches of threads, and
Python's lock), so a script's one thread reads for itself. When nobody waits, the attendant reads, so that
events are delivered as they come; it keeps out of the way of a main thread that sends one command after
another. Only the main thread reads for itself, as only it is woken by Ctrl-C; ``Connection.interrupt`` ends
the waits of the others, for whom the attendant reads.

Knows threads and turns. Must not know transports, messages or what is waited for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from qmonsh.monitor.replies import Waiter

#: A main thread that sent nothing for so long is taken for busy elsewhere, and the attendant reads (seconds).
PAUSE = 0.005
#: How long the main thread sleeps at the most (seconds): of a signal that came in the moment before it began
#: to Python learns when it wakes.
LOOK = 1.0

_MAIN = threading.main_thread().ident


class Turns:
    """Gives the wire to one reader at a time.

    ``take()`` reads once and hands out what came, and returns False when there is nothing more to come;
    ``ready(seconds)`` waits until it would not block (None: the transport cannot tell, the attendant
    reads always); ``torn()`` is called when an interrupt hit in the midst of ``take``; ``is_owed(mine)``
    tells whether somebody waits for a reply for whom ``mine(thread)`` is true.
    """

    def __init__(
        self,
        name: str,
        *,
        take: Callable[[], bool],
        ready: Callable[[float | None], bool] | None,
        torn: Callable[[], None],
        is_owed: Callable[[Callable[[threading.Thread], bool]], bool],
    ) -> None:
        self._take = take
        self._ready = ready
        self._torn = torn
        self._is_owed = is_owed
        #: Held by whoever reads; one that knows its owner, so that an interrupt cannot leave it taken.
        self._wire = threading.RLock()
        self._over = False
        #: What the main thread waits for, and how often it has begun to: it works while that grows.
        self._main_waiter: Waiter | None = None
        self._main_waits = 0
        #: Set when the attendant is wanted at once, or not any more.
        self._bell = threading.Event()
        self._attending = False
        self._attendant = threading.Thread(target=self._attend, name=name, daemon=True)

    def leads(self) -> bool:
        """Return whether the calling thread reads for itself while it waits."""
        return self._ready is not None and threading.get_ident() == _MAIN

    def attend(self, *, always: bool = False) -> None:
        """Have the attendant read whenever nobody else does, or ``always`` from now on; may be repeated."""
        if always:
            self._ready = None
            self._bell.set()
        if self._attendant.ident is None:
            self._attendant.start()

    def end(self) -> None:
        """Wait until the attendant has ended; the transport is closed already, and says so to its reader."""
        self._bell.set()
        if self._attendant.is_alive() and threading.current_thread() is not self._attendant:
            self._attendant.join(timeout=5)

    def read_until(self, done: Callable[[], bool], until: float) -> None:
        """Read in the calling thread (which leads) until ``done()``, the end or a time of monotonic()."""
        with self._wire:
            while not done() and not self._over and self._lead(until):
                pass

    def sleep(self, waiter: Waiter, seconds: float | None) -> bool:
        """Wait until the waiter is stirred, reading meanwhile; False when ``seconds`` passed before."""
        if not self.leads():
            if not self._attending:
                self._bell.set()
            return waiter.sleep(seconds)
        until = None if seconds is None else monotonic() + seconds
        self._main_waiter = waiter
        self._main_waits += 1
        try:
            while not waiter.stirred:
                if self._wire.acquire(blocking=False):
                    while not waiter.stirred and self._lead(until):
                        pass
                    break
                # The attendant reads; it stirs the waiter when the reply has come, or lets go of the wire.
                pause = LOOK if until is None else min(until - monotonic(), LOOK)
                if not waiter.sleep(pause) and until is not None and monotonic() >= until:
                    break
            return waiter.take_stirred()
        finally:
            self._main_waiter = None
            self._let_go()

    def _lead(self, until: float | None) -> bool:
        """Read once in the main thread; False when the time has passed."""
        assert self._ready is not None
        if not self._ready(None if until is None else max(0.0, until - monotonic())):
            return False
        taken = False
        try:
            self._over = not self._take()
            taken = True
        finally:
            # An interrupt may have lost bytes or a message: nobody could tell what comes next.
            if not taken:
                self._over = True
                self._torn()
        return True

    def _let_go(self) -> None:
        try:
            self._wire.release()
        except RuntimeError:
            return  # it was the attendant's all the time

    # -- the attendant ---------------------------------------------------------------------------

    def _attend(self) -> None:
        while True:
            if self._ready is not None:
                self._rest()
            self._attending = True
            with self._wire:  # as long as the main thread reads it reads for all
                self._read_while_main_is_busy()
                self._attending = False
            if self._over:
                return
            # Who was too late for the wire a moment ago may have it now.
            waiter = self._main_waiter
            if waiter is not None:
                waiter.nudge()

    def _read_while_main_is_busy(self) -> None:
        waits = self._main_waits
        while not self._over:
            self._over = not self._take()
            if self._ready is not None and self._main_waits != waits and not self._owes_main():
                return

    def _owes_main(self) -> bool:
        waiter = self._main_waiter
        return waiter is not None and not waiter.stirred

    def _rest(self) -> None:
        """Return when the main thread seems to be busy elsewhere, or somebody else waits for a reply."""
        while not self._is_owed(_is_not_main):
            waits = self._main_waits
            called = self._bell.wait(PAUSE)
            self._bell.clear()
            if called or waits == self._main_waits:
                return


def _is_not_main(thread: threading.Thread) -> bool:
    return thread.ident != _MAIN
