"""One text against one type of the schema: the value it spells, or why it spells none.

Knows enums, alternates and QEMU's notation for lists of integers besides what scalar.py knows. Must not know
keys, pairs, nor where the text stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, ObjectType, Type
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.scalar import BOOLEAN_WORDS, ValueProblem, Zeros, parse_bool, parse_number, parse_size

#: A range such as 0-63 in a list of integers may not spell more than this.
_LONGEST_RANGE = 65536


def typed_scalar(kind: Type, text: str, *, as_option: bool = False) -> Any:
    """Return the value of a type that is no object, list or alternate.

    In option lists a leading zero means octal (netdev_add vde,mode=0700) and a fraction of a byte is dropped.
    """
    if isinstance(kind, EnumType):
        return _enum(kind, text)
    match kind:
        case Builtin(name="int"):
            return parse_size(text, zeros=Zeros.OCTAL if as_option else Zeros.REFUSED, truncate=as_option)
        case Builtin(name="number"):
            return parse_number(text)
        case Builtin(name="bool"):
            return parse_bool(text if as_option else text.lower())
        case Builtin(name="null"):
            if text != "null":
                raise ValueProblem(f"'{text}' is not null", expected=("null",))
            return None
    return text


def _enum(kind: EnumType, text: str) -> str:
    if text not in kind.values:
        likely = nearest(text, kind.values)
        raise ValueProblem(f"'{text}' is not allowed", expected=kind.values, nearest=likely)
    return text


def integers_of(text: str) -> list[int]:
    """Return the integers of "3", "0-3" or "0-3,8", as QEMU's own lists of integers are written.

    Raises ValueProblem.
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not dash or not first:
            found.append(parse_size(part))
            continue
        low, high = parse_size(first), parse_size(last)
        if not low <= high < low + _LONGEST_RANGE:
            raise ValueProblem(f"'{part}' is not a range of integers", expected=("0-3",))
        found += range(low, high + 1)
    return found


def branch_of(kind: AlternateType, text: str) -> Type:
    """Return the type among an alternate's that ``text`` looks like; a string is the last resort.

    Raises ValueProblem.
    """
    members = kind.members
    found = [one for one in members if one != Builtin("str") and _fits(one, text)]
    found += [one for one in members if one == Builtin("str")]
    if found:
        return found[0]
    expected: list[str] = []
    for one in members:
        expected += _words(one)
    raise ValueProblem(f"'{text}' is not allowed", expected=expected, nearest=nearest(text, expected))


def _fits(kind: Type, text: str) -> bool:
    if isinstance(kind, ObjectType | ArrayType):
        return text.lstrip().startswith("{" if isinstance(kind, ObjectType) else "[")
    try:
        typed_scalar(kind, text)
    except ValueProblem:
        return False
    return True


def _words(kind: Type) -> Sequence[str]:
    """Return what may be written for a type, to list it in a problem."""
    match kind:
        case EnumType():
            return kind.values
        case Builtin(name="bool"):
            return BOOLEAN_WORDS
        case Builtin():
            return (kind.name,)
        case ArrayType():
            return ("[...]",)
    return ("{...}",)
