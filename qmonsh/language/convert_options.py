"""HMP commands that take an option list, as typed QMP: device_add, netdev_add, object_add, chardev-add.

Which types there are is told by the schema and by the driver's properties (typed.py, qapi/). What cannot be
typed surely is passed on: HMP takes every value as a string.
"""

from __future__ import annotations

from typing import Any

from qmonsh.language.call import Call, Inexact, Twin, Value, single
from qmonsh.language.option_list import asks_help, read_options
from qmonsh.language.typed import device_pairs, option_object
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem, parse_json


def device_add(call: Call) -> Twin:
    """``device_add DRIVER,property=value...`` by the types of the driver's own properties."""
    given = call.place("driver")
    if (found := _json(call, given)) is not None:
        return single(call.twin, found)
    pairs = read_options(given, call.request.text, "driver")
    if asks_help(pairs):
        return _help(call, pairs)
    return single(call.twin, device_pairs(call.request, pairs, is_option_list=True))


def _help(call: Call, pairs: list[Pair]) -> Twin:
    """Return what ``device_add help`` and ``device_add DRIVER,help`` ask for where HMP cannot answer."""
    if call.knowledge.has_hmp():
        raise Inexact("HMP lists what there is")
    driver = pairs[0].value if len(pairs) > 1 else None
    if driver is None:
        return single("qom-list-types", {"implements": "device", "abstract": False})
    return single("device-list-properties", {"typename": driver})


def netdev_add(call: Call) -> Twin:
    """``netdev_add TYPE,id=ID,option=value...``; ``ipv6-net=PREFIX/LENGTH`` is HMP's own."""
    given = call.place("type")
    if (found := _json(call, given)) is not None:
        return single(call.twin, found)
    pairs = [one for pair in _options(call, given, "type") for one in _ipv6_net(pair)]
    usage = "netdev_add TYPE,id=ID[,option=value...]"
    return single(call.twin, option_object(call.request, call.twin, pairs, usage))


def _ipv6_net(pair: Pair) -> list[Pair]:
    if pair.key != "ipv6-net" or pair.value is None:
        return [pair]
    prefix, slash, length = pair.value.partition("/")
    place = (pair.key_start, pair.key_end, pair.start, pair.end)
    found = [Pair("ipv6-prefix", prefix, True, *place)]
    return [*found, Pair("ipv6-prefixlen", length, True, *place)] if slash else found


def object_add(call: Call) -> Twin:
    """``object_add TYPE,id=ID,property=value...``, or a JSON object as QEMU 6.0 and later take."""
    from qmonsh.language.typed import object_pairs

    given = call.place("type")
    if (found := _json(call, given)) is not None:
        return single(call.twin, found)
    return single(
        call.twin, object_pairs(call.request, _options(call, given, "qom-type"), is_option_list=True)
    )


def chardev_add(call: Call) -> Twin:
    """``chardev-add BACKEND,id=ID,option=value...`` as id and nested backend."""
    found = _chardev(call, _options(call, call.place("backend"), "backend"))
    return single(call.twin, found)


def chardev_change(call: Call) -> Twin:
    """``chardev-change ID BACKEND,option=value...``; the id is the first word, not an option."""
    place = call.place("id")
    identifier = Pair("id", place.text, True, place.start, place.end, place.start, place.end)
    options = [one for one in _options(call, call.place("backend"), "backend") if one.key != "id"]
    found = _chardev(call, [identifier, *options])
    return single(call.twin, {"id": place.text, "backend": found["backend"]})


def _chardev(call: Call, pairs: list[Pair]) -> dict[str, Any]:
    from qmonsh.qapi.chardev import chardev_arguments

    schema = call.knowledge.schema()
    if schema is None:
        raise Inexact("this QEMU tells no types (it has no query-qmp-schema)")
    try:
        found = chardev_arguments(schema, pairs)
    except ValueProblem as problem:
        raise call.request.value_error(problem, call.rule.synopsis) from None
    if found is None:
        raise Inexact("chardev-add of this QEMU cannot say this")
    return found


def _options(call: Call, given: Value, implied: str) -> list[Pair]:
    """Return the options; a question for help is HMP's to answer."""
    pairs = read_options(given, call.request.text, implied)
    if asks_help(pairs):
        raise Inexact("only HMP lists what there is")
    return pairs


def _json(call: Call, given: Value) -> dict[str, Any] | None:
    """Return the arguments when they were given as one JSON object."""
    if not given.text.startswith("{"):
        return None
    if call.request.text[given.start : given.end] == given.text:
        from qmonsh.language.raw import read_object

        return read_object(call.request, given.start, given.end)
    try:
        found = parse_json(given.text)
    except ValueProblem as problem:
        raise call.error(problem.problem, next(iter(call.arguments.values))) from None
    if not isinstance(found, dict):
        raise call.error("a JSON object is expected", next(iter(call.arguments.values)))
    return found
