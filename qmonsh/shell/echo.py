"""What the kernel does with typed keys: keeps them unseen while the shell has the terminal.

What is typed while a command runs is the next line; the prompt shows it when it is its turn. Other programs
find the terminal as it was. Knows termios. Must not know who types.
"""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LFLAG = 3


class Echo:
    """The echo of the terminal at descriptor ``fd``; does nothing where that is no terminal."""

    def __init__(self, fd: int = 0) -> None:
        self._fd = fd
        self._before: list[Any] | None = None

    @contextmanager
    def off(self) -> Iterator[None]:
        """Keep typed keys unseen meanwhile."""
        self._before = self._attributes()
        self._apply(quiet=True)
        try:
            yield
        finally:
            self._apply(quiet=False)
            self._before = None

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Leave the terminal as it was found to another program meanwhile."""
        self._apply(quiet=False)
        try:
            yield
        finally:
            self._apply(quiet=True)

    def again(self) -> None:
        """Keep typed keys unseen, whatever another program has made of the terminal meanwhile."""
        self._apply(quiet=True)

    def _attributes(self) -> list[Any] | None:
        try:
            return termios.tcgetattr(self._fd)
        except (termios.error, OSError, ValueError):
            return None

    def _apply(self, *, quiet: bool) -> None:
        if self._before is None:
            return
        wanted = list(self._before)
        if quiet:
            # Byte by byte, or the kernel would keep a Ctrl-D for itself. Signals (Ctrl-C, Ctrl-Z) stay.
            wanted[_LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
        try:
            termios.tcsetattr(self._fd, termios.TCSANOW, wanted)
        except (termios.error, OSError):
            return  # the terminal has gone
