"""Work that goes on, as one line: a bar, how much is done, how fast, how long still.

Knows the records of query-migrate and query-jobs. Must not know the terminal.
"""

from __future__ import annotations

from typing import Any

from qmonsh.render.escape import one_line

_BAR = 20
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def progress_line(what: str, record: dict[str, Any], *, seconds: float, width: int = 80) -> str:
    """Return a line about work that has gone on for ``seconds``; never longer than ``width``."""
    parts = [f"{one_line(what)}: {one_line(str(record.get('status', 'waiting')))}"]
    done, total, rate = _amounts(record)
    if total > 0:
        share = min(1.0, done / total)
        parts.append(f"[{'#' * int(share * _BAR):-<{_BAR}}] {share:4.0%}")
        parts.append(f"{amount(done)} of {amount(total)}" if _is_bytes(record) else "")
    if rate > 0:
        parts.append(f"{amount(rate)}/s")
        if total > done and "dirty-pages-rate" not in record.get("ram", {}):
            parts.append(f"{duration((total - done) / rate)} left")
    parts.append(duration(seconds))
    return "  ".join(part for part in parts if part)[: max(width - 1, 10)]


def work_words(jobs: list[dict[str, Any]], migration: dict[str, Any]) -> str:
    """Return jobs and migration in progress in a few words, ``""`` when there are none."""
    words = []
    for job in jobs:
        if job.get("status") in ("concluded", "null", None):
            continue
        share = _share(job.get("current-progress"), job.get("total-progress"))
        words.append(f"{one_line(str(job.get('type', 'job')))} {one_line(str(job.get('id', '')))}{share}")
    status = migration.get("status")
    if isinstance(status, str) and status not in ("none", "completed", "failed", "cancelled"):
        ram = migration.get("ram")
        share = ""
        if isinstance(ram, dict):
            share = _share(_number(ram.get("total")) - _number(ram.get("remaining")), ram.get("total"))
        words.append(f"migration {one_line(status)}{share}")
    return ", ".join(words)


def amount(count: float) -> str:
    """Return a number of bytes with a unit."""
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
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


def _amounts(record: dict[str, Any]) -> tuple[float, float, float]:
    """Return what is done, the whole, and bytes a second, 0 for what is not known."""
    ram = record.get("ram")
    if isinstance(ram, dict):
        total, remaining = _number(ram.get("total")), _number(ram.get("remaining"))
        return max(0.0, total - remaining), total, _number(ram.get("mbps")) * 125_000
    return _number(record.get("current-progress")), _number(record.get("total-progress")), 0.0


def _is_bytes(record: dict[str, Any]) -> bool:
    return isinstance(record.get("ram"), dict)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _share(done: Any, total: Any) -> str:
    return f" {min(1.0, _number(done) / _number(total)):.0%}" if _number(total) > 0 else ""
