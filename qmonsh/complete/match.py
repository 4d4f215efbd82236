"""Which candidates fit what was typed, and in what order.

Exact prefix first, then the beginning of a word within (``net`` finds virtio-net-pci), then any part of it;
letters in the right order only when nothing else fits. Deprecated and unstable candidates come last. Knows
text only; must not know where candidates come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from qmonsh.complete.candidate import Candidate

#: Ranks above this are treated alike.
_HIGHEST_RANK = 5
#: Letters that must be typed before a candidate is found by letters that are not together.
_FUZZY_LEAST = 3

_WHOLE, _PREFIX, _PREFIX_NO_CASE, _WORD, _WITHIN = range(5)


def select(candidates: Iterable[Candidate], typed: str) -> tuple[Candidate, ...]:
    """Return the candidates that fit ``typed``, the best first; those that fit alike stay in their order.

    Each text is returned once, as its best candidate.
    """
    found = candidates if isinstance(candidates, list | tuple) else list(candidates)
    if not typed:
        return _ordered((_PREFIX, one) for one in found)
    word = re.compile(r"(?:^|[^A-Za-z0-9])" + re.escape(typed), re.IGNORECASE)
    low = typed.lower()
    matched = [(tier, one) for one in found if (tier := _tier(one.text, typed, low, word)) is not None]
    if not matched and len(typed) >= _FUZZY_LEAST:
        # The first letter begins a word: that is how people abbreviate.
        letters = re.compile(r"(?<![A-Za-z0-9])" + ".*?".join(map(re.escape, typed)), re.IGNORECASE | re.DOTALL)
        matched = [(_WITHIN, one) for one in found if letters.search(one.text)]
    return _ordered(matched)


def _tier(text: str, typed: str, low: str, word: re.Pattern[str]) -> int | None:
    if text.startswith(typed):
        return _WHOLE if text == typed else _PREFIX
    if low not in text.lower():
        return None
    if text.lower().startswith(low):
        return _PREFIX_NO_CASE
    # One letter is in nearly everything: it finds beginnings only.
    if len(typed) < 2:
        return None
    return _WORD if word.search(text) else _WITHIN


def _ordered(matched: Iterable[tuple[int, Candidate]]) -> tuple[Candidate, ...]:
    """Return the candidates by flag, tier and rank, without sorting: menus of thousands must be quick."""
    buckets: dict[tuple[bool, int, int], list[Candidate]] = {}
    for tier, one in matched:
        flagged = bool(one.flag) and tier != _WHOLE
        key = (flagged, tier, one.rank if one.rank < _HIGHEST_RANK else _HIGHEST_RANK)
        bucket = buckets.get(key)
        if bucket is None:
            bucket = buckets[key] = []
        bucket.append(one)
    ordered: dict[str, Candidate] = {}
    for key in sorted(buckets):
        for one in buckets[key]:
            ordered.setdefault(one.text, one)
    return tuple(ordered.values())
