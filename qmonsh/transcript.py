"""--record: every message of a connection, both directions, appended to a file as JSON lines.

Knows the form of a transcript line ({"time", "direction", "message"}, and "own": true with a question that
no line of the user's stands for; what no message tells of a line is a record of its own,
monitor/retelling.py) and that secrets are masked before they reach the disk. Must not know who
reads it.
"""

from __future__ import annotations

import os
import threading
from time import time
from typing import Any

from qmonsh.errors import UsageError
from qmonsh.language.secrets import SHORTEST, mask, mask_value, words_hidden_in
from qmonsh.render.json_text import dumps


class Transcript:
    """An open transcript; an instance is the ``tap`` of a Connection. Raises UsageError when unwritable.

    Each message is one write of one line, so that a killed qmonsh leaves every complete line on disk.
    A disk that fills up later ends the recording with a word through ``complain``, not the session.
    """

    def __init__(self, path: str, complain: Any) -> None:
        self._complain = complain
        self._lock = threading.Lock()
        self._path = path
        self._secrets: dict[str, None] = {}
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._begin_line()
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot record to {path}: {getattr(error, 'strerror', error)}") from None

    def _begin_line(self) -> None:
        """End a line that an earlier recording was killed in, so that only that one is lost."""
        if not os.path.isfile(self._fd):
            return
        size = os.fstat(self._fd).st_size
        with open(self._path, "rb") as file:
            file.seek(max(0, size - 1))
            if file.read(1) not in (b"", b"\n"):
                os.write(self._fd, b"\n")

    def __call__(self, direction: str, message: Any, own: bool = False) -> None:
        """Write a message; ``own`` marks a question that no line of the user's stands for."""
        if direction == "sent":
            # A string that was sent is a text monitor's line.
            masked = mask(message) if isinstance(message, str) else mask_value(message)
            self._secrets.update(dict.fromkeys(words_hidden_in(message)) if masked != message else {})
        else:  # a refusal may quote what it refuses, an echo all of it
            masked = mask_value(message, [word for word in self._secrets if len(word) >= SHORTEST])
        mark = {"own": True} if own else {}
        record = {"time": round(time(), 6), "direction": direction, **mark, "message": masked}
        data = (dumps(record) + "\n").encode()
        with self._lock:
            if self._fd < 0:
                return
            try:
                self._write(data)
            except OSError as error:
                self.close()
                self._complain(f"recording to {self._path} stopped: {error.strerror}")

    def _write(self, data: bytes) -> None:
        # Nearly always one write; a disk that fills up takes a part and refuses the rest.
        while data:
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        """Close the file; recording has ended."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
