"""Work that goes on, as one line: a bar, how much is done, how fast, how long still.

Knows the records of query-migrate, query-jobs and query-dump, and those of silent_work.py, which are like a
dump's ("at-most": the total is a bound). Must not know the terminal, nor ask the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qmonsh.render.escape import one_line

_BAR = 20
_SHORT_BAR = 10
_TINY_BAR = 6
#: How a line is written, from the longest to the shortest: columns of the bar, with the amounts, with how
#: long it has taken. The amounts say more than a fine bar.
_LAYOUTS = (
    (_BAR, True, True),
    (_SHORT_BAR, True, True),
    (_SHORT_BAR, True, False),
    (_TINY_BAR, True, False),
    (_BAR, False, True),
    (_SHORT_BAR, False, False),
)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
#: Seconds of looks back that a pace is made of, and the most looks that are kept for it.
_BACK = 10.0
_MOST_LOOKS = 64
_MOST = 1 << 64
#: Types of jobs whose progress is counted in bytes (QEMU says of others only that it grows).
_IN_BYTES = ("mirror", "backup", "stream", "commit")
#: States of a job, of a migration and of a dump that do not go on by themselves any more.
_OVER = frozenset({"concluded", "null", "none", "completed", "failed", "cancelled"})
NO_PACES: Mapping[str, float] = {}


class Pace:
    """How fast a piece of work goes, from what was done at the last looks at it."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, float]] = deque(maxlen=_MOST_LOOKS)

    def look(self, record: Mapping[str, Any], now: float) -> float:
        """Take a record seen at ``now`` (seconds); returns what is done a second, 0 while unknown."""
        looks, done = self._looks, _amounts(record)[0]
        if looks and done < looks[0][1]:  # another work under the same name
            looks.clear()
        looks.append((now, done))
        while len(looks) > 2 and now - looks[0][0] > _BACK:
            looks.popleft()
        past = now - looks[0][0]
        return max(0.0, done - looks[0][1]) / past if past > 0 else 0.0


class Paces:
    """The paces of all work on a monitor, by what ``works`` calls it."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def look(self, seen: Iterable[tuple[str, Mapping[str, Any]]], now: float) -> dict[str, float]:
        """Take what goes on at ``now`` and return how fast each goes; what is gone is forgotten."""
        records = dict(seen)
        self._paces = {name: self._paces.get(name, Pace()) for name in records}
        return {name: self._paces[name].look(record, now) for name, record in records.items()}


def progress_line(
    what: str, record: Mapping[str, Any], *, seconds: float, pace: float = 0.0, width: int = 80
) -> str:
    """Return a line about work that has gone on for ``seconds``; never longer than ``width``.

    ``pace`` is what is done a second, 0 when unknown. Where there is no room the amounts are left out.
    """
    head = f"{one_line(what)}: {one_line(str(record.get('status', 'waiting')))}".rstrip()
    room, line = max(width - 1, 10), ""
    for columns, with_amounts, with_time in _LAYOUTS:
        facts = _facts(record, pace, columns, with_amounts=with_amounts)
        line = "  ".join([head, *facts, *([duration(seconds)] if with_time else ())])
        if len(line) <= room:
            break
    return line[:room]


def works(
    jobs: Iterable[dict[str, Any]], migration: dict[str, Any], dump: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a name and a record for all that goes on."""
    for job in jobs:
        if job.get("status") not in (*_OVER, None):
            yield f"{one_line(str(job.get('type', 'job')))} {one_line(str(job.get('id', '')))}", job
    for name, record in (("migration", migration), ("dump", dump)):
        status = record.get("status")
        if isinstance(status, str) and status not in _OVER:
            yield name, record


def work_words(
    jobs: list[dict[str, Any]],
    migration: dict[str, Any],
    dump: dict[str, Any],
    paces: Mapping[str, float] = NO_PACES,
) -> str:
    """Return jobs, the migration and the dump in progress in a few words, ``""`` when there are none."""
    found = list(works(jobs, migration, dump))
    columns = _SHORT_BAR if len(found) < 2 else 0  # of several the figures say more than their bars
    return ", ".join(_in_words(name, record, paces.get(name, 0.0), columns) for name, record in found)


def _in_words(name: str, record: Mapping[str, Any], pace: float, columns: int) -> str:
    status = one_line(str(record["status"]))
    said = name if status in ("running", "active") else f"{name} {status}"
    facts = () if status == "ready" else _facts(record, pace, columns, with_amounts=False)
    return " ".join([said, *facts])


def amount(count: float) -> str:
    """Return a number of bytes with a unit."""
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def duration(seconds: float) -> str:
    """Return seconds as "5 s", "2:05 min" or "1:02:03 h"."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02} h"


def _facts(record: Mapping[str, Any], pace: float, columns: int, *, with_amounts: bool) -> Iterator[str]:
    """Yield the bar of so many columns (0: none) and the share, the amounts, the rate, the time left."""
    done, total, rate = _amounts(record)
    # A share of what is only a bound would be nobody's.
    is_bound = record.get("at-most") is True
    bound = "at most " if is_bound else ""
    if total > 0:
        share = min(1.0, done / total)
        bar = f"[{'#' * int(share * columns):-<{columns}}]" if columns else ""
        yield bar if is_bound else f"{bar} {share:.0%}".lstrip()
    if _is_bytes(record) and with_amounts and (total or done):
        yield f"{amount(done)} of {bound}{amount(total)}" if total else amount(done)
    if (rate := rate or pace) > 0 and _is_bytes(record):
        yield f"{amount(rate)}/s"
    # A migration's rate is that of the wire; what the guest writes meanwhile comes on top.
    if pace > 0 and total > done:
        yield f"{bound}{duration((total - done) / pace)} left"


def _amounts(record: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return what is done, the whole, and bytes a second, 0 for what is not known."""
    ram = record.get("ram")
    if isinstance(ram, dict):
        total, remaining = _number(ram.get("total")), _number(ram.get("remaining"))
        return max(0.0, total - remaining), total, _number(ram.get("mbps")) * 125_000
    if "completed" in record:
        return _number(record["completed"]), _number(record.get("total")), 0.0
    return _number(record.get("current-progress")), _number(record.get("total-progress")), 0.0


def _is_bytes(record: Mapping[str, Any]) -> bool:
    is_job = "total-progress" in record
    return not is_job or record.get("type") in _IN_BYTES


def _number(value: Any) -> float:
    """Return an amount; 0 for what is no number, or larger than any that QEMU counts."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < _MOST else 0.0
