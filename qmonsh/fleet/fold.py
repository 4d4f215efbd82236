"""Many names as few words and back: web01, web02, ..., web20 <-> web[01-20].

Pure. Knows digits and leading zeros. Must not know what is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

_DIGITS = re.compile(r"([0-9]+)")
#: [01-20], [1,3]; a single number, [13], is left to be read as a shell's set of characters.
_RANGES = re.compile(r"\[([0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)+|[0-9]+-[0-9]+)\]")
#: More names than this in one word are a slip of the finger.
MOST_NAMES = 100_000


def fold_names(names: Iterable[str]) -> str:
    """Return names as one text, ranges folded: "db,web[01-20,22]"; the order is that of the first of each."""
    rows: dict[tuple[str, ...], None] = {tuple(_DIGITS.split(name)): None for name in names}
    # Text and digits alternate, digits at the odd places. Names that differ at one of these only become one,
    # the last place first: a[1-2]b1, a[1-2]b2 are then alike in the first.
    for place in range(max((len(row) for row in rows), default=0) - 1, 0, -1):
        if place % 2:
            rows = dict.fromkeys(_fold_place(rows, place))
    return ",".join("".join(row) for row in rows)


def _fold_place(rows: Iterable[tuple[str, ...]], place: int) -> Iterator[tuple[str, ...]]:
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for row in rows:
        if place >= len(row):
            alike[row, ()] = []
        else:
            alike.setdefault((row[:place], row[place + 1 :]), []).append(row[place])
    for (before, after), values in alike.items():
        yield (*before, _fold_numbers(values), *after) if values else before


def _fold_numbers(values: Sequence[str]) -> str:
    if len(values) == 1:
        return values[0]
    padded = sorted({len(value) for value in values if value.startswith("0") and len(value) > 1})
    by_width: dict[int, list[int]] = {}
    for value in values:
        is_padded = value.startswith("0") and len(value) > 1
        width = len(value) if is_padded else max([w for w in padded if w <= len(value)], default=1)
        by_width.setdefault(width, []).append(int(value))
    return "[" + ",".join(_ranges(numbers, width) for width, numbers in sorted(by_width.items())) + "]"


def _ranges(numbers: Iterable[int], width: int) -> str:
    """Return numbers as "1-3,7", each of at least ``width`` digits."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(f"{number:0{width}d}" for number in run) for run in runs)


def expand_names(word: str) -> list[str]:
    """Return the names that a folded word stands for, the word itself when it has no ranges.

    Raises ValueError for more than MOST_NAMES.
    """
    parts = _RANGES.split(word)
    if len(parts) == 1:
        return [word]
    choices: list[list[str]] = []
    count = 1
    for place, part in enumerate(parts):
        choices.append(_numbers(part) if place % 2 else [part])
        count *= len(choices[-1])
        if count > MOST_NAMES:
            raise ValueError(f"'{word}' stands for more than {MOST_NAMES} names")
    return ["".join(chosen) for chosen in product(*choices)]


def _numbers(ranges: str) -> list[str]:
    found: list[str] = []
    for one in ranges.split(","):
        first, _, last = one.partition("-")
        low, high = int(first), int(last or first)
        if high - low >= MOST_NAMES:
            raise ValueError(f"[{one}] has more than {MOST_NAMES} numbers")
        found += [f"{number:0{len(first)}d}" for number in range(low, high + 1)]
    return found
