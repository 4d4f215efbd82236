"""Is a JSON value that the user wrote of a type that the schema wants?

Knows the types of JSON and of the schema. Must not change a value: JSON means what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, ObjectType, Type
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.scalar import ValueProblem


def check_value(kind: Type, value: Any, path: str = "") -> None:
    """Raise ValueProblem unless ``value`` is of type ``kind``; ``path`` is where it stands in the JSON."""
    match kind:
        case Builtin():
            fits, wanted = _BUILTINS.get(kind.name, _BUILTINS["any"])
            if not fits(value):
                raise _wrong(path, f"must be {wanted}, not {_name(value)}")
        case EnumType():
            _check_enum(kind, value, path)
        case ArrayType():
            if not isinstance(value, list):
                raise _wrong(path, f"must be a list, not {_name(value)}")
            element = kind.element
            for index, one in enumerate(value):
                check_value(element, one, f"{path}.{index}" if path else str(index))
        case AlternateType():
            _check_alternate(kind, value, path)
        case ObjectType():
            if not isinstance(value, dict):
                raise _wrong(path, f"must be an object, not {_name(value)}")
            _check_object(kind, value, path)


def _check_enum(kind: EnumType, value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise _wrong(path, f"must be a string, not {_name(value)}", expected=kind.values)
    if value not in kind.values:
        likely = nearest(value, kind.values)
        raise _wrong(path, f"'{value}' is not allowed", expected=kind.values, likely=likely)


def _check_alternate(kind: AlternateType, value: Any, path: str) -> None:
    branches = [one for one in kind.members if _has_json_type(one, value)]
    if not branches:
        raise _wrong(path, f"must not be {_name(value)}")
    check_value(branches[0], value, path)


def _check_object(kind: ObjectType, value: dict[str, Any], path: str) -> None:
    members, _ = kind.chosen(value.get)
    by_name = {member.name: member for member in members}
    for name, one in value.items():
        if name not in by_name:
            likely = nearest(name, by_name)
            raise _wrong(_join(path, name), "is not known here", expected=by_name, likely=likely)
        check_value(by_name[name].type, one, _join(path, name))
    for member in members:
        if member.required and member.name not in value:
            raise _wrong(_join(path, member.name), "is missing")


def _has_json_type(kind: Type, value: Any) -> bool:
    match kind:
        case EnumType():
            return isinstance(value, str)
        case ArrayType():
            return isinstance(value, list)
        case ObjectType():
            return isinstance(value, dict)
        case Builtin():
            return _BUILTINS.get(kind.name, _BUILTINS["any"])[0](value)
    return True


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_BUILTINS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (lambda value: isinstance(value, str), "a string"),
    "int": (_is_integer, "an integer"),
    "number": (lambda value: _is_integer(value) or isinstance(value, float), "a number"),
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "null": (lambda value: value is None, "null"),
    "any": (lambda value: True, "anything"),
}

_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _name(value: Any) -> str:
    return _NAMES.get(type(value), "null")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong(path: str, said: str, *, expected: Any = (), likely: str = "") -> ValueProblem:
    return ValueProblem(f"'{path}' {said}" if path else said, expected=expected, nearest=likely)
