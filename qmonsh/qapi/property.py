"""The properties of devices and other QOM objects: their kinds, values, and text -> typed JSON.

Knows the type strings and descriptions of device-list-properties, qom-list and their quirks. QEMU before 10
took strings for everything in device_add, 10 and later take only the property's own type; what is built here
both accept. Must not know which properties a driver has: they are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from qmonsh.qapi.introspection import dicts
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.pair import Node, Pair, check_id, tree_of
from qmonsh.qapi.scalar import ValueProblem, Zeros, guess, parse_bool, parse_integer, parse_json, parse_size


class Default(Enum):
    """The type of NO_DEFAULT: a default may be null."""

    NONE = "none"


NO_DEFAULT = Default.NONE


class Kind(Enum):
    """What a property holds, as far as writing it is concerned."""

    BOOL = "bool"
    INT = "int"
    SIZE = "size"
    STRING = "str"
    ENUM = "enum"
    JSON = "json"  # a list or struct
    LINK = "link"  # the id or QOM path of another object
    HIDDEN = "hidden"  # cannot be written


class Property(NamedTuple):
    """A property as device-list-properties or qom-list describes it; ``type`` is QEMU's own word."""

    name: str
    type: str
    description: str = ""
    default: Any = NO_DEFAULT


ON_OFF_AUTO = ("on", "off", "auto")

# Patterns are compiled at first use, by re: most one-shots need none of them.
_INTEGER_TYPE = r"u?int[0-9]*(_t)?"
_LINK_TYPE = r"link<(.*)>"
_STRUCT_TYPE = r"list|.*List|SocketAddress"

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("bool",), Kind.BOOL),
    **dict.fromkeys(("size",), Kind.SIZE),
    **dict.fromkeys(("str", "string", "busnr", "QemuUUID", "StrOrNull"), Kind.STRING),
    **dict.fromkeys(("OnOffAuto", "OffAutoPCIBAR"), Kind.ENUM),
    # Views of an object's state that QOM calls properties.
    **dict.fromkeys(
        ("X86CPUFeatureWordInfo", "GuestPanicInformation", "guest statistics", "struct tm"), Kind.HIDDEN
    ),
}

#: Enums whose values no description tells. OnOffAuto is the one that is sure in every version.
_VALUES: Mapping[str, tuple[str, ...]] = {
    "OnOffAuto": ON_OFF_AUTO,
    "OffAutoPCIBAR": ("off", "auto", "bar0", "bar1", "bar2", "bar3", "bar4", "bar5"),
    "LostTickPolicy": ("discard", "delay", "slew"),
}
_SURE = frozenset({"OnOffAuto"})

#: "Error handling policy (report/ignore/enospc/stop/auto)", "FDC drive type, 144/288/120/none/auto"
_VALUE_LIST = r"(?:^|[\s,(])([\w.+-]+(?:/[\w.+-]+)+)\)?\s*\Z"
_LONGEST_LIST = 400  # characters at the end of a description, which is foreign text of any length
_BACKEND = r"(?i)\bID of an? (\w+) to use as a backend"
_BLOCK_BACKEND = r"(?i)\bID of a block device to use as a backend"

#: What links and names lead to that no user can name, or that the machine sets itself.
_INTERNAL_LINKS = frozenset({"irq", "memory-region", "qemu:memory-region"})
_NAMED_REFERENCES: Mapping[str, str] = {
    "netdev": "netdev",
    "chardev": "chardev",
    "drive": "block",
    "audiodev": "audiodev",
    "tpmdev": "tpm",
    "failover_pair_id": "device",
}

#: What device_add takes besides the driver's properties; QEMU drops an id that is no string in silence.
_COMMON = ("id", "bus")


def parse_properties(reply: object) -> dict[str, Property]:
    """Return the properties that device-list-properties or qom-list(-properties) returned, by name."""
    found: dict[str, Property] = {}
    for one in dicts(reply):
        name, kind, text = one.get("name"), one.get("type"), one.get("description", "")
        if isinstance(name, str) and isinstance(kind, str):
            description = text if isinstance(text, str) else ""
            found[name] = Property(name, kind, description, one.get("default-value", NO_DEFAULT))
    return found


