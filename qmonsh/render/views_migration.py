"""Views of migration: progress, parameters with their units, capabilities.

Knows MigrationInfo and HMP's labels for its members (those of QEMU 5.2 to 10.0, which name one fact a
line). Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmonsh.render.number import human, is_number, on_off, plain, rate, size
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view
from qmonsh.render.views_blockstats import progress

#: (member, label, unit), in HMP's order; a member that the reply does not have is left out.
_TIMES = (
    ("total-time", "total time", "ms"),
    ("expected-downtime", "expected downtime", "ms"),
    ("downtime", "downtime", "ms"),
    ("setup-time", "setup", "ms"),
    ("remaining", "remaining", "bytes"),
)
_RAM = (
    ("transferred", "transferred ram", "bytes"),
    ("mbps", "throughput", "mbps"),
    ("remaining", "remaining ram", "bytes"),
    ("total", "total ram", "bytes"),
    ("duplicate", "duplicate", "pages"),
    ("skipped", "skipped", "pages"),
    ("normal", "normal", "pages"),
    ("normal-bytes", "normal bytes", "bytes"),
    ("dirty-sync-count", "dirty sync count", ""),
    ("page-size", "page size", "bytes"),
    ("multifd-bytes", "multifd bytes", "bytes"),
    ("pages-per-second", "pages-per-second", ""),
    ("dirty-pages-rate", "dirty pages rate", "pages"),
    ("postcopy-requests", "postcopy request count", ""),
    ("precopy-bytes", "precopy ram", "bytes"),
    ("downtime-bytes", "downtime ram", "bytes"),
    ("postcopy-bytes", "postcopy ram", "bytes"),
    ("dirty-sync-missed-zero-copy", "Zero-copy-send fallbacks happened", "times"),
)
_DISK = (
    ("transferred", "transferred disk", "bytes"),
    ("remaining", "remaining disk", "bytes"),
    ("total", "total disk", "bytes"),
)
_XBZRLE = (
    ("cache-size", "cache size", "bytes"),
    ("bytes", "xbzrle transferred", "bytes"),
    ("pages", "xbzrle pages", "pages"),
    ("cache-miss", "xbzrle cache miss", "pages"),
    ("cache-miss-rate", "xbzrle cache miss rate", "fraction"),
    ("encoding-rate", "xbzrle encoding rate", "fraction"),
    ("overflow", "xbzrle overflow", ""),
)
_COMPRESSION = (
    ("pages", "compression pages", "pages"),
    ("busy", "compression busy", ""),
    ("busy-rate", "compression busy rate", "fraction"),
    ("compressed-size", "compressed size", "bytes"),
    ("compression-rate", "compression rate", "fraction"),
)
_REST = (
    ("cpu-throttle-percentage", "cpu throttle percentage", ""),
    ("dirty-limit-throttle-time-per-round", "dirty-limit throttle time", "us"),
    ("dirty-limit-ring-full-time", "dirty-limit ring full time", "us"),
    ("postcopy-blocktime", "postcopy blocktime", "ms"),
    ("postcopy-latency", "postcopy latency", "ns"),
)
_PARTS = (("ram", _RAM), ("disk", _DISK), ("xbzrle-cache", _XBZRLE), ("compression", _COMPRESSION))
#: Told only when they count something, as HMP does.
_SILENT_AT_ZERO = frozenset(
    "dirty-pages-rate postcopy-requests downtime-bytes postcopy-bytes dirty-sync-missed-zero-copy".split()
)


@view("query-migrate", "info migrate")
def migrate(value: Any, look: Look) -> Iterator[str]:
    """Show a migration's state, progress and numbers."""
    if not value:
        yield "No migration has been started"
    if "status" in value:
        reason = f" ({paint('bad', look.text(value['error-desc']))})" if "error-desc" in value else ""
        yield f"Migration status: {state(look.text(value['status']))}{reason}"
    if value.get("blocked-reasons"):
        yield "Outgoing migration blocked:"
        yield from (f"  {look.text(reason)}" for reason in value["blocked-reasons"])
    ram = value.get("ram", {})
    if value.get("status") in ("active", "postcopy-active") and ram:
        yield f"Progress: {progress(ram['total'] - ram['remaining'], ram['total'])}"
    yield from look.pairs([*_facts(value, _TIMES), *_parts(value), *_lists(value, look)], gap=1)
    told = look.options.get("globals")
    if told:
        yield "Globals:"
        items = ((look.text(name), state(look.text(setting))) for name, setting in told.items())
        yield from look.pairs(items, indent=2, gap=1)


