"""Text -> one number, boolean or JSON value, and what is wrong with it.

Knows how QEMU spells numbers, sizes and booleans. Must not know types of the schema (value.py)
nor drivers' properties (property.py); where a word stands in the line is the caller's to add.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("on", "yes", "true", "y"), True),
    **dict.fromkeys(("off", "no", "false", "n"), False),
}
BOOLEAN_WORDS = ("on", "off")

#: Binary, as everywhere in QEMU: 1K is 1024 (qemu_strtosz).
_SHIFTS = {"": 0, "B": 0, "K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}
# Patterns are compiled at first use, by re: most one-shots need none of them.
_INTEGER = r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))"
_SIZE = r"(?i)([+-]?)(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?(?:([kmgtpe])(?:i?b)?|b)?"
_NUMBER = r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"

#: More digits than any integer of QEMU needs; Python itself refuses to read some thousands.
_LONGEST_NUMBER = 400


_INTEGERS = ("a number such as 12 or 0x1f",)
_SIZES = ("a number or size such as 4096, 0x1f, 64k, 512M or 1.5G",)


class Zeros(Enum):
    """What digits after a leading zero mean: an error, octal (C, QEMU's integers), decimal (QEMU's sizes)."""

    REFUSED = 0
    OCTAL = 8
    DECIMAL = 10


class ValueProblem(Exception):
    """A value, key or set of arguments that cannot be right; nothing was built.

    ``start``/``end`` are positions in the line of the wrong word, -1 when no single word is to blame (an
    argument is missing). ``expected`` lists what would do, ``nearest`` the likeliest intended word.
    """

    def __init__(
        self,
        problem: str,
        *,
        start: int = -1,
        end: int = -1,
        expected: Iterable[str] = (),
        nearest: str = "",
        missing: Iterable[str] = (),
    ) -> None:
        self.problem = problem
        self.start = start
        self.end = end
        self.expected = tuple(expected)
        self.nearest = nearest
        self.missing = tuple(missing)
        super().__init__(problem)


def parse_bool(text: str) -> bool:
    """Return the boolean that QEMU reads in ``text`` (on/yes/true/y, off/no/false/n; case matters)."""
    value = BOOLEANS.get(text)
    if value is None:
        lower = text.lower()
        nearest = lower if lower in BOOLEANS else {"1": "on", "0": "off"}.get(text, "")
        raise ValueProblem(f"'{text}' is not a boolean", expected=BOOLEAN_WORDS, nearest=nearest)
    return value


def parse_integer(text: str, *, zeros: Zeros = Zeros.REFUSED) -> int:
    """Return the integer that ``text`` spells in decimal or 0x hexadecimal, without a suffix."""
    found = re.fullmatch(_INTEGER, text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        raise ValueProblem(f"'{text}' is not an integer", expected=_INTEGERS, nearest=_plain_bytes(text))
    sign, hexadecimal, decimal = found.groups()
    value = int(hexadecimal, 16) if hexadecimal else _decimal(decimal, zeros)
    return -value if sign == "-" else value


def parse_size(text: str, *, zeros: Zeros = Zeros.REFUSED, truncate: bool = False) -> int:
    """Return an integer that may carry a binary suffix, in bytes for a size: 0x10, 64k, 512M, 1.5G, 2GiB.

    A fraction needs a suffix, and a whole number of bytes unless ``truncate``, which drops the rest as
    QEMU's own option lists do (0.3k is 307).
    """
    found = re.fullmatch(_SIZE, text) if len(text) <= _LONGEST_NUMBER else None
    if found is None and not re.fullmatch(_INTEGER, text):
        raise ValueProblem(f"'{text}' is not a number", expected=_SIZES)
    if found is None or (found[3] is None and found[4] is None and text[-1:] not in "bB"):
        return parse_integer(text, zeros=zeros)
    sign, whole, part, suffix = found.groups()
    scaled: int = int(whole + (part or "") or "0") << _SHIFTS[(suffix or "").upper()]
    value, rest = divmod(scaled, int(10 ** len(part or "")))
    if part is not None and (suffix is None or (rest and not truncate)):
        raise ValueProblem(f"'{text}' is not a whole number", expected=_SIZES)
    return -value if sign == "-" else value


def _decimal(digits: str, zeros: Zeros) -> int:
    """Return the value of digits without a prefix, which C takes for octal after a leading zero."""
    value = int(digits)
    if zeros is Zeros.DECIMAL or value < 8 or not digits.startswith("0"):
        return value
    if zeros is Zeros.OCTAL and not set(digits) & {"8", "9"}:
        return int(digits, 8)
    raise ValueProblem(f"'{digits}' can be read as octal or decimal", expected=_INTEGERS, nearest=str(value))


def _plain_bytes(text: str) -> str:
    """Return the number that a size stands for, as a hint where no suffix may be used."""
    try:
        return str(parse_size(text)) if re.fullmatch(_SIZE, text) and len(text) < 30 else ""
    except ValueProblem:
        return ""


def parse_number(text: str) -> int | float:
    """Return the number that ``text`` spells, an integer when it is one."""
    if re.fullmatch(_NUMBER, text) and len(text) <= _LONGEST_NUMBER:
        value = float(text)
        if value not in (float("inf"), float("-inf")):
            return int(text) if re.fullmatch(_INTEGER, text) else value
    if re.fullmatch(_INTEGER, text):
        return parse_integer(text)
    raise ValueProblem(f"'{text}' is not a number", expected=("a number such as 1 or 0.5",))


def parse_json(text: str) -> Any:
    """Return the value of strict JSON, or of a Python literal with the same meaning, as qmp-shell takes.

    ``{'key': True}`` is what people paste from Python. Duplicate keys, NaN and infinities are refused,
    as QMP cannot carry them.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        if text[:1] in ("{", "["):
            value = _python_literal(text)
            if value is not _NO_LITERAL:
                return value
        raise ValueProblem(f"not valid JSON: {error.msg.lower()} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueProblem("the JSON is nested too deeply") from None
    except ValueError:  # int() refuses thousands of digits
        raise ValueProblem("not valid JSON: a number is too long") from None


def guess(text: str) -> Any:
    """Return what qmp-shell would send where no schema tells the type.

    A number, boolean or null of JSON, a 0x number, a JSON object or list when it is one, else the text.
    """
    lower = text.lower()
    if lower in ("true", "false"):
        return lower == "true"
    if lower == "null":
        return None
    if re.fullmatch(_INTEGER, text) or re.fullmatch(_NUMBER, text):
        return parse_number(text)
    return parse_json(text) if text[:1] in ("{", "[") else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueProblem(f"the key '{twice}' is given twice in the JSON object")
    return found


def _refuse(word: str) -> Any:
    raise ValueProblem(f"{word} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueProblem(f"{text} is too large a number")
    return value


_NO_LITERAL = object()


def _python_literal(text: str) -> Any:
    """Return the value of a Python literal made of JSON's kinds of values, or _NO_LITERAL."""
    import ast  # only for what is not JSON
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes such as "\\d", which are nobody's source code
            return _from_ast(ast.parse(text.lstrip(), mode="eval").body)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return _NO_LITERAL


_NAMES = {"true": True, "false": False, "null": None}


def _from_ast(node: Any) -> Any:
    """Return the value of an expression node; raises ValueError for what JSON has not."""
    import ast

    match node:
        case ast.Constant(value=bool() | int() | str() | None):
            return node.value
        case ast.Constant(value=float()):
            return _finite(repr(node.value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Name(id=word) if word in _NAMES:
            return _NAMES[word]
        case ast.List(elts=elements):
            return [_from_ast(one) for one in elements]
        case ast.Dict(keys=keys, values=values):
            return _unique([(_key(one), _from_ast(value)) for one, value in zip(keys, values, strict=True)])
    raise ValueError("not a JSON value")


def _key(node: Any) -> str:
    key = None if node is None else _from_ast(node)
    if not isinstance(key, str):
        raise ValueError("not a JSON key")
    return key
