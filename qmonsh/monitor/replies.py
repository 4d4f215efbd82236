"""Who waits for which reply: matches by id, blames errors without id, remembers whom nobody waits for.

Knows deadlines and ids (QEMU-FACTS h: one bad line can yield several errors without id, so replies are
never counted). Must not know transports, observers or what a command does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from qmonsh.errors import DeadlineError, InterruptError
from qmonsh.wire.message import ErrorReply, Return

#: How long an error without id waits for the burst to end and for a reply with the id (seconds).
IDLESS_GRACE = 0.1

#: The longest time that a lock can be waited for (seconds).
_LONGEST = threading.TIMEOUT_MAX

Reply = Return | ErrorReply


class Waiter:
    """One command in flight: filled in by whoever reads, waited for by its caller."""

    __slots__ = ("_asleep", "command", "id", "interrupted", "reply", "stirred", "suspect", "thread")

    def __init__(self, id: str, command: str) -> None:
        self.id = id
        self.command = command
        self.reply: Reply | None = None
        self.suspect: ErrorReply | None = None
        self.thread = threading.current_thread()
        self.interrupted = False
        self.stirred = False
        # A lock that is taken until there is something to look at: an Event would cost three times as much.
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def stir(self) -> None:
        """Wake the caller: the reply is there, a suspect, an interrupt or the end (under Replies' lock)."""
        self.stirred = True
        self.nudge()

    def nudge(self) -> None:
        """Wake the caller, who looks whether there is something for it (``stirred``) or for it to do."""
        try:
            self._asleep.release()
        except RuntimeError:
            pass  # awake already

    def take_stirred(self) -> bool:
        """Return whether the waiter was stirred since the last time, and forget that it was."""
        stirred, self.stirred = self.stirred, False
        return stirred

    def sleep(self, seconds: float | None) -> bool:
        """Wait to be stirred or nudged since the last sleep; False when ``seconds`` passed before."""
        return self._asleep.acquire(timeout=-1 if seconds is None else min(max(seconds, 0.0), _LONGEST))


Sleep = Callable[[Waiter, float | None], bool]


class Replies:
    """The commands in flight, oldest first; every method is safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: dict[str, Waiter] = {}
        self._abandoned: dict[str, str] = {}
        self._over = False

    def expect(self, id: str, command: str) -> Waiter:
        """Return a new waiter for the reply to ``id``."""
        waiter = Waiter(id, command)
        with self._lock:
            self._waiters[id] = waiter
            if self._over:
                waiter.stir()
        return waiter

    def settle(self, reply: Reply) -> str | None:
        """Hand a reply to its waiter; returns the command it answers when nobody waits any more."""
        with self._lock:
            if reply.id is None:
                self._blame(reply)
            elif reply.id in self._abandoned:
                return self._abandoned.pop(reply.id)
            elif waiter := self._waiters.get(reply.id):
                waiter.reply = reply
                waiter.stir()
        return None

    def wait(self, waiter: Waiter, seconds: float | None, sleep: Sleep = Waiter.sleep) -> Reply | None:
        """Return the reply, an error without id blamed on this command, or None when the connection ended.

        ``sleep`` waits until the waiter is stirred, False when the seconds passed before. Raises
        DeadlineError after ``seconds`` and InterruptError; the command must then be abandoned.
        """
        until = None if seconds is None else monotonic() + seconds
        if not sleep(waiter, seconds):
            raise DeadlineError(waiter.command, seconds or 0)
        if waiter.reply is None and waiter.interrupted:
            raise InterruptError(waiter.command)
        if waiter.reply is None and waiter.suspect is not None:
            self._grant_grace(waiter, until, sleep)
        return waiter.reply or waiter.suspect

    def interrupt(self, thread: threading.Thread) -> None:
        """End the waits of a thread."""
        with self._lock:
            for waiter in self._waiters.values():
                if waiter.thread is thread:
                    waiter.interrupted = True
                    waiter.stir()

    def abandon(self, waiter: Waiter) -> None:
        """Remember a command whose caller stopped waiting, so that its late reply is known for what it is."""
        with self._lock:
            if waiter.reply is None and not self._over:
                self._abandoned[waiter.id] = waiter.command

    def drop(self, waiter: Waiter) -> None:
        """End a command's time in flight."""
        with self._lock:
            self._waiters.pop(waiter.id, None)

    def end(self) -> None:
        """Wake every waiter: no reply will come any more."""
        with self._lock:
            self._over = True
            self._abandoned.clear()
            for waiter in self._waiters.values():
                waiter.stir()

    def is_owed(self, to: Callable[[threading.Thread], bool]) -> bool:
        """Return whether a thread for which ``to(thread)`` is true waits for a reply."""
        if not self._waiters:
            return False
        with self._lock:
            return any(waiter.reply is None and to(waiter.thread) for waiter in self._waiters.values())

    def names(self) -> list[str]:
        """Return the commands without a reply, the abandoned ones included."""
        with self._lock:
            return [waiter.command for waiter in self._waiters.values()] + list(self._abandoned.values())

    def _blame(self, error: Reply) -> None:
        """Suspect the oldest command without a reply; further errors of the burst add nothing."""
        assert isinstance(error, ErrorReply)
        oldest = next((waiter for waiter in self._waiters.values() if waiter.reply is None), None)
        if oldest is not None and oldest.suspect is None:
            oldest.suspect = error
            oldest.stir()

    def _grant_grace(self, waiter: Waiter, until: float | None, sleep: Sleep) -> None:
        """Let the rest of the burst come, and the command's own reply if there is one."""
        with self._lock:
            if waiter.reply is not None or self._over:
                return
        left = IDLESS_GRACE if until is None else min(IDLESS_GRACE, max(0.0, until - monotonic()))
        sleep(waiter, left)
