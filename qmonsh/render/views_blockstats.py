"""Views of block activity: statistics with rates, block jobs and jobs with their progress.

Knows the members of BlockStats, BlockJobInfo and JobInfo. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.number import duration, human, is_number, percent, plain, size
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view

#: row -> prefix of its members; HMP shows the first three, the rest appear when they count something.
_KINDS = {"Read": "rd", "Write": "wr", "Flush": "flush", "Unmap": "unmap", "Zone append": "zone_append"}
_ALWAYS = ("Read", "Write", "Flush")
_BAR = 24


@view("query-blockstats", "info blockstats", compares=True)
def blockstats(value: Any, look: Look) -> Iterator[str]:
    """Tabulate what each device did; with a previous value also what it does a second."""
    before = _by_name(look.previous.value) if look.previous else {}
    for n, device in enumerate(value):
        stats = device["stats"]
        yield from [""] if n else []
        yield f"{paint('head', _name(device))}:{_idle(stats.get('idle_time_ns'))}"
        rows = list(_rows(stats))
        heads = ["", "bytes", "operations", "total_time_ns", "merged", "failed", "invalid"]
        columns = len(heads) if any(row[5] or row[6] for row in rows) else 5
        yield from look.table((row[:columns] for row in rows), heads[:columns], right=" rrrrrr", indent=2)
        yield from _growth(stats, before.get(_name(device)), look)
        yield from look.pairs(_further(device, look), indent=2)


def _further(device: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    """Yield what is measured only when asked for: latency histograms, intervals; and the highest write."""
    stats = device["stats"]
    behind = device.get("parent", {}).get("stats", {})
    highest = behind.get("wr_highest_offset", stats.get("wr_highest_offset"))
    if highest:
        yield "highest offset written", size(highest)
    for kind in ("rd", "wr", "zone_append", "flush"):
        histogram = stats.get(f"{kind}_latency_histogram")
        if histogram:
            yield f"{kind} latency", _histogram(histogram)
    for interval in stats.get("timed_stats", ()):
        measured = sorted(
            (look.text(k), _measured(k, v)) for k, v in interval.items() if k != "interval_length"
        )
        label = f"last {look.text(interval['interval_length'])} s"
        yield label, ", ".join(f"{name}={told}" for name, told in measured)


def _histogram(histogram: dict[str, Any]) -> str:
    """Return "< 10 us: 5, < 100 us: 3, more: 1": the bins count operations up to each boundary."""
    ends = [f"< {duration(end, per_second=10**9)}" for end in histogram["boundaries"]] + ["more"]
    return ", ".join(f"{end}: {plain(count)}" for end, count in zip(ends, histogram["bins"], strict=False))


def _measured(key: str, value: Any) -> str:
    return duration(value, per_second=10**9) if key.endswith("_ns") else plain(value)


def _idle(idle: Any) -> str:
    """Return the time since the last operation, HMP's 0 where there was none since the start."""
    since = "no operation yet" if idle is None else duration(idle, per_second=10**9)
    return f" idle_time_ns={plain(idle or 0)} ({since})"


def _name(device: Any) -> str:
    """Return the drive's id, else its node, else its device: -blockdev drives have no id."""
    return next((plain(device[k]) for k in ("device", "node-name", "qdev") if device.get(k)), "(anonymous)")


def _by_name(value: Any) -> dict[str, Any]:
    return {_name(device): device["stats"] for device in value}


def _rows(stats: dict[str, Any]) -> Iterator[list[str]]:
    for label, prefix in _KINDS.items():
        if label not in _ALWAYS and not stats.get(f"{prefix}_operations"):
            continue
        amount, done = stats.get(f"{prefix}_bytes"), stats[f"{prefix}_operations"]
        time, merged = stats[f"{prefix}_total_time_ns"], stats.get(f"{prefix}_merged")
        yield [
            f"{label}:",
            "" if amount is None else size(amount),
            plain(done),
            f"{plain(time)} ({duration(time, per_second=10**9)})" if time else plain(time),
            "" if merged is None else plain(merged),
            _unless_zero(stats.get(f"failed_{prefix}_operations")),
            _unless_zero(stats.get(f"invalid_{prefix}_operations")),
        ]