def property_kind(one: Property) -> Kind:
    """Return what a property holds."""
    if one.type.startswith("child<") or one.name.endswith("]"):
        return Kind.HIDDEN  # composition, and the elements of unnamed arrays ("unnamed-gpio-in[0]")
    known = _KINDS.get(one.type)
    if known is not None:
        return known
    if re.fullmatch(_INTEGER_TYPE, one.type):
        return Kind.STRING if _is_pci_address(one) else Kind.INT
    if re.fullmatch(_LINK_TYPE, one.type):
        return Kind.LINK
    if re.fullmatch(_STRUCT_TYPE, one.type):
        return Kind.JSON
    return Kind.ENUM if property_values(one) else Kind.STRING


def property_values(one: Property) -> tuple[str, ...]:
    """Return the values of an enum, from its description or as known; ``()`` for other properties."""
    if one.type == "bool":
        return ("on", "off")
    if not one.type[:1].isupper() or re.fullmatch(_STRUCT_TYPE, one.type):
        return ()
    found = re.search(_VALUE_LIST, one.description[-_LONGEST_LIST:])
    return tuple(found[1].split("/")) if found else _VALUES.get(one.type, ())


def reference_of(one: Property) -> str | None:
    """Return what kind of live name a property wants, or ``None``.

    "netdev", "chardev", "block", "audiodev", "tpm", "device", or the QOM type that a link leads to
    ("iothread", "memory-backend", "rng-backend", ...).
    """
    link = re.fullmatch(_LINK_TYPE, one.type)
    if link:
        return None if link[1] in _INTERNAL_LINKS else link[1]
    if re.search(_BLOCK_BACKEND, one.description):
        return "block"
    found = re.search(_BACKEND, one.description)
    if found:
        return found[1].lower()
    return _NAMED_REFERENCES.get(one.name) if one.type in ("str", "string") else None


def typed_property(
    one: Property, text: str, *, zeros: Zeros = Zeros.OCTAL, suffixes: bool = True, fold: bool = False
) -> Any:
    """Return the JSON value that ``text`` spells for a property, which every version of QEMU accepts.

    Integers and sizes are read as HMP reads them: a leading zero makes an integer octal (or what ``zeros``
    says), a size decimal; ranges are left to QEMU. ``suffixes`` lets QOM's plain "int" have K, M, G..., as
    it is a size as often as not (memory-backend.size); ``fold`` takes True and ON for booleans.
    Raises ValueProblem.
    """
    match property_kind(one):
        case Kind.BOOL:
            return parse_bool(text.lower() if fold else text)
        case Kind.INT:
            read = parse_size if suffixes and one.type == "int" else parse_integer
            return read(text, zeros=zeros)
        case Kind.SIZE:
            return parse_size(text, zeros=Zeros.DECIMAL, truncate=True)
        case Kind.JSON:
            return _struct(one, text)
        case Kind.HIDDEN:
            raise ValueProblem(f"'{one.name}' cannot be set")
    values = property_values(one)
    if one.type in _SURE and text not in values:
        likely = {"yes": "on", "true": "on", "no": "off", "false": "off"}.get(text.lower(), "")
        said = f"'{text}' is not allowed"
        raise ValueProblem(said, expected=values, nearest=likely or nearest(text, values))
    return text


def device_arguments(
    driver: str, pairs: Sequence[Pair], properties: Mapping[str, Property], *, last_wins: bool = True
) -> dict[str, Any]:
    """Return the arguments of device_add for a driver with these properties, in the order of the words.

    A bare ``key`` means on and ``nokey`` off, as in HMP's option lists; of a repeated key the last counts.
    Without ``last_wins`` the pairs are QMP's words, where a repeated key is refused and so is an integer with
    a leading zero, and True is as good as true. Dotted keys build lists and structs. ``id`` and ``bus`` are
    strings; a pair ``driver`` is skipped. Raises ValueProblem.
    """
    arguments: dict[str, Any] = {"driver": driver}
    for node in _nodes(pairs, properties):
        if node.key == "driver":
            continue
        name, pair = _resolve(driver, node, properties)
        if not last_wins and len(node.pairs) > 1:
            raise ValueProblem(f"'{node.key}' is given twice", start=pair.key_start, end=pair.key_end)
        if name == "id" and last_wins:
            check_id(pair)
        arguments[name] = _device_value(name, node, pair, properties.get(name), as_option=last_wins)
    return arguments