def _parts(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for part, rows in _PARTS:
        yield from _facts(value.get(part, {}), rows)
    yield from _facts(value, _REST)
    if "vfio" in value:
        yield "vfio transferred", _with_unit(value["vfio"]["transferred"], "bytes")


def _lists(value: dict[str, Any], look: Look) -> Iterator[tuple[str, str]]:
    for key, label in (("postcopy-vcpu-blocktime", "postcopy vcpu blocktime"),):
        if key in value:
            yield label, ", ".join(map(look.text, value[key]))
    for n, address in enumerate(value.get("socket-address", ())):
        told = " ".join(f"{look.text(k)}={look.text(v)}" for k, v in sorted(address.items()))
        yield ("" if n else "socket address"), told


def _facts(record: dict[str, Any], rows: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str]]:
    for member, label, unit in rows:
        if member in record and (record[member] or member not in _SILENT_AT_ZERO):
            yield label, _with_unit(record[member], unit)


def _with_unit(number: Any, unit: str) -> str:
    if unit == "bytes" and is_number(number):
        # HMP counts kbytes up to QEMU 10; people compare them with old notes.
        return f"{plain(number // 1024)} kbytes ({human(number)}, {plain(number)} bytes)"
    if unit in ("mbps", "fraction") and is_number(number):
        return f"{number:.2f}{' mbps' if unit == 'mbps' else ''}"
    return f"{plain(number)} {unit}".rstrip()


@view("query-migrate-capabilities", "info migrate_capabilities")
def capabilities(value: Any, look: Look) -> Iterator[str]:
    """List capabilities, on or off."""
    for capability in value:
        yield f"{look.text(capability['capability'])}: {state(on_off(capability['state']))}"


#: Units as HMP prints them; a parameter not listed is a bare number or word.
_UNITS = {
    "bytes/second": "max-bandwidth avail-switchover-bandwidth max-postcopy-bandwidth",
    "bytes": "xbzrle-cache-size x-rdma-chunk-size",
    "ms": "announce-initial announce-max announce-step downtime-limit x-checkpoint-delay "
    "x-vcpu-dirty-limit-period",
    "MB/s": "vcpu-dirty-limit",
}
_UNIT_OF = {name: unit for unit, names in _UNITS.items() for name in names.split()}


@view("query-migrate-parameters", "info migrate_parameters")
def parameters(value: Any, look: Look) -> Iterator[str]:
    """List parameters a to z, with units; bandwidths and sizes also for the eye."""
    for name in sorted(value):
        if name == "block-bitmap-mapping":
            yield "block-bitmap-mapping:"
            yield from _bitmap_mapping(value[name], look)
        else:
            yield f"{look.text(name)}: {_parameter(name, value[name], look)}".rstrip()


def _parameter(name: str, value: Any, look: Look) -> str:
    if isinstance(value, list):
        return " ".join(map(look.text, value))
    if isinstance(value, str):
        # HMP quotes the parameters that are free text, so that an empty one can be seen.
        return f"'{look.text(value)}'" if name.startswith("tls-") else look.text(value)
    unit = _UNIT_OF.get(name, "")
    told = f"{on_off(value)} {unit}".rstrip()
    if unit.startswith("bytes") and value:
        return f"{told} ({rate(value) if unit == 'bytes/second' else human(value)})"
    return told


def _bitmap_mapping(nodes: Any, look: Look) -> Iterator[str]:
    for node in nodes:
        yield f"  '{look.text(node['node-name'])}' -> '{look.text(node['alias'])}'"
        for bitmap in node["bitmaps"]:
            yield f"    '{look.text(bitmap['name'])}' -> '{look.text(bitmap['alias'])}'"


@view("query-migrate-cache-size", "info migrate_cache_size")
def cache_size(value: Any, look: Look) -> Iterator[str]:
    """Show the XBZRLE cache's size (QEMU up to 5.2)."""
    yield f"xbzrle cache size: {plain(value // 1024)} kbytes ({size(value)})"
