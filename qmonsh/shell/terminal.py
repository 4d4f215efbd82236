"""The one way to the user's terminal: text above the prompt, between prompts, around a pager.

Knows whether a prompt is on the screen and that only one party may write at a time. Must not know what is
written: text comes sanitised and coloured by render/. (prompt_toolkit's patch_stdout writes in a thread of
its own that cannot be waited for; a pager or the next prompt has to come after the text before it.)
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from time import monotonic
from typing import TYPE_CHECKING, cast

from qmonsh.shell.echo import Echo

if TYPE_CHECKING:
    import asyncio
    from typing import TextIO

    from prompt_toolkit.output import Output

#: Seconds in which text that arrives while the user types is gathered, so that the prompt is redrawn once.
GATHER = 0.03
#: Seconds between two lines of status on a dumb terminal, where they stay.
SELDOM = 5.0
_ERASE_LINE = "\r\x1b[K"


class Terminal:
    """The terminal as one stream; ``emit`` may be called from any thread, even before ``attach``.

    ``dumb`` says that no escape sequence may be sent. ``typed`` returns what stands on the line of a dumb
    terminal's prompt, which has to be written again after text.
    """

    def __init__(self, *, dumb: bool = False) -> None:
        self.dumb = dumb
        self.echo = Echo()
        self._output: Output | None = None
        self.typed: Callable[[], str] = str
        self._lock = threading.RLock()
        self._pending: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: Context | None = None
        self._scheduled = False
        self._lent = True
        #: What goes on, what is typed meanwhile, and what of both stands on the screen.
        self._status = self._typing = self._shown = ""
        #: When a dumb terminal's status was written last, 0 for not yet.
        self._said = 0.0

    def attach(self, output: Output) -> None:
        """Write to ``output`` from now on, beginning with what has waited for it."""
        with self._lock:
            self._output = output
            self._lent = False
            self._flush()

    def emit(self, text: str) -> None:
        """Write whole lines: above the prompt when there is one, else at once."""
        if not text:
            return
        with self._lock:
            if self._lent or self._loop is not None:
                self._pending.append(text)
                self._schedule()
            else:
                self._write(text)

    def status(self, text: str) -> None:
        """Show a line that the next one replaces (progress); ``""`` takes it away."""
        with self._lock:
            if text == self._status or self._lent or self._loop is not None:
                return
            self._status = text
            if not self.dumb:
                self._show_status()
            elif not text:
                self._said = 0.0
            elif not self._said or monotonic() - self._said >= SELDOM:
                self._raw(f"{text}\n")
                self._said = monotonic()

    def typing(self, text: str) -> None:
        """Show what is typed meanwhile at the end of the status; the cursor stands behind it."""
        with self._lock:
            if not self.dumb and text != self._typing:
                self._typing = text
                if not self._lent and self._loop is None:
                    self._show_status()

    @contextmanager
    def prompting(self) -> Iterator[None]:
        """Have text appear above the prompt that is on the screen meanwhile (in the event loop only)."""
        from asyncio import get_running_loop

        with self._lock:
            self.status("")
            self._loop = get_running_loop()
            # prompt_toolkit finds its application by the context, which another thread has not.
            self._context = copy_context()
        try:
            yield
        finally:
            with self._lock:
                self._loop = None
                self._flush()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Leave the terminal to another program (pager, pipe); text waits until it comes back."""
        with self._lock:
            self.status("")
            self._lent = True
        try:
            with _real_streams(), self.echo.restored():
                yield
        finally:
            with self._lock:
                self._lent = False
                self._flush()

    def resume(self) -> None:
        """Take the terminal back after the process was stopped (Ctrl-Z) and goes on.

        A prompt does that itself; so does another program that has the terminal.
        """
        with self._lock:
            if self._loop is None and not self._lent:
                self.echo.again()

    @contextmanager
    def streams(self) -> Iterator[None]:
        """Have whatever else is printed in this process (warnings, tracebacks) come through ``emit``."""
        saved = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = cast("TextIO", _Stream(self))
        try:
            yield
        finally:
            sys.stdout, sys.stderr = saved

    @property
    def is_lent(self) -> bool:
        """Return whether another program has the terminal."""
        return self._lent

    @property
    def is_prompting(self) -> bool:
        """Return whether a prompt is up, which reads the keys and has text appear above it."""
        return self._loop is not None

    @property
    def size(self) -> tuple[int, int]:
        """Return the rows and columns of this moment."""
        if self._output is None:
            return 24, 80
        size = self._output.get_size()
        return size.rows or 24, size.columns or 80

    # -- writing -------------------------------------------------------------------------------

    def _show_status(self) -> None:
        self._shown = beside(self._status, self._typing, self.size[1] - 1)
        self._raw(_ERASE_LINE + self._shown)

    def _schedule(self) -> None:
        if self._loop is None or self._scheduled or self._lent:
            return
        self._scheduled = True
        try:
            self._loop.call_soon_threadsafe(
                self._loop.call_later, GATHER, self._flush_above, context=self._context
            )
        except RuntimeError:  # the loop has ended; prompting() writes the rest
            self._scheduled = False

    def _flush_above(self) -> None:
        from prompt_toolkit.application import get_app_or_none, run_in_terminal

        with self._lock:
            self._scheduled = False
            if self._loop is None or self._lent:
                return
        app = get_app_or_none()
        if self.dumb:
            self._above_dumb_prompt()
        elif app is None or not app.is_running or app._running_in_terminal:
            run_in_terminal(self._flush)  # an editor has the terminal: when that is done
        else:
            # What run_in_terminal does, without giving up the keyboard: keys that come meanwhile would
            # be echoed into the text.
            app.renderer.erase()
            self._flush()
            app.renderer.reset()
            app._request_absolute_cursor_position()
            app._redraw()

    def _above_dumb_prompt(self) -> None:
        with self._lock:
            if self._pending:
                self._raw("\n")
                self._flush()
                self._raw(self.typed())

    def _flush(self) -> None:
        with self._lock:
            if self._pending and not self._lent:
                text, self._pending = "".join(self._pending), []
                self._write(text)

    def _write(self, text: str) -> None:
        text = text if text.endswith("\n") else text + "\n"
        if self._shown:
            text = _ERASE_LINE + text + self._shown
        self._raw(text)

    def _raw(self, text: str) -> None:
        if not text or self._output is None:
            return
        try:
            self._output.write_raw(text)
            self._output.flush()
        except OSError:
            # The terminal has gone (SIGHUP comes next); there is nobody to tell.
            return


def beside(status: str, typing: str, room: int) -> str:
    """Return the status and what is typed in a line of so many columns; of what is typed the end is seen."""
    if not typing:
        return status
    from qmonsh.render.layout import columns_of

    tail = typing[-max(10, room // 2) :]
    while columns_of(tail) > max(10, room // 2):
        tail = tail[1:]
    head = status[: max(0, room - 2 - columns_of(tail))].rstrip()
    return "  ".join(part for part in (head, tail) if part)


class _Stream(io.TextIOBase):
    """A stand-in for sys.stdout and sys.stderr: whole lines go through ``Terminal.emit``."""

    encoding = "utf-8"

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._rest = ""

    def write(self, text: str) -> int:
        lines, newline, self._rest = (self._rest + text).rpartition("\n")
        self._terminal.emit(lines + newline)
        return len(text)

    def isatty(self) -> bool:
        return True


@contextmanager
def _real_streams() -> Iterator[None]:
    saved = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = sys.__stdout__ or saved[0], sys.__stderr__ or saved[1]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = saved