def _is_pci_address(one: Property) -> bool:
    """Return whether a property is PCI's slot.function, which QEMU before 10 calls an int32.

    A JSON integer there is refused (before 10) or taken for slot*8+function (10 and later).
    """
    return one.type == "int32" and (one.name == "addr" or "optional function number" in one.description)


def _struct(one: Property, text: str) -> Any:
    if text.lstrip()[:1] not in ("[", "{"):
        said = f"'{one.name}' is a {'list' if one.type.lower().endswith('list') else 'structure'}"
        raise ValueProblem(f"{said}: write it as JSON", expected=("[...]", "{...}"))
    return parse_json(text)


def _nodes(pairs: Sequence[Pair], properties: Mapping[str, Property]) -> list[Node]:
    """Return what is given for each property; only keys below a list or struct are nested."""
    nodes: dict[str, Node] = {}
    nested: list[Pair] = []
    for pair in pairs:
        head = properties.get(pair.key.partition(".")[0])
        is_nested = pair.key not in properties and "." in pair.key
        if is_nested and head is not None and property_kind(head) is Kind.JSON:
            nested.append(pair)
        else:
            nodes.setdefault(pair.key, Node(pair.key, 0)).pairs.append(pair)
    for name, node in tree_of(nested).children.items():
        if name in nodes:
            raise node.key_problem(f"'{name}' is given both a value and members below it")
        nodes[name] = node
    return list(nodes.values())


def _resolve(driver: str, node: Node, properties: Mapping[str, Property]) -> tuple[str, Pair]:
    """Return the property's name that a key means and the pair that counts, a bare one made on or off."""
    key, pair = node.key, node.first if node.children else node.pairs[-1]
    # "ports[0]" belongs to the arrays that drivers grew after "len-ports" (before QEMU 9).
    if key in properties or key in _COMMON or "[" in key:
        return key, pair.saying(key, "on") if pair.is_bare else pair
    if pair.is_bare and key.startswith("no") and key[2:] in properties:
        return key[2:], pair.saying(key, "off")
    names = [*_COMMON, *(name for name, one in properties.items() if property_kind(one) is not Kind.HIDDEN)]
    raise node.key_problem(f"{driver} has no property '{key}'", expected=names, likely=nearest(key, names))


def _device_value(name: str, node: Node, pair: Pair, known: Property | None, *, as_option: bool) -> Any:
    if node.children:
        return _nested(node)
    if not pair.is_text:
        if name == "id" and not isinstance(pair.value, str):
            raise pair.problem("must be a string (QEMU would drop it in silence)")
        return pair.value
    is_switch = known is not None and (known.type == "OnOffAuto" or property_kind(known) is Kind.BOOL)
    if node.pairs[-1].is_bare and not is_switch:
        said = f"'{name}' has no value: write {name}=VALUE"
        raise ValueProblem(said, start=pair.key_start, end=pair.key_end, nearest=f"{name}=")
    try:
        if known is None:
            return pair.value
        zeros = Zeros.OCTAL if as_option else Zeros.REFUSED
        return typed_property(known, pair.value, zeros=zeros, suffixes=False, fold=not as_option)
    except ValueProblem as problem:
        raise pair.problem(problem) from None


def _nested(node: Node) -> Any:
    """Return a list or struct written with dotted keys; its types are in no schema."""
    if node.pairs and node.children:
        raise node.key_problem(f"'{node.key}' is given both a value and members below it")
    if not node.children:
        pair = node.pairs[-1]
        return guess(pair.value or "") if pair.is_text else pair.value
    found = {name: _nested(child) for name, child in node.children.items()}
    if list(found) == [str(index) for index in range(len(found))]:
        return list(found.values())
    return found
