"""How a command is called, in one line: ``block_resize size=int [device=str] [node-name=str]``.

Knows the words for types. Must not know completion, help or errors, which all show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, Member, Type, is_text_wrapper

#: Longest list of enum values that a signature spells out; longer ones are cut with "...".
_ENUM_WIDTH = 40
#: Lists of lists are spelled out so far; a foreign schema may go in circles.
_DEEPEST = 4


class SignaturePart(NamedTuple):
    """One argument of a signature; ``type`` is the word for its type."""

    name: str
    type: str
    required: bool
    deprecated: bool = False
    unstable: bool = False

    def __str__(self) -> str:
        shown = f"{self.name}={self.type}"
        return shown if self.required else f"[{shown}]"


class Signature(NamedTuple):
    """A command and its arguments, required first.

    ``is_open`` says that more arguments exist than are listed: they depend on the tag's value or on
    what the schema does not tell (the properties of a device).
    """

    name: str
    parts: tuple[SignaturePart, ...]
    is_open: bool = False

    def __str__(self) -> str:
        return " ".join([self.name, *map(str, self.parts), *(["..."] if self.is_open else [])])


def signature_of(name: str, members: Sequence[Member], *, is_open: bool) -> Signature:
    """Return the signature of something called ``name`` that takes ``members``."""
    parts = [
        SignaturePart(one.name, type_word(one.type), one.required, one.deprecated, one.unstable)
        for one in members
    ]
    return Signature(name, tuple(sorted(parts, key=lambda part: not part.required)), is_open)


def type_word(kind: Type, depth: int = 0) -> str:
    """Return a short word for a type: "int", "on|off|auto", "[str]", "{...}", "str|{...}"."""
    if depth > _DEEPEST:
        return "..."
    match kind:
        case Builtin():
            return kind.name
        case EnumType():
            return _enum_word(kind.values)
        case ArrayType():
            element = kind.element
            return f"[{'str' if is_text_wrapper(element) else type_word(element, depth + 1)}]"
        case AlternateType():
            return "|".join(dict.fromkeys(type_word(one, depth + 1) for one in kind.members))
        case _:
            return "{...}"


def _enum_word(values: Sequence[str]) -> str:
    word = "|".join(values)
    if len(word) <= _ENUM_WIDTH:
        return word or "enum"
    shown: list[str] = []
    for value in values:
        if sum(map(len, shown)) + len(shown) + len(value) > _ENUM_WIDTH - len("|..."):
            break
        shown.append(value)
    return "|".join([*shown, "..."])
