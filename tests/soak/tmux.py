"""A program in a tmux of its own server, with someone at the keyboard who looks at the screen."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

DEADLINE = 120.0


class Tmux:
    """``words`` run in a window of ``rows`` x ``columns``; the server ends with it."""

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        *,
        rows: int = 30,
        columns: int = 110,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux.sock"), "-f", "/dev/null"]
        given = [word for key, value in (environment or {}).items() for word in ("-e", f"{key}={value}")]
        size = ["-x", str(columns), "-y", str(rows)]
        self._run("new-session", "-d", *size, *given, "--", *words)
        self.pid = int(self._run("display-message", "-p", "#{pane_pid}"))

    def keys(self, text: str) -> None:
        """Type text as it stands."""
        self._run("send-keys", "-l", "--", text)

    def press(self, key: str) -> None:
        """Press a key by tmux's name for it."""
        self._run("send-keys", key)

    @property
    def line(self) -> str:
        """The line that the cursor is on."""
        row = self._run("display-message", "-p", "#{cursor_y}").strip()
        return self._run("capture-pane", "-p", "-S", row, "-E", row).rstrip()

    def screen(self, *, history: int = 0) -> str:
        """Return what the screen shows, and so many lines before it."""
        return self._run("capture-pane", "-p", "-J", "-S", str(-history))

    def until(self, condition: Callable[[], bool], what: str) -> float:
        """Wait for a condition and return how long that took (seconds)."""
        start = time.monotonic()
        while not condition():
            assert time.monotonic() - start < DEADLINE, f"never seen: {what} in\n{self.screen(history=50)}"
            time.sleep(0.02)  # tmux cannot be waited for
        return time.monotonic() - start

    def close(self) -> None:
        """End tmux and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _run(self, *words: str) -> str:
        run = subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True)
        return run.stdout

    def __enter__(self) -> Tmux:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()
