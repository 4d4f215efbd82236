"""``print EXPR`` where there is no HMP to do it: the value in the formats of HMP's own print.

Knows how HMP writes numbers and characters (measured on four versions). Must not know how expressions
are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

_NAMED = {0x27: "'", 0x5C: "\\", 0x0A: "n", 0x0D: "r"}


def printed(value: int, form: str = "") -> str:
    """Return a signed 64-bit value as ``print/FMT`` writes it; ``form`` is "/x", "/4db"... or ``""`` for hex.

    Of the letters the last that names a radix counts; counts and sizes say nothing here.
    """
    letters = [letter for letter in form if letter in _FORMS]
    return _FORMS[letters[-1] if letters else "x"](value)


def _unsigned(value: int) -> int:
    return value & ((1 << 64) - 1)


def _hexadecimal(value: int) -> str:
    return f"{_unsigned(value):#x}" if value else "0"


def _octal(value: int) -> str:
    return f"0{_unsigned(value):o}" if value else "0"


def _character(value: int) -> str:
    if value in _NAMED:
        return f"'\\{_NAMED[value]}'"
    return f"'{chr(value)}'" if 32 <= value <= 126 else f"'\\x{_unsigned(value) & 0xFFFFFFFF:02x}'"


_FORMS: Mapping[str, Callable[[int], str]] = {
    "x": _hexadecimal,
    "o": _octal,
    "d": str,
    "i": str,
    "u": lambda value: str(_unsigned(value)),
    "c": _character,
}
