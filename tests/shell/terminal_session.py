"""qmonsh on a real pseudo-terminal, with someone at the keyboard who looks at the screen.

``TerminalSession`` starts a program on a pty of its own session, feeds what it writes to a Screen, answers
questions for the cursor as terminals do (unless ``cpr=False``). ``until`` waits for the screen with a
deadline; nothing sleeps.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

from tests.shell.vt import Screen

CHECKOUT = Path(__file__).resolve().parents[2]
DEADLINE = 30.0


class TerminalSession:
    """A program on a pseudo-terminal of ``rows`` x ``columns``."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        rows: int = 24,
        columns: int = 80,
        cpr: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = Screen(rows, columns)
        self.written = b""
        self.status: int | None = None
        self._cpr = cpr
        self.pid, self.fd = pty.fork()
        if self.pid == 0:  # the child: nothing of pytest's may run on in it
            try:
                os.environ.update(
                    {"TERM": "xterm-256color", "PYTHONPATH": str(CHECKOUT), **(environment or {})}
                )
                os.execvp(words[0], list(words))
            finally:
                os._exit(127)
        self.resize(rows, columns)
        self.modes = termios.tcgetattr(self.fd)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size as a window manager does; the kernel sends SIGWINCH."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def keys(self, text: str) -> None:
        """Type; reads meanwhile, as a paste larger than the pty's buffer needs the program to go on."""
        data = text.encode()
        while data:
            _, writable, _ = select.select([], [self.fd], [], 0.05)
            if writable:
                data = data[os.write(self.fd, data[:1024]) :]
            self._read(0)

    def until(self, wanted: str | Callable[[], bool], *, times: int = 1) -> None:
        """Wait until the screen (or what scrolled off it) shows a text so often, or a condition holds."""
        end = monotonic() + DEADLINE
        while not (self.screen.text.count(wanted) >= times if isinstance(wanted, str) else wanted()):
            assert monotonic() < end, f"never seen: {wanted!r} in\n{self.screen.text}"
            if not self._read(0.05) and self.status is not None:
                raise AssertionError(f"it ended with {self.status} before {wanted!r}:\n{self.screen.text}")

    def enter(self, line: str, wanted: str, *, times: int = 1) -> None:
        """Type a line, press Enter, wait for what it brings."""
        self.keys(line)
        self.until(lambda: line[-20:] in self.screen.line)
        self.keys("\r")
        self.until(wanted, times=times)

    def end(self) -> int:
        """Wait for the end of the program and return its status."""
        end = monotonic() + DEADLINE
        while self.status is None:
            assert monotonic() < end, f"it does not end:\n{self.screen.text}"
            self._read(0.05)
        return self.status

    def close(self) -> None:
        """End the program, whatever it does."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL
        os.close(self.fd)

    def _read(self, seconds: float) -> bool:
        """Take what was written within so many seconds; returns whether there was something."""
        data = self._available(seconds)
        if not data and self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                # Its last words may have come between the look and its end.
                while more := self._available(0):
                    data += more
        if not data:
            return False
        self.written += data
        self.screen.feed(data.decode("utf-8", "replace"))
        replies, self.screen.replies = self.screen.replies, []
        if self._cpr and replies and self.status is None:
            os.write(self.fd, "".join(replies).encode())
        return True

    def _available(self, seconds: float) -> bytes:
        """Return what was written, ``b""`` when nothing came within so many seconds."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:  # the program has ended
            return b""

    def __enter__(self) -> TerminalSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def qmonsh(*words: str) -> list[str]:
    """Return the command that runs qmonsh of this checkout."""
    return [sys.executable, "-m", "qmonsh", *words]
