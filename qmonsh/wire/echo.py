"""The echo of a line by QEMU's line editor, known in advance and removed byte by byte.

For every character received the editor redraws the whole line: one cursor-left for each character that
stood there, the line so far, erase-to-end (QEMU-FACTS e; alike in 5.2 to 11.1). So a line of n bytes comes
back as 2n(n+1)+2 bytes: 33 MB for the longest. Nothing of it is kept.

Knows the editor's redraw. Must not know prompts, states or what an answer is.
"""

from __future__ import annotations

_LEFT = b"\x1b[D"
_ERASE = b"\x1b[K"
_END = b"\r\n"


class Echo:
    """The echo of a line that shows as ``shown`` (stars for a password); removes itself from a buffer.

    When foreign bytes stand in its way (the rest of an earlier answer), all up to the last redraw of the
    line is removed. ``plain`` says that the other end redraws nothing: then there is nothing to wait for.
    """

    def __init__(self, shown: bytes) -> None:
        self._shown = shown
        self._drawn = 0  # characters whose redraw has been removed
        self._strayed = False
        self._redrawn = False
        self._searched = 0

    @property
    def plain(self) -> bool:
        """Return whether what came is no redraw at all: not QEMU's own editor at the other end."""
        return self._strayed and not self._redrawn

    def remove(self, buffer: bytearray) -> bool:
        """Remove the echo from the front of ``buffer``; return whether its end was there."""
        while not self._strayed:
            expected = self._expected()
            head = bytes(buffer[: len(expected)])
            if head != expected:
                if expected.startswith(head):
                    return False
                self._strayed = True
                break
            del buffer[: len(expected)]
            self._drawn += 1
            if self._drawn > len(self._shown):
                return True
        return self._search(buffer)

    def _expected(self) -> bytes:
        if self._drawn == len(self._shown):
            return _END
        return _LEFT * self._drawn + self._shown[: self._drawn + 1] + _ERASE

    def _search(self, buffer: bytearray) -> bool:
        """Remove everything through the last redraw of the line, wherever it stands."""
        last = (self._shown + _ERASE if self._shown else b"") + _END
        at = buffer.find(last, max(0, self._searched - len(last) + 1))
        if at >= 0:
            del buffer[: at + len(last)]
            return True
        self._redrawn = self._redrawn or buffer.find(_ERASE, max(0, self._searched - len(_ERASE) + 1)) >= 0
        if self._redrawn:
            del buffer[: -len(last)]
        self._searched = len(buffer)
        return False
