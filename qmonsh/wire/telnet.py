"""Takes telnet's commands out of a byte stream (RFC 854), for chardevs with ``telnet=on``.

QEMU offers its options once and needs no reply (QEMU-FACTS k). Knows IAC sequences only, not what the data
between them is.
"""

from __future__ import annotations

import re

_SE = b"\xff\xf0"
_PIECE = re.compile(
    rb"(?P<data>[^\xff\r]+|\r(?=[^\x00]))"
    rb"|(?P<cr>\r\x00)"
    rb"|(?P<escaped>\xff\xff)"
    rb"|(?P<option>\xff[\xfb-\xfe].)"
    rb"|(?P<subnegotiation>\xff\xfa)"
    rb"|(?P<command>\xff[\xf0-\xf9])"
    rb"|(?P<foreign>\xff[\x00-\xef])",  # no command: a 0xFF that the sender did not double
    re.DOTALL,
)
_BODY = re.compile(rb"[^\xff]*(?:\xff[^\xf0][^\xff]*)*", re.DOTALL)
#: What a piece of each kind stands for; kinds that are not listed stand for nothing.
_MEANS = {"cr": b"\r", "escaped": b"\xff"}


class TelnetFilter:
    """Removes telnet commands from received bytes, wherever they are cut; CR NUL becomes CR."""

    def __init__(self) -> None:
        self._held = b""  # the start of a sequence whose rest has not come
        self._in_subnegotiation = False

    def receive(self, data: bytes) -> bytes:
        """Return the data among ``data``; an unfinished sequence at its end waits for the next call."""
        data = self._held + data
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            end = self._skip_body(data, at) if self._in_subnegotiation else self._take(data, at, pieces)
            if end == at:
                break
            at = end
        self._held = data[at:]
        return b"".join(pieces)

    def _take(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        match = _PIECE.match(data, at)
        if match is None:
            return at
        kind = match.lastgroup or ""
        if kind in ("data", "foreign"):
            pieces.append(match[0])
        else:
            pieces.append(_MEANS.get(kind, b""))
            self._in_subnegotiation = kind == "subnegotiation"
        return match.end()

    def _skip_body(self, data: bytes, at: int) -> int:
        match = _BODY.match(data, at)
        end = match.end() if match else at
        if data.startswith(_SE, end):
            self._in_subnegotiation = False
            end += len(_SE)
        return end
