"""Whether an ``info`` answer of qmonsh's says what HMP's text says: each name and number of it.

HMP's text is taken apart into words; a word counts as said when it stands in our text, or when it is a
number that our data has in another unit or base. HMP's own labels, and what it says only in words, are
data here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_WORD = re.compile(r"[A-Za-z0-9_/{][\w./{}#+-]*")
_UNITS = (1, 1 << 10, 1 << 20, 1 << 30, 1000, 1_000_000)

#: What HMP's layout says that is no fact: labels of "info WORD", by word; "" for all.
LABELS: dict[str, str] = {
    "": "is are not no none has have been the a of in at for to and or with by on off yes true false enabled"
    " disabled id type state status name path size bytes kbytes ms",
    "info blockstats": "rd_bytes wr_bytes rd_operations wr_operations flush_operations wr_total_time_ns"
    " rd_total_time_ns flush_total_time_ns rd_merged wr_merged idle_time_ns",
    "info block": "images image file format virtual",
    "info stats": "peak instant cumulative",
}


def missing_facts(word: str, text: str, shown: str, value: Any) -> list[str]:
    """Return the words of HMP's ``text`` that what was ``shown`` of ``value`` does not say."""
    labels = set(f"{LABELS['']} {LABELS.get(' '.join(word.split()[:2]), '')}".split())
    numbers = set(_numbers(value))
    strings = shown.lower()
    return [
        one
        for one in dict.fromkeys(found.rstrip(".:,") for found in _WORD.findall(text))
        if one and one.lower() not in labels and one.lower() not in strings and not _is_among(one, numbers)
    ]


def _is_among(word: str, numbers: set[int]) -> bool:
    try:
        number = int(word, 16 if re.match(r"0x|[0-9a-f]*[a-f]", word, re.I) else 10)
    except ValueError:
        return False
    return any(number * unit in numbers for unit in _UNITS) or any(
        number == one // unit for unit in _UNITS for one in numbers
    )


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, bool):
        yield int(value)
    elif isinstance(value, int | float):
        yield int(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one)
