"""HMP's option list of a character device -> the arguments of chardev-add.

Knows how the flat options (path=, host=, server) spread over the backend's structure, and what HMP does when
one is left out. Which backends and members there are is the schema's to say, so new ones need no change here
unless their options have other names. Must not know how the list was split.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from qmonsh.qapi.entity import EnumType, Member, ObjectType
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.pair import Pair, check_id
from qmonsh.qapi.reading import Reading
from qmonsh.qapi.scalar import ValueProblem, parse_bool
from qmonsh.qapi.schema import Schema

#: HMP's options by the names of the members they set, where these differ.
_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "file": {"out": "path", "in": "input-path"},
    "serial": {"device": "path"},
    "parallel": {"device": "path"},
    "pipe": {"device": "path"},
    "spicevmc": {"type": "name"},
    "spiceport": {"fqdn": "name"},
}
_ALIASES: Mapping[str, str] = {"tty": "serial", "parport": "parallel"}

#: A socket's kind of address by the option that chooses it.
_ADDRESSES: Mapping[str, str] = {"path": "unix", "host": "inet", "fd": "fd", "cid": "vsock"}
_ADDRESS_OPTIONS: Mapping[str, Mapping[str, str]] = {"fd": {"str": "fd"}}
_LOCAL_OPTIONS: Mapping[str, str] = {"host": "localaddr", "port": "localport"}
_LOCAL_DEFAULTS: Mapping[str, str] = {"host": "", "port": "0"}


def chardev_arguments(schema: Schema, pairs: Sequence[Pair]) -> dict[str, Any] | None:
    """Return the arguments of chardev-add for an option list, "backend" and "id" among its pairs.

    ``None`` when chardev-add cannot say it: the monitor lacks the command, or the list has mux=on, which
    makes two devices at once. Raises ValueProblem.
    """
    union = _backends(schema)
    last = {pair.key: pair for pair in pairs}
    if union is None or _is_on(last.get("mux")):
        return None
    identifier = _required(last, "id")
    check_id(identifier)
    backend = _backend(_required(last, "backend"), union)
    rest = [pair for pair in pairs if pair.key not in ("id", "backend", "mux")]
    data = _READERS.get(backend, _read_plain)(backend, _data_type(union, backend), rest)
    return {"id": identifier.value, "backend": {"type": backend, "data": data}}


def chardev_options(schema: Schema, backend: str) -> tuple[Member, ...]:
    """Return what an option list for ``backend`` takes besides "id", under HMP's names."""
    union = _backends(schema)
    backend = _ALIASES.get(backend, backend)
    data = _data_type(union, backend) if union is not None else _NOTHING
    if backend == "socket":
        addresses = _type_of(data, "addr")
        kinds = [(kind, _data_type(addresses, kind)) for kind in addresses.case_names]
        inner = [one for kind, data in kinds for one in _renamed(data, _ADDRESS_OPTIONS.get(kind, {}))]
        members = [*(one.called(one.name, required=False) for one in inner), *_without(data, "addr")]
    elif backend == "udp":
        members = list(_udp_members(data))
    else:
        members = list(_renamed(data, _OPTIONS.get(backend, {})))
    return tuple({one.name: one for one in members}.values())


def _backends(schema: Schema) -> ObjectType | None:
    """Return the union of backends that chardev-add takes."""
    command = schema.command("chardev-add")
    arguments = None if command is None else command.arguments
    member = None if arguments is None else arguments.member("backend")
    kind = None if member is None else member.type
    return kind if isinstance(kind, ObjectType) and kind.tag is not None else None


def _is_on(pair: Pair | None) -> bool:
    if pair is None:
        return False
    try:
        return pair.is_bare or parse_bool(str(pair.value))
    except ValueProblem as problem:
        raise pair.problem(problem) from None


def _required(last: Mapping[str, Pair], name: str) -> Pair:
    pair = last.get(name)
    if pair is None or not pair.value:
        raise _missing(name)
    return pair


def _missing(*names: str) -> ValueProblem:
    said = " or ".join(f"'{name}'" for name in names)
    return ValueProblem(f"{said} is missing", missing=names, expected=[f"{name}=" for name in names])


def _backend(pair: Pair, union: ObjectType) -> str:
    """Return the backend's name in QMP."""
    tag = None if union.tag is None else union.member(union.tag)
    values = (
        tag.type.values if tag is not None and isinstance(tag.type, EnumType) else tuple(union.case_names)
    )
    word = str(pair.value)
    backend = word if word in values else _ALIASES.get(word, word)
    if backend not in values:
        said, likely = f"'{word}' is not a character device backend of this QEMU", nearest(word, values)
        raise ValueProblem(said, start=pair.start, end=pair.end, expected=values, nearest=likely)
    return backend


_NOTHING = ObjectType("", ())


def _data_type(union: ObjectType, case: str) -> ObjectType:
    """Return what a branch of one of QAPI's simple unions holds below "data"."""
    branch = union.variant(case)
    return _NOTHING if branch is None else _type_of(branch, "data")


