"""The list that a very long reply consists of, decoded element by element instead of all at once.

In CPython the values of a reply take seven times the memory of its text, and decoding 50 MB takes a second
in which nothing is shown. So the text is kept, and each walk decodes what it comes by.

Knows where the list stands in a response, and how its elements follow one another. Must not know states,
pending ids, or who walks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qmonsh.wire.jsontext import decode, elements
from qmonsh.wire.message import Return

# What QEMU sends, in either order; whatever else stands beside the list, the whole text is decoded.
_SPACE = r"[ \t\r\n]*+"
_ID = rf'"id"{_SPACE}:{_SPACE}"(?P<id>[^"\\\x00-\x1f]*+)"'
_HEAD = re.compile(rf'\{{{_SPACE}(?:{_ID}{_SPACE},{_SPACE})?"return"{_SPACE}:{_SPACE}\[{_SPACE}(?!\])')
_TAIL = re.compile(rf"\]{_SPACE}(?:,{_SPACE}{_ID}{_SPACE})?\}}")


class LongList:
    """An array that is not empty, in ``text`` from its first element to its bracket at ``end``.

    Each walk decodes anew and raises ProtocolError where the text is no JSON, as ``decode`` would have.
    """

    __slots__ = ("_end", "_length", "_start", "_text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._start = start
        self._end = end
        self._length = 0

    def __iter__(self) -> Iterator[Any]:
        return elements(self._text, self._start, self._end)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        self._length = self._length or sum(1 for _ in self)
        return self._length

    def whole(self) -> list[Any]:
        """Return the list with all its elements, decoded at once."""
        start = self._text.rindex("[", 0, self._start)
        return list(decode(self._text[start : self._end + 1]))


def long_return(text: str) -> Return | None:
    """Return the response that ``text`` is when its value is a list, None for anything else.

    ``text`` is an object of matching brackets, its end included, with one array or object right inside.
    """
    head, at = _HEAD.match(text), text.rfind("]")
    tail = _TAIL.fullmatch(text, at) if head else None
    # A quote before the last bracket would have a partner behind it: so that bracket stands outside
    # strings, and being one level down it ends the only child there is.
    if head is None or tail is None or (head["id"] is None) == (tail["id"] is None):
        return None
    value = LongList(text, head.end(), at)
    if tail["id"] is None:
        return Return(id=head["id"], value=value, raw={"id": head["id"], "return": value})
    return Return(id=tail["id"], value=value, raw={"return": value, "id": tail["id"]})
