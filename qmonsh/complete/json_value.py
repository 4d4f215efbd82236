"""Raw JSON: command names after "execute", argument names and values inside "arguments".

Knows the members of a QMP command object. Must not know other forms of lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.device_list import device_properties
from qmonsh.complete.hmp_line import Found
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.json_place import JsonPlace, read_place
from qmonsh.complete.qmp_arguments import argument_keys, argument_values
from qmonsh.complete.sources import Place, values_of
from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, ObjectType, Type
from qmonsh.qapi.property import Kind, property_kind

_EXECUTE = re.compile(r"""["'](?:execute|exec-oob)["']\s*:\s*["']([\w-]+)["']""")
_TOP = (
    Candidate("execute", "the command", "key", rank=0),
    Candidate("arguments", "its arguments", "key"),
    Candidate("id", "any value, comes back with the reply", "key"),
    Candidate("exec-oob", "the command, out of band", "key", rank=2),
)
_COMMAND_KEYS = ("execute", "exec-oob")


def complete_object(look: Inquiry, text: str, rest: str) -> Found | None:
    """Return what may stand at the end of ``text``, an open QMP command; ``rest`` is the line after it."""
    at = read_place(text)
    if at is None or not at.is_open:
        return None
    if not at.path:
        return _at_top(look, at, text + rest)
    if at.path[0] != "arguments":
        return None
    command = _command_of(at, text + rest)
    if not command:
        return None
    inner = {key.removeprefix("arguments."): value for key, value in at.given.items()}
    return _inside(look, command, at.path[1:], at, inner, 0)


def complete_json(
    look: Inquiry, command: str, key: str, given: Mapping[str, str], value: str, end: int
) -> Found:
    """Return what may stand at the end of the JSON ``value`` of an argument; ``end`` is the cursor."""
    at = read_place(value)
    if at is None or not at.is_open:
        return Found(end, "", ())
    names = tuple(key.split("."))
    inner = {**given, **{f"{key}.{below}": text for below, text in at.given.items()}}
    return _inside(look, command, (*names, *at.path), at, inner, end - len(value))


def _at_top(look: Inquiry, at: JsonPlace, line: str) -> Found | None:
    if at.key is None:
        found = [one for one in _TOP if one.text not in at.keys]
        if at.keys & set(_COMMAND_KEYS):
            found = [one for one in found if one.text not in _COMMAND_KEYS]
        return _found(at, [_key(at, one) for one in found], 0)
    if at.key in _COMMAND_KEYS:
        commands = values_of("qmp-command", look, Place(at.typed))[1]
        return _found(at, [_string(at, one) for one in commands], 0)
    return None


def _command_of(at: JsonPlace, line: str) -> str:
    named = next((at.given[key] for key in _COMMAND_KEYS if key in at.given), "")
    if named:
        return named
    found = _EXECUTE.search(line)
    return found[1] if found else ""


def _inside(
    look: Inquiry,
    command: str,
    path: tuple[str, ...],
    at: JsonPlace,
    given: Mapping[str, str],
    offset: int,
) -> Found:
    prefix = "".join(f"{name}." for name in path)
    if at.key is None:
        # argument_keys leaves out the keys that are given: here only those of this very object are.
        known = {prefix + key: "" for key in at.keys}
        tags = {key: value for key, value in given.items() if key not in known}
        found = argument_keys(look, command, {**tags, **_tags(given, known)}, prefix + at.typed)
        shown = [_member(one, prefix) for one in found]
        return _found(at, [_key(at, one) for one in _unique(shown) if one.text not in at.keys], offset)
    key = prefix + at.key
    kind, (skip, found) = argument_values(look, command, key, given, at.typed)
    is_bare = _is_bare(look, command, key, given, kind)
    shown = [_bare(at, one) if is_bare else _string(at, one) for one in found]
    typed = at.typed if not skip else at.typed[skip:]
    if skip:
        return Found(offset + at.start + (1 if at.quote else 0) + skip, typed, list(found))
    return _found(at, shown, offset)


def _tags(given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    return {key: given.get(key, "") for key in known}


def _member(one: Candidate, prefix: str) -> Candidate:
    """Return a dotted key candidate as the name of a member."""
    return one._replace(text=one.text[len(prefix) :].split(".", 1)[0])


def _unique(found: Sequence[Candidate]) -> list[Candidate]:
    return list({one.text: one for one in found}.values())


def _is_bare(look: Inquiry, command: str, key: str, given: Mapping[str, str], kind: Type | None) -> bool:
    """Return whether the value is written without quotes: a number or a boolean."""
    if kind is None:
        one = (device_properties(look, given.get("driver", "")) or {}).get(key)
        return one is not None and property_kind(one) in (Kind.BOOL, Kind.INT, Kind.SIZE)
    while isinstance(kind, ArrayType):
        kind = kind.element
    if isinstance(kind, AlternateType):
        return not any(one == Builtin("str") or isinstance(one, EnumType) for one in kind.members)
    return isinstance(kind, Builtin) and kind.name != "str" and not isinstance(kind, ObjectType)


def _key(at: JsonPlace, one: Candidate) -> Candidate:
    quote = at.quote or '"'
    return one._replace(text=f"{quote}{one.text}{quote}", suffix=": ", display=one.text)


def _string(at: JsonPlace, one: Candidate) -> Candidate:
    quote = at.quote or '"'
    text = one.text.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return one._replace(text=f"{quote}{text}{quote}", suffix="", display=one.display or one.text)


_WORDS = {"on": "true", "off": "false"}


def _bare(at: JsonPlace, one: Candidate) -> Candidate:
    return one._replace(text=_WORDS.get(one.text, one.text), suffix="")


def _found(at: JsonPlace, candidates: Sequence[Candidate], offset: int) -> Found:
    quote = at.quote or ('"' if candidates and candidates[0].text.startswith('"') else "")
    return Found(offset + at.start, quote + at.typed, candidates)