def _unless_zero(value: Any) -> str:
    return paint("bad", plain(value)) if value else ""


def _growth(stats: dict[str, Any], before: dict[str, Any] | None, look: Look) -> Iterator[str]:
    """Yield a line with what is done a second since the previous value, or with the growth without a time."""
    if look.previous is None or before is None:
        return
    seconds = look.previous.seconds
    told = (_grown(stats, before, label, prefix, seconds) for label, prefix in _KINDS.items())
    yield f"  {'Now' if seconds > 0 else 'Since'}:  {'  '.join(words for words in told if words)}"


def _grown(stats: dict[str, Any], before: dict[str, Any], label: str, prefix: str, seconds: float) -> str:
    """Return bytes and operations of one kind ("read 5 KiB/s 5.0 ops/s"), "" for a rare kind that rests."""
    moved = _difference(stats, before, f"{prefix}_bytes")
    counted = _difference(stats, before, f"{prefix}_operations")
    if counted is None or (label not in _ALWAYS and not counted):
        return ""
    per = "/s" if seconds > 0 else ""
    words = [label.lower()]
    words += [] if moved is None or prefix == "flush" else [f"{human(moved / (seconds or 1))}{per}"]
    return " ".join([*words, f"{counted / seconds:.1f} ops/s" if seconds > 0 else f"{plain(counted)} ops"])


def _difference(stats: dict[str, Any], before: dict[str, Any], key: str) -> Any:
    """Return how much a counter has grown, None when it is not there both times."""
    now: Any = stats.get(key)
    then: Any = before.get(key)
    return now - then if _both(now, then) else None


def _both(a: Any, b: Any) -> bool:
    return is_number(a) and is_number(b)


@view("query-block-jobs", "info block-jobs")
def block_jobs(value: Any, look: Look) -> Iterator[str]:
    """Say HMP's line for each job, then its progress in a bar and its state."""
    if not value:
        yield "No active jobs"
    for job in value:
        kind, device = look.text(job["type"]), look.text(job["device"])
        head = f"Streaming device {device}" if kind == "stream" else f"Type {kind}, device {device}"
        done = f"Completed {look.text(job['offset'])} of {look.text(job['len'])} bytes"
        yield f"{head}: {done}, speed limit {look.text(job['speed'])} bytes/s"
        yield f"    {progress(job['offset'], job['len'])}  {', '.join(_job_notes(job, look))}"


def _job_notes(job: dict[str, Any], look: Look) -> Iterator[str]:
    yield f"{human(job['offset'])} of {human(job['len'])}"
    if "status" in job:
        yield state(look.text(job["status"]))
    if job.get("ready") is True:
        yield paint("good", "ready to complete")
    if job.get("paused") is True:
        yield state("paused")
    if job.get("io-status", "ok") != "ok":
        yield f"I/O status {state(look.text(job['io-status']))}"
    if job.get("error"):
        yield paint("bad", look.text(job["error"]))


def progress(done: Any, whole: Any) -> str:
    """Return a bar with its percentage; an empty job is at its beginning."""
    share = min(max(done / whole, 0), 1) if _both(done, whole) and whole else 0
    filled = int(share * _BAR)
    return f"[{'█' * filled}{' ' * (_BAR - filled)}] {percent(done, whole) or '0.0 %'}"


@view("query-jobs")
def jobs(value: Any, look: Look) -> Iterator[str]:
    """Tabulate background jobs of every kind."""
    if not value:
        yield "No jobs"
        return
    rows = (
        [
            look.text(job["id"]),
            look.text(job["type"]),
            state(look.text(job["status"])),
            f"{percent(job['current-progress'], job['total-progress']) or '-'}",
            f"{look.text(job['current-progress'])} of {look.text(job['total-progress'])}",
            paint("bad", look.text(job["error"])) if "error" in job else "",
        ]
        for job in value
    )
    heads = ("id", "type", "status", "done", "progress", "error")
    yield from look.table(rows, heads, right="   r")
