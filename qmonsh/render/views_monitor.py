"""Views of what the monitor knows about itself: commands, events, options, QOM, statistics, trace events.

Knows query-commands, qom-list and their like. Must not know layout or escapes beyond ``look``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from qmonsh.render.layout import pad
from qmonsh.render.number import plain
from qmonsh.render.shape import cell, shape
from qmonsh.render.style import paint, state
from qmonsh.render.views import Look, view


@view("query-commands", "query-events", "query-chardev-backends")
def names(value: Any, look: Look) -> Iterator[str]:
    """List names a to z, one a line."""
    yield from sorted(look.text(item["name"]) for item in value)


@view("query-command-line-options")
def options(value: Any, look: Look) -> Iterator[str]:
    """Show each command line option with its parameters, types, defaults and help."""
    for option in sorted(value, key=lambda option: str(option["option"])):
        yield paint("head", f"-{look.text(option['option'])}")
        items = [(look.text(p["name"]), _parameter(p, look)) for p in option["parameters"]]
        yield from look.pairs(items, indent=2)


def _parameter(parameter: dict[str, Any], look: Look) -> str:
    default = f" (default {look.text(parameter['default'])})" if "default" in parameter else ""
    told = f"  {look.text(parameter['help'])}" if "help" in parameter else ""
    return f"{look.text(parameter['type'])}{default}{told}"


@view("qom-list")
def qom_list(value: Any, look: Look) -> Iterator[str]:
    """List a QOM path's properties as HMP's qom-list does: name (type), children first."""
    order = sorted(value, key=lambda item: not str(item["type"]).startswith("child<"))
    widest = max((len(look.text(item["name"])) for item in order), default=0)
    for item in order:
        child = str(item["type"]).startswith("child<")
        name = pad(look.text(item["name"]), min(widest, 40))
        told = f"  {look.text(item['description'])}" if "description" in item else ""
        yield f"{paint('key', name) if child else name} ({look.text(item['type'])}){told}"


@view("qom-get")
def qom_get(value: Any, look: Look) -> Iterator[str]:
    """Show a property's value by its shape, bytes with their unit when the hint "property" says so."""
    if isinstance(value, list | dict):
        yield from shape(value, form=look.form)
    else:
        yield cell(value, look.option("property"))


@view("qom-list-properties", "device-list-properties")
def properties(value: Any, look: Look) -> Iterator[str]:
    """Tabulate a type's properties a to z; descriptions come last, where they can wrap."""
    rows = (
        [
            look.text(one["name"]),
            look.text(one["type"]),
            look.text(one["default-value"]) if "default-value" in one else "",
            look.text(one.get("description", "")),
        ]
        for one in sorted(value, key=lambda one: str(one["name"]))
    )
    yield from _filled(rows, ("property", "type", "default", "description"), look)


@view("qom-list-types")
def types(value: Any, look: Look) -> Iterator[str]:
    """Tabulate types a to z with what they are made of."""
    rows = (
        [
            look.text(one["name"]),
            look.text(one.get("parent", "")),
            "abstract" if one.get("abstract") is True else "",
        ]
        for one in sorted(value, key=lambda one: str(one["name"]))
    )
    yield from _filled(rows, ("type", "parent", "notes"), look)


def _filled(rows: Iterable[list[str]], heads: Sequence[str], look: Look) -> Iterator[str]:
    """Yield a table without the columns in which no row has anything."""
    held = list(rows)
    kept = [n for n in range(len(heads)) if n == 0 or any(row[n] for row in held)]
    if not held:
        yield "(none)"
        return
    yield from look.table([[row[n] for n in kept] for row in held], [heads[n] for n in kept])


@view("qom-list-get")
def qom_list_get(value: Any, look: Look) -> Iterator[str]:
    """Show the properties of several objects with their values, object after object."""
    for n, one in enumerate(value):
        yield from [""] if n else []
        yield paint("head", f"[{n}]")
        properties = sorted(one["properties"], key=lambda item: str(item["name"]))
        yield from look.pairs([(look.text(item["name"]), _qom_value(item)) for item in properties], indent=2)


def _qom_value(item: dict[str, Any]) -> str:
    told = cell(item["value"], item["name"]) if "value" in item else "?"
    return f"{told}  " + paint("dim", f"({plain(item['type'])})")


@view("trace-event-get-state", "info trace-events")
def trace_events(value: Any, look: Look) -> Iterator[str]:
    """List trace events as HMP does; state 1 is enabled."""
    for event in value:
        enabled = event["state"] == "enabled"
        told = paint("good", "state 1") if enabled else "state 0"
        missing = " (unavailable)" if event["state"] == "unavailable" else ""
        yield f"{look.text(event['name'])} : {told}{missing}"


@view("query-stats", "info stats")
def stats(value: Any, look: Look) -> Iterator[str]:
    """Show statistics by provider and object, with types and units when the hint "schemas" has them."""
    types = {
        (group["provider"], stat["name"]): f" ({_schema(stat)})"
        for group in look.options.get("schemas") or ()
        for stat in group["stats"]
    }
    for group in value:
        where = f" {look.text(group['qom-path'])}" if "qom-path" in group else ""
        yield f"provider: {paint('head', look.text(group['provider']))}{where}"
        items = (
            (look.text(stat["name"]) + types.get((group["provider"], stat["name"]), ""), _stat(stat["value"]))
            for stat in group["stats"]
        )
        yield from look.pairs(items, indent=4)


def _stat(value: Any) -> str:
    """Return a number, HMP's no/yes, or a histogram as HMP counts it from 1."""
    if isinstance(value, list):
        return " ".join(f"[{n}]={plain(bucket)}" for n, bucket in enumerate(value, 1))
    return ("yes" if value else "no") if isinstance(value, bool) else plain(value)


@view("query-stats-schemas")
def stats_schemas(value: Any, look: Look) -> Iterator[str]:
    """Tabulate what statistics each provider has, with type and unit."""
    rows = (
        [look.text(group["provider"]), look.text(group["target"]), look.text(s["name"]), _schema(s)]
        for group in value
        for s in group["stats"]
    )
    yield from look.table(rows, ("provider", "target", "name", "type"))


def _schema(stat: dict[str, Any]) -> str:
    """Return the kind and unit as HMP words them: "cumulative, ns"."""
    unit = plain(stat.get("unit", ""))
    if stat.get("exponent"):
        base, exponent = stat.get("base", 10), stat["exponent"]
        short = _SECONDS.get(exponent) if base == 10 and unit == "seconds" else None
        unit = short or f"* {plain(base)}^{plain(exponent)} {unit}".rstrip()
    return f"{plain(stat['type'])}, {unit}" if unit else plain(stat["type"])


_SECONDS = {-3: "ms", -6: "us", -9: "ns"}


@view("query-firmware-log", "info firmware-log")
def firmware_log(value: Any, look: Look) -> Iterator[str]:
    """Show the firmware's log, which travels as base64."""
    from base64 import b64decode

    if "version" in value:
        yield paint("dim", f"[ firmware version: {look.text(value['version'])} ]")
    log = b64decode(value["log"]).decode("utf-8", "backslashreplace")
    yield from (look.text(line.removesuffix("\r")) for line in log.split("\n"))


@view("query-colo-status")
def colo(value: Any, look: Look) -> Iterator[str]:
    """Show the state of COLO replication."""
    yield f"COLO mode: {state(look.text(value['mode']))}, last: {look.text(value['last-mode'])}"
    yield f"reason: {look.text(value['reason'])}"
