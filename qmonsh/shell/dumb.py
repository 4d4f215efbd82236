"""The output of a dumb terminal: text and nothing else, whatever prompt_toolkit would like to send.

Knows prompt_toolkit's Output. Must not know what is written.
"""

from __future__ import annotations

from typing import TextIO

from prompt_toolkit.output import DummyOutput


class DumbOutput(DummyOutput):
    """Writes text to ``stdout``; every request for colours, cursor or modes is dropped."""

    def __init__(self, stdout: TextIO) -> None:
        self._stream = stdout

    def write(self, data: str) -> None:
        """Write text; a stray escape character becomes visible."""
        self._stream.write(data.replace("\x1b", "?"))

    def write_raw(self, data: str) -> None:
        """Write text: there is no raw text on a dumb terminal."""
        self.write(data)

    def flush(self) -> None:
        """Have it shown now."""
        self._stream.flush()

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._stream.fileno()
