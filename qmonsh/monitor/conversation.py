"""The conversation with an HMP text monitor: one line at a time, its answer ended by prompt and quiet.

Knows that the prompt is the only end of an answer and can be faked by it (QEMU-FACTS e), so that quiet
decides. Must not know transports or what lines mean.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from qmonsh.errors import DeadlineError, InterruptError, LineError
from qmonsh.wire.message import Answer, Message

if TYPE_CHECKING:
    from qmonsh.wire.hmp import HmpMachine

#: A prompt at the end of the text ends the answer after this much quiet (seconds).
QUIET = 0.05


class Conversation:
    """Whose turn it is on a text monitor.

    ``changed`` is the connection's condition, notified when bytes came or the connection was lost;
    ``raise_if_over(line, in_flight)`` is its check (lost, interrupted). ``hear`` and
    ``take`` are called by the attendant that reads (turns.py).
    """

    def __init__(
        self,
        machine: HmpMachine,
        changed: threading.Condition,
        raise_if_over: Callable[[str, bool], None],
        deliver: Callable[[Message], None],
        hang_up: Callable[[], None],
    ) -> None:
        self._machine = machine
        self._changed = changed
        self._raise_if_over = raise_if_over
        self._deliver = deliver
        self._hang_up = hang_up
        self._is_hung_up = False
        self._turn = threading.Lock()
        self._heard = 0.0
        self._open_line = ""
        self._abandoned = False
        self._answer: Answer | None = None

    def hear(self) -> None:
        """Note that bytes came."""
        self._heard = monotonic()

    def take(self, answer: Answer) -> str | None:
        """Take the answer to the line that is open; returns that line when nobody waits for it any more."""
        line, self._open_line = self._open_line, ""
        self._answer = answer
        return line if self._abandoned else None

    @property
    def open_line(self) -> str:
        """Return the line whose answer has not ended, or ""."""
        return self._open_line

    def ask(self, line: str, write: Callable[[bytes], None], deadline: float | None) -> str:
        """Send a line and return the text of its answer; raises DeadlineError and what the check raises.

        The answer to an earlier line whose caller gave up is let end first.
        """
        until = None if deadline is None else monotonic() + deadline
        with self._turn:
            self._wait(lambda: not self._open_line, until, line, deadline, in_flight=False)
            with self._changed:
                self._raise_if_over(line, False)
                data = self._machine.send(line)
                self._open_line, self._answer, self._abandoned = line, None, False
            write(data)
            try:
                self._wait(lambda: self._answer is not None, until, line, deadline, in_flight=True)
            except (DeadlineError, InterruptError, KeyboardInterrupt):
                with self._changed:
                    self._abandoned = self._answer is None
                raise
            assert self._answer is not None
            return self._answer.text

    def pause(self, left: float | None) -> float | None:
        """Return how long to wait for bytes: ``left``, or shorter to notice quiet after a prompt."""
        if not (self._machine.maybe_complete or self._machine.password_prompt):
            return left
        quiet = max(0.001, self._heard + QUIET - monotonic())
        return quiet if left is None else min(left, quiet)

    def end_if_quiet(self, *, stream_ended: bool = False) -> None:
        """Take the prompt for the end of the answer (or banner) once nothing follows it any more."""
        with self._changed:
            if self._machine.maybe_complete and (stream_ended or monotonic() - self._heard >= QUIET):
                message = self._machine.complete()
                if message is not None:
                    self._deliver(message)

    def _wait(
        self,
        ready: Callable[[], bool],
        until: float | None,
        line: str,
        seconds: float | None,
        *,
        in_flight: bool,
    ) -> None:
        with self._changed:
            while not ready():
                self._raise_if_over(line, in_flight)
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    raise DeadlineError(line, seconds or 0)
                self._changed.wait(self.pause(left))
                self.end_if_quiet()
                self._refuse_password_prompt(line)

    def _refuse_password_prompt(self, line: str) -> None:
        """End the connection when the monitor asks for a password: the next line would be taken for it."""
        if self._is_hung_up:
            return
        if self._machine.password_prompt and monotonic() - self._heard >= QUIET:
            self._is_hung_up = True
            self._hang_up()
            raise asks_password(line)


def asks_password(line: str) -> LineError:
    """Return the error for a line to which the monitor answered by asking for a password."""
    return LineError(
        "the monitor asks for a password, so the connection was closed",
        line=line,
        advice="give it on the line, for example: change vnc password SECRET",
    )