def _type_of(holder: ObjectType, name: str) -> ObjectType:
    member = holder.member(name)
    kind = None if member is None else member.type
    return kind if isinstance(kind, ObjectType) else _NOTHING


def _renamed(data: ObjectType, options: Mapping[str, str]) -> tuple[Member, ...]:
    """Return the members of ``data`` under the names that the options have."""
    return tuple(one.called(options.get(one.name, one.name), required=one.required) for one in data.members)


def _without(data: ObjectType, *names: str) -> tuple[Member, ...]:
    return tuple(one for one in data.members if one.name not in names)


def _read(backend: str, members: Sequence[Member], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the values of the options in ``pairs``, which are those that ``members`` describe."""
    return Reading(is_option_list=True).read_root(ObjectType(backend, tuple(members)), pairs, backend)


def _read_plain(backend: str, data: ObjectType, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the structure of a backend whose options are its members, but for their names."""
    options = _OPTIONS.get(backend, {})
    found = _read(backend, _renamed(data, options), pairs)
    members = {option: member for member, option in options.items()}
    return {members.get(name, name): value for name, value in found.items()}


def _read_socket(backend: str, data: ObjectType, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return a socket's structure: a client unless "server" is given, which then waits for its client."""
    kind = _address_kind(pairs)
    inner = _data_type(_type_of(data, "addr"), kind)
    options = _ADDRESS_OPTIONS.get(kind, {})
    others = _without(data, "addr")
    adapted = _adapted(pairs, {one.name for one in others})
    found = _read(backend, [*_renamed(inner, options), *others], adapted)
    address = _taken(found, inner, options)
    if not found.setdefault("server", False):  # QMP's default is a server, HMP's a client
        return {"addr": {"type": kind, "data": address}, **found}
    return {"addr": {"type": kind, "data": address}, "wait": True, **found}


def _address_kind(pairs: Sequence[Pair]) -> str:
    given = {_ADDRESSES[pair.key]: pair for pair in pairs if pair.key in _ADDRESSES}
    if not given:
        raise _missing("path", "host", "fd")
    if len(given) > 1:
        pair = list(given.values())[-1]
        said = "'path', 'host' and 'fd' are different kinds of address: give one"
        raise ValueProblem(said, start=pair.key_start, end=pair.key_end)
    return next(iter(given))


def _read_udp(backend: str, data: ObjectType, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return a datagram socket's structure: where to send and, when any of it is given, where to receive."""
    inner = _data_type(_type_of(data, "remote"), "inet")
    found = _read(backend, _udp_members(data), pairs)
    local = _taken(found, _local_type(inner), _LOCAL_OPTIONS)
    remote = _taken(found, inner, {})
    remote["host"] = remote.get("host") or "localhost"
    if local:
        found["local"] = {"type": "inet", "data": {**_LOCAL_DEFAULTS, **local}}
    return {"remote": {"type": "inet", "data": remote}, **found}


def _udp_members(data: ObjectType) -> tuple[Member, ...]:
    inner = _data_type(_type_of(data, "remote"), "inet")
    remote = tuple(
        one.called(one.name, required=one.required and one.name != "host") for one in inner.members
    )
    local = _renamed(_local_type(inner), _LOCAL_OPTIONS)
    return remote + local + _without(data, "remote", "local")


def _local_type(inner: ObjectType) -> ObjectType:
    members = (one for one in inner.members if one.name in _LOCAL_OPTIONS)
    return ObjectType(inner.name, tuple(one.called(one.name, required=False) for one in members))


_READERS: Mapping[str, Callable[[str, ObjectType, Sequence[Pair]], dict[str, Any]]] = {
    "socket": _read_socket,
    "udp": _read_udp,
}


def _taken(found: dict[str, Any], inner: ObjectType, options: Mapping[str, str]) -> dict[str, Any]:
    """Take the members of ``inner`` out of ``found``, where they have the options' names."""
    names = {one.name: options.get(one.name, one.name) for one in inner.members}
    return {member: found.pop(option) for member, option in names.items() if option in found}


def _adapted(pairs: Sequence[Pair], known: Collection[str]) -> list[Pair]:
    """Return a socket's options as this schema calls them.

    "delay" is the older opposite of "nodelay"; "reconnect" counts seconds, and "reconnect-ms", which
    replaced it, milliseconds.
    """
    found: list[Pair] = []
    for pair in pairs:
        text = str(pair.value)
        if pair.key == "delay" and "delay" not in known:
            pair = pair.saying("nodelay", "off" if _is_on(pair) else "on")
        elif pair.key == "reconnect" and pair.key not in known and text.isdecimal():
            pair = pair.saying("reconnect-ms", f"{text}000")
        elif pair.key == "reconnect-ms" and pair.key not in known and text.endswith("000"):
            pair = pair.saying("reconnect", text[:-3])
        found.append(pair)
    return found
