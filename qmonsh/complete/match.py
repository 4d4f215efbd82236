"""Which candidates fit what was typed, and in what order.

Exact prefix first, then the beginning of a word within (``net`` finds virtio-net-pci), then any part of it;
letters in the right order only when nothing else fits. Deprecated and unstable candidates come last. Knows
text only; must not know where candidates come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
        return _ordered([(_PREFIX, one) for one in found])
    matched = _matching(found, typed)
    if not matched and len(typed) >= _FUZZY_LEAST:
        low = typed.lower()
        matched = [
            (_WORD if one.text[:1].lower() == low[0] else _WITHIN, one)
            for one in found
            if _has_letters(one.text.lower(), low)
        ]
    return _ordered(matched)


def _matching(found: Sequence[Candidate], typed: str) -> list[tuple[int, Candidate]]:
    """Return the candidates that contain ``typed``, each with how well it fits."""
    low = typed.lower()
    word = re.compile(r"(?:^|[^A-Za-z0-9])" + re.escape(typed), re.IGNORECASE)
    # One letter is in nearly everything: it finds beginnings only.
    is_letter = len(typed) == 1
    matched = []
    for one in found:
        text = one.text
        if text.startswith(typed):
            matched.append((_WHOLE if text == typed else _PREFIX, one))
        elif low in (lowered := text.lower()):
            if lowered.startswith(low):
                matched.append((_PREFIX_NO_CASE, one))
            elif not is_letter:
                matched.append((_WORD if word.search(text) else _WITHIN, one))
    return matched


def _has_letters(text: str, letters: str) -> bool:
    """Return whether the letters stand in the text in their order, the first at the beginning of a word.

    (That is how people abbreviate.) Linear, whatever a VM calls its devices.
    """
    position = text.find(letters[0])
    while position > 0 and text[position - 1].isalnum():
        position = text.find(letters[0], position + 1)
    for letter in letters[1:]:
        if position < 0:
            return False
        position = text.find(letter, position + 1)
    return position >= 0


def _ordered(matched: Sequence[tuple[int, Candidate]]) -> tuple[Candidate, ...]:
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
