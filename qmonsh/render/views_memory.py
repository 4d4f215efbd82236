"""Views of guest memory: backends, memory devices, balloon, dumps, dirty rate, I/O threads.

Knows query-memdev, query-memory-devices and their like. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.number import hexadecimal, is_number, percent, size
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view
from qmonsh.render.views_blockstats import progress


@view("query-memory-size-summary", "info memory_size_summary")
def size_summary(value: Any, look: Look) -> Iterator[str]:
    """Show how much memory the machine was born with and how much was plugged in."""
    yield f"base memory: {size(value['base-memory'])}"
    if "plugged-memory" in value:
        yield f"plugged memory: {size(value['plugged-memory'])}"


@view("query-balloon", "info balloon")
def balloon(value: Any, look: Look) -> Iterator[str]:
    """Say HMP's line, the memory that the balloon leaves to the guest in MiB, and the exact bytes."""
    yield f"balloon: actual={look.text(value['actual'] >> 20)} MiB ({look.text(value['actual'])})"


@view("query-memdev", "info memdev")
def memdev(value: Any, look: Look) -> Iterator[str]:
    """Tabulate memory backends."""
    flags = [flag for flag in _BACKEND_FLAGS if any(flag in backend for backend in value)]
    rows = (
        [
            look.text(backend.get("id", "")),
            size(backend["size"]),
            *(look.text(backend.get(flag, "")) for flag in flags),
            look.text(backend["policy"]),
            " ".join(map(look.text, backend["host-nodes"])),
        ]
        for backend in value
    )
    heads = ("memory backend", "size", *flags, "policy", "host nodes")
    yield from look.table(rows, heads)


_BACKEND_FLAGS = ("merge", "dump", "prealloc", "share", "reserve")


@view("query-memory-devices", "info memory-devices")
def memory_devices(value: Any, look: Look) -> Iterator[str]:
    """Show each DIMM, NVDIMM, virtio-mem, virtio-pmem, SGX or balloon device with HMP's labels."""
    for device in value:
        data = device["data"]
        name = f'"{look.text(data["id"])}"' if "id" in data else ""
        yield f"Memory device [{look.text(device['type'])}]: {paint('head', name)}".rstrip()
        known = [key for key in _DEVICE_ORDER if key in data]
        rest = sorted(set(data) - set(known) - {"id"})
        items = [(look.text(key), _member(key, data[key], look)) for key in known + rest]
        yield from look.pairs(items, indent=2, gap=1)


_DEVICE_ORDER = "addr memaddr slot node requested-size size max-size block-size memdev".split()


def _member(key: str, member: Any, look: Look) -> str:
    if key in ("addr", "memaddr"):
        return hexadecimal(member)
    return size(member) if key.endswith("size") else look.text(member)


@view("query-iothreads", "info iothreads")
def iothreads(value: Any, look: Look) -> Iterator[str]:
    """Tabulate I/O threads with their polling parameters, labels as HMP's."""
    known = ["thread-id", "poll-max-ns", "poll-grow", "poll-shrink", "poll-weight", "aio-max-batch"]
    found = {key for thread in value for key in thread} - {"id"}
    keys = [key for key in known if key in found] + sorted(found - set(known))
    rows = ([look.text(t["id"]), *(look.text(t.get(key, "")) for key in keys)] for t in value)
    heads = ["id", *("thread_id" if key == "thread-id" else look.text(key) for key in keys)]
    yield from look.table(rows, heads, right=" " + "r" * len(keys))


@view("query-dump", "info dump")
def dump(value: Any, look: Look) -> Iterator[str]:
    """Show how far a memory dump is."""
    yield f"Status: {state(look.text(value['status']))}"
    if value["status"] == "active":
        done, whole = value["completed"], value["total"]
        share = f"{100 * done / whole:.2f} %" if is_number(done) and whole else "0.00 %"
        yield f"Finished: {share}"
        yield f"{progress(done, whole)}  {size(done)} of {size(whole)}"


@view("query-dirty-rate", "info dirty_rate")
def dirty_rate(value: Any, look: Look) -> Iterator[str]:
    """Show the last measurement of how fast the guest dirties memory."""
    millis = value.get("calc-time-unit") == "millisecond"
    items = [
        ("Status", state(look.text(value["status"]))),
        ("Start Time", f"{look.text(value['start-time'])} (s)"),
        ("Sample Pages", f"{look.text(value.get('sample-pages'))} (per GB)"),
        ("Period", f"{look.text(value['calc-time'])} ({'ms' if millis else 'sec'})"),
        ("Mode", look.text(value.get("mode"))),
    ]
    rate = value.get("dirty-rate")
    items.append(("Dirty rate", "(not ready)" if rate is None else f"{look.text(rate)} (MB/s)"))
    yield from look.pairs(items, gap=1)
    for cpu in value.get("vcpu-dirty-rate", ()):
        yield f"vcpu[{look.text(cpu['id'])}], Dirty rate: {look.text(cpu['dirty-rate'])} (MB/s)"


@view("query-vcpu-dirty-limit", "info vcpu_dirty_limit")
def vcpu_dirty_limit(value: Any, look: Look) -> Iterator[str]:
    """Show the dirty page limit of each virtual CPU."""
    if not value:
        yield "Dirty page limit not enabled!"
    for cpu in value:
        limit, now = look.text(cpu["limit-rate"]), look.text(cpu["current-rate"])
        yield f"vcpu[{look.text(cpu['cpu-index'])}], limit rate {limit} (MB/s), current rate {now} (MB/s)"


@view("query-hv-balloon-status-report")
def hv_balloon(value: Any, look: Look) -> Iterator[str]:
    """Show what the guest's Hyper-V balloon driver reports."""
    used = percent(value["committed"], value["available"])
    yield f"committed: {size(value['committed'])}{f' ({used} of available)' if used else ''}"
    yield f"available: {size(value['available'])}"
