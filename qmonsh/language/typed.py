"""Typing the words of a line by what this monitor's schema and device properties say.

The bridge from pairs to qapi/, which knows the types; here is which knowledge a command needs, and how a
refusal points into the line. Must not know how words are read or which way a line goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.errors import CommandError
from qmonsh.language.call import Inexact, Request, records
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem
from qmonsh.qapi.value import build_arguments, build_object


def command_arguments(request: Request, command: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the arguments of a QMP command given as key=value words; raises LineError."""
    special = _SPECIAL.get(command)
    if special is not None:
        return special(request, pairs)
    return _built(request, command, pairs)


def _built(request: Request, command: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    try:
        return build_arguments(request.knowledge.schema(), command, pairs)
    except ValueProblem as problem:
        raise request.value_error(problem, request.signature(command)) from None


def option_object(
    request: Request, command: str, pairs: Sequence[Pair], synopsis: str = ""
) -> dict[str, Any]:
    """Return the arguments of a command given as one of HMP's option lists; raises LineError."""
    try:
        return build_object(request.knowledge.schema(), command, pairs, last_wins=True)
    except ValueProblem as problem:
        raise request.value_error(problem, synopsis or request.signature(command)) from None


# -- objects ------------------------------------------------------------------------------------------


def object_pairs(request: Request, pairs: Sequence[Pair], *, is_option_list: bool) -> dict[str, Any]:
    """Return the arguments of object-add; raises LineError, Inexact when no type is known for certain."""
    from qmonsh.qapi.objects import object_arguments

    schema = request.knowledge.schema()
    if schema is None:
        raise Inexact("this QEMU tells no types (it has no query-qmp-schema)")
    _check_sizes(request, pairs)
    try:
        found = object_arguments(schema, pairs, last_wins=is_option_list)
    except ValueProblem as problem:
        raise request.value_error(problem, "object_add TYPE,id=ID[,property=value...]") from None
    if found is None:
        raise Inexact("the types of this object's properties are not known")
    return found


def _check_sizes(request: Request, pairs: Sequence[Pair]) -> None:
    """Refuse a negative size: QMP takes it for one of nearly 2**64 bytes, and QEMU aborts over that."""
    for pair in pairs:
        if pair.key.endswith("size") and str(pair.value).startswith("-"):
            raise request.error(f"{pair.key}: '{pair.value}' is not a size", pair.start, pair.end)


def _object_add(request: Request, pairs: Sequence[Pair]) -> dict[str, Any]:
    try:
        return object_pairs(request, pairs, is_option_list=False)
    except Inexact:
        return _built(request, "object-add", pairs)


#: Aliases that QEMU tells only by HMP's ``device_add help``; those of virtio devices just lack "-pci".
_ALIASES = {
    "ac97": "AC97",
    "ahci": "ich9-ahci",
    "e1000-82540em": "e1000",
    "es1370": "ES1370",
    "lsi": "lsi53c895a",
}


# -- devices ------------------------------------------------------------------------------------------


def device_pairs(request: Request, pairs: Sequence[Pair], *, is_option_list: bool) -> dict[str, Any]:
    """Return the arguments of device_add by the driver's properties; raises LineError, Inexact."""
    from qmonsh.qapi.property import device_arguments

    driver = next((pair for pair in reversed(pairs) if pair.key == "driver"), None)
    if driver is None or not driver.value or not isinstance(driver.value, str):
        raise request.error("the driver is missing", -1, synopsis="device_add DRIVER[,property=value...]")
    properties = driver_properties(request, driver.value)
    if properties is None:
        _check_driver(request, driver)
    if properties is None and any(pair.key not in ("driver", "id", "bus") for pair in pairs):
        raise Inexact(f"the properties of {driver.value} are not known")
    try:
        return device_arguments(driver.value, pairs, properties or {}, last_wins=is_option_list)
    except ValueProblem as problem:
        raise request.value_error(problem, f"device_add {driver.value}[,property=value...]") from None


def driver_properties(request: Request, driver: str) -> Mapping[str, Any] | None:
    """Return a driver's properties; an alias is resolved only when the name itself has none."""
    known = request.knowledge.device_properties(driver)
    if known is not None:
        return known
    real = request.knowledge.resolve_driver(driver)
    if real == driver and not request.knowledge.has_hmp():
        real = _ALIASES.get(driver) or f"{driver}-pci"
    return None if real == driver else request.knowledge.device_properties(real)


def _check_driver(request: Request, pair: Pair) -> None:
    """Refuse a driver that the monitor's own list lacks; without a list QEMU decides."""
    from qmonsh.qapi.nearest import nearest

    rows = request.knowledge.drivers()
    names = {name for driver, row in rows.items() for name in (driver, row[1]) if name}
    if names and pair.value not in names:
        advice = "two commas are a comma of the name: a single one separates" if "," in pair.value else ""
        raise request.error(
            f"there is no device driver '{pair.value}'",
            pair.start,
            pair.end,
            nearest=nearest(pair.value, sorted(names)),
            advice=advice,
        )


def _device_add(request: Request, pairs: Sequence[Pair]) -> dict[str, Any]:
    try:
        return device_pairs(request, pairs, is_option_list=False)
    except Inexact:
        return _built(request, "device_add", pairs)


# -- QOM ----------------------------------------------------------------------------------------------


def property_value(request: Request, path: str, name: Pair, value: Pair) -> Any:
    """Return a property's new value by its type; raises LineError, Inexact when the type says nothing.

    ``name`` and ``value`` carry the words and their places. An object that cannot be listed is left to
    QEMU to complain about.
    """
    from qmonsh.qapi.nearest import nearest
    from qmonsh.qapi.property import Kind, Property, property_kind, typed_property

    try:
        rows = records(request.knowledge.ask("qom-list", {"path": path}))
    except CommandError:
        raise Inexact(f"there is no listing of {path}") from None
    types = {row["name"]: row["type"] for row in rows if isinstance(row.get("name"), str)}
    if name.value not in types:
        raise request.error(
            f"{path} has no property '{name.value}'",
            name.start,
            name.end,
            expected=sorted(one for one, kind in types.items() if not str(kind).startswith("child<")),
            nearest=nearest(name.value, types),
        )
    one = Property(name.value, str(types[name.value]))
    if property_kind(one) is Kind.HIDDEN:
        raise request.error(f"'{name.value}' cannot be set: it is {one.type}", name.start, name.end)
    try:
        return typed_property(one, value.value)
    except ValueProblem as problem:
        raise request.value_error(value.problem(problem, key=name.value)) from None


def _qom_set(request: Request, pairs: Sequence[Pair]) -> dict[str, Any]:
    built = _built(request, "qom-set", pairs)
    given = {pair.key: pair for pair in pairs}
    value = given.get("value")
    if value is not None and value.is_text and isinstance(built.get("path"), str):
        try:
            built["value"] = property_value(request, built["path"], given["property"], value)
        except Inexact:
            return built
    return built


_SPECIAL = {"device_add": _device_add, "object-add": _object_add, "qom-set": _qom_set}
