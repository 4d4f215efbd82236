"""The likeliest intended word for a mistyped one.

Knows edit distance only. Must not know what the words mean.
"""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return the candidate that ``word`` most likely stands for, or ``""`` when none is near.

    Case and the difference of ``-`` and ``_`` weigh nothing; a swap of neighbours is one mistake; about
    one mistake in three characters is forgiven; else a candidate that ``word`` begins or is part of will do.
    Of candidates equally near, one with the same first letter is likelier, then one that is longer than the
    word, or as long: letters are rather left out ("query-staus" is no query-stats) than typed too many.
    """
    plain = _plain(word)
    if not plain or len(plain) > 64:
        return ""
    allowed = max(1, len(plain) // 3)
    best, best_rank = "", (allowed + 1, 0, 0)
    begun = ""
    for candidate in candidates:
        other = _plain(candidate)
        if not begun and len(plain) > 2 and (other.startswith(plain) or other.endswith(plain)):
            begun = candidate
        if abs(len(other) - len(plain)) > allowed:
            continue
        rank = (_distance(plain, other), 0 if other[:1] == plain[:1] else 1, -min(len(other), len(plain) + 1))
        if rank < best_rank and rank[0] < len(plain):  # something of the word must be left
            best, best_rank = candidate, rank
    return best or begun


def _plain(word: str) -> str:
    return word.lower().replace("_", "-")


def _distance(first: str, second: str) -> int:
    """Return the number of insertions, deletions, changes and swaps of neighbours between two words."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == second[j - 2] and first[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
