"""What is made of block devices: jobs, exports, snapshots, dirty bitmaps.

Knows the replies about them. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qmonsh.complete.block_rows import device_id, image, inserted, name_of
from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, size_text, source, words

#: "--   snap1   1 MiB 2026-01-01 ..." of ``info snapshots``.
_SNAPSHOT_LINE = re.compile(r"(?:--|\d+)\s+(?P<tag>\S+)\s+(?P<rest>.*)\Z")
_JOB_LINE = re.compile(r"Type (?P<type>[^,]+), device (?P<id>[^:]+): (?P<rest>.*)\Z")


@source("job")
def block_jobs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block jobs."""
    if look.facts.dialect == "hmp":
        return look.derived("text jobs", _text_jobs, look.text("info block-jobs"))
    return look.derived("job", _block_jobs, look.ask("query-block-jobs"))


@source("any-job")
def jobs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give jobs of every kind."""
    return look.derived("any-job", _jobs, look.ask("query-jobs"))


@source("export")
def exports(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give block exports."""
    return look.derived("export", _exports, look.ask("query-block-exports"))


@source("snapshot")
def snapshots(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the snapshots inside images, those of the device on the line when there is one."""
    if look.facts.dialect == "hmp":
        return look.derived("text snapshots", _text_snapshots, look.text("info snapshots"))
    device = place.first("device", "vmstate")
    return look.derived(("snapshot", device), _snapshots, look.ask("query-block"), device)


@source("bitmap")
def bitmaps(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the dirty bitmaps, those of the node on the line when there is one."""
    return look.derived(
        ("bitmap", place.first("node", "device")),
        _bitmaps,
        look.ask("query-named-block-nodes"),
        place.first("node", "device"),
    )


def _progress(done: Any, total: Any) -> str:
    if isinstance(done, int) and isinstance(total, int) and total > 0:
        return f"{100 * done // total} %"
    return ""


def _block_jobs(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            str(row["device"]),
            items(row.get("type"), row.get("status"), _progress(row.get("offset"), row.get("len"))),
            "job",
        )
        for row in objects_in(answer)
        if row.get("device")
    )


def _jobs(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            str(row["id"]),
            items(
                row.get("type"),
                row.get("status"),
                _progress(row.get("current-progress"), row.get("total-progress")),
            ),
            "job",
        )
        for row in objects_in(answer)
        if row.get("id")
    )


def _exports(answer: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(str(row["id"]), items(row.get("type"), f"of {row.get('node-name', '?')}"), "export")
        for row in objects_in(answer)
        if row.get("id")
    )


def _snapshots(answer: Any, device: str) -> tuple[Candidate, ...]:
    found: dict[str, list[str]] = {}
    sizes: dict[str, Any] = {}
    for row in objects_in(answer):
        if device and device not in (name_of(row), device_id(row), inserted(row).get("node-name")):
            continue
        for one in objects_in(image(inserted(row)).get("snapshots")):
            name = str(one.get("name") or one.get("id") or "")
            found.setdefault(name, []).append(name_of(row))
            sizes[name] = max(sizes.get(name, 0), _integer(one.get("vm-state-size")))
    return tuple(
        Candidate(
            name,
            items(f"with {size_text(sizes[name])} of VM state" if sizes[name] else "disk only", *where),
            "snapshot",
            rank=0 if sizes[name] else 1,
        )
        for name, where in found.items()
        if name
    )


def _integer(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _bitmaps(answer: Any, node: str) -> tuple[Candidate, ...]:
    found = []
    for row in objects_in(answer):
        if node and node != row.get("node-name"):
            continue
        for one in objects_in(row.get("dirty-bitmaps")):
            if one.get("name"):
                state = "recording" if one.get("recording") else "disabled"
                meta = items(f"of {row.get('node-name')}", state, f"{size_text(one.get('count'))} dirty")
                found.append(Candidate(str(one["name"]), meta, "bitmap"))
    return tuple(found)


def _text_snapshots(text: str) -> tuple[Candidate, ...]:
    matches = (_SNAPSHOT_LINE.match(line) for line in text.splitlines())
    rows = [m for m in matches if m and not m["rest"].startswith("--")]
    return tuple(
        Candidate(m["tag"], words(*m["rest"].split()), "snapshot") for m in rows if m["tag"] != "TAG"
    )


def _text_jobs(text: str) -> tuple[Candidate, ...]:
    matches = (_JOB_LINE.match(line) for line in text.splitlines())
    return tuple(Candidate(m["id"], items(m["type"], m["rest"]), "job") for m in matches if m)
