"""Bytes read as choices, numbers and text: what a fuzzer gives becomes what a target wants.

The same bytes always give the same values, so that a finding is repeated by its bytes alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Source:
    """Reads values from the end of the bytes, where a fuzzer changes them without moving the text before."""

    def __init__(self, data: bytes) -> None:
        self._data = bytearray(data)

    def byte(self) -> int:
        """Return a number below 256, 0 when nothing is left."""
        return self._data.pop() if self._data else 0

    def choice(self, values: Sequence[T]) -> T:
        """Return one of the values."""
        number = self.byte() if len(values) <= 256 else self.byte() << 8 | self.byte()
        return values[number % len(values)]

    def flag(self) -> bool:
        """Return yes or no."""
        return bool(self.byte() & 1)

    def rest(self) -> bytes:
        """Return all that is left."""
        rest, self._data = bytes(self._data), bytearray()
        return rest

    def text(self) -> str:
        """Return all that is left as text, as a terminal would hand it in."""
        return self.rest().decode("utf-8", "surrogateescape")

    def take(self, most: int) -> bytes:
        """Return some bytes, as many as a number in the bytes says."""
        count = min(self.byte() % (most + 1), len(self._data))
        taken = bytes(self._data[len(self._data) - count :])
        del self._data[len(self._data) - count :]
        return taken

    def value(self, depth: int = 0) -> Any:
        """Return any JSON value."""
        kind = self.byte() % 9
        if kind < 4:
            return (None, True, -1, 0)[kind]
        if kind == 4:
            return self.take(40).decode("utf-8", "replace")
        if kind == 5:
            return int.from_bytes(self.take(12), "little", signed=True)
        if kind == 6:
            return int.from_bytes(self.take(4), "little") / 7
        count = self.byte() % 4 if depth < 4 else 0
        if kind == 7:
            return [self.value(depth + 1) for _ in range(count)]
        return {self.take(12).decode("utf-8", "replace"): self.value(depth + 1) for _ in range(count)}


def pieces(data: bytes, sizes: bytes) -> Iterator[bytes]:
    """Cut data into pieces of these sizes, again and again; 0 gives what is left as one piece."""
    position = turn = 0
    while position < len(data):
        size = sizes[turn % len(sizes)] if sizes else 0
        yield data[position : position + size] if size else data[position:]
        position += size or len(data)
        turn += 1
