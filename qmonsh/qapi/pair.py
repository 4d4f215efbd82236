"""The key=value words of a line, and the tree that their dotted keys make.

Knows positions and how keys nest. Must not know types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from qmonsh.qapi.scalar import ValueProblem

#: More levels than any command has (QEMU itself refuses 1024 brackets).
_DEEPEST = 64
_ID = r"[A-Za-z][A-Za-z0-9._-]*"
#: Digits of the highest index that is read.
_INDEX_DIGITS = 6


class Pair(NamedTuple):
    """A ``key=value`` word of a line.

    ``value`` is text, or JSON already when ``is_text`` is false (``key:=5``), or ``None`` as text for a bare
    ``key``. ``key_start``/``key_end`` and ``start``/``end`` are the positions in the line of the key and of
    the value (-1 when it stands in no line; those of a bare key are the key's twice).
    """

    key: str
    value: Any
    is_text: bool = True
    key_start: int = -1
    key_end: int = -1
    start: int = -1
    end: int = -1

    @property
    def is_bare(self) -> bool:
        """Whether the word is a key without a value."""
        return self.is_text and self.value is None

    def saying(self, key: str, value: str) -> Pair:
        """Return what the same word of the line means in other terms."""
        return Pair(key, value, True, self.key_start, self.key_end, self.start, self.end)

    def problem(self, found: ValueProblem | str, *, key: str = "") -> ValueProblem:
        """Return the problem as one of this pair's value, named after ``key`` and with its position."""
        problem = ValueProblem(found) if isinstance(found, str) else found
        return ValueProblem(
            f"{key or self.key}: {problem.problem}",
            start=self.start,
            end=self.end,
            expected=problem.expected,
            nearest=problem.nearest,
            missing=problem.missing,
        )


def check_id(pair: Pair) -> None:
    """Refuse an id that HMP refuses: letters, digits, ``-._``, a letter first."""
    if not pair.is_text or not re.fullmatch(_ID, str(pair.value)):
        said = "is no identifier, which is a letter, then letters, digits, '-', '.' and '_'"
        raise pair.problem(f"'{pair.value}' {said}")


class Node:
    """What the line gives at one dotted key: values, or further keys below it.

    ``offset`` is where the last name of ``key`` begins in it, for the caret.
    """

    __slots__ = ("children", "key", "offset", "pairs")

    def __init__(self, key: str, offset: int, pairs: Sequence[Pair] = ()) -> None:
        self.key = key
        self.offset = offset
        self.pairs = list(pairs)
        self.children: dict[str, Node] = {}

    @property
    def first(self) -> Pair:
        """A pair to point at: the first that was given at or below this key."""
        node = self
        while not node.pairs:
            node = next(iter(node.children.values()))
        return node.pairs[0]

    def below(self, name: str) -> str:
        """Return the full key of a name below this one."""
        return f"{self.key}.{name}" if self.key else name

    def key_problem(self, problem: str, *, expected: Iterable[str] = (), likely: str = "") -> ValueProblem:
        """Return a problem with the last name of the key itself."""
        pair = self.first
        start = end = -1
        if pair.key_start >= 0:
            # What stands before the word in a key that a block adds ("actions.0.data.") is not in the line.
            added = max(0, len(pair.key) - (pair.key_end - pair.key_start))
            start = pair.key_start + max(0, self.offset - added)
            end = min(pair.key_start + len(self.key), max(pair.key_end, start))
        return ValueProblem(problem, start=start, end=end, expected=expected, nearest=likely)

    def text_at(self, name: str) -> object:
        """Return the plain value given for the name just below, as a tag has; ``None`` when there is none."""
        child = self.children.get(name)
        return child.pairs[-1].value if child is not None and child.pairs else None


def tree_of(pairs: Sequence[Pair]) -> Node:
    """Return the pairs as a tree by their dotted keys."""
    root = Node("", 0)
    for pair in pairs:
        names = pair.key.split(".")
        if "" in names or len(names) > _DEEPEST:
            raise ValueProblem(f"'{pair.key}' is not a key", start=pair.key_start, end=pair.key_end)
        node, offset = root, 0
        for name in names:
            key = node.below(name)
            node = node.children.setdefault(name, Node(key, offset))
            offset = len(key) + 1
        node.pairs.append(pair)
    return root


def indexed(node: Node) -> list[Node]:
    """Return the elements that keys such as "children.0" and "children.1" give, in their order."""
    found: dict[int, Node] = {}
    for name, child in node.children.items():
        if not name.isdecimal() or len(name) > _INDEX_DIGITS:
            raise child.key_problem(f"'{node.key}' is a list: '{name}' is no index", likely=f"{node.key}.0")
        found[int(name)] = child
    for index in range(len(found)):
        if index not in found:
            raise node.key_problem(f"'{node.key}.{index}' is missing: indices begin with 0 and have no gaps")
    return [found[index] for index in range(len(found))]
