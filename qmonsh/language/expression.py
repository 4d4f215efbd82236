"""HMP's expressions and sizes: text at a position -> number, and where it ends.

Knows the grammar that the monitor itself uses for addresses, counts and MiB (measured with ``print`` on four
versions): ``+ -`` bind loosest, then ``& | ^``, then ``* / %``; numbers are C's (010 is eight); blanks may
stand between tokens; arithmetic is that of 64-bit integers. Must not know which argument is being read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qmonsh.language.blank import skip_blanks

DEEPEST = 100

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")
_REGISTER = re.compile(r"\$[A-Za-z0-9_.:]+")
_SIZE = re.compile(
    r"(0[xX][0-9a-fA-F]+(?![0-9A-Za-z.])|[0-9]+)(\.[0-9]+)?([bkmgtpe]?)(?:(?<=[kmgtpe])i?b)?", re.I
)
_SECONDS = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ms|us|ns)?")
_SHIFTS = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}
_FRACTIONS = {None: 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


class NumberProblem(Exception):
    """The text at ``position`` is no number; ``problem`` says why."""

    def __init__(self, problem: str, position: int) -> None:
        self.problem = problem
        self.position = position
        super().__init__(problem)


def read_expression(text: str, position: int) -> tuple[int | None, int]:
    """Return the value of the expression at ``position`` and where it ends (blanks after it skipped).

    The value is None when it needs a CPU register, which only the monitor can read. Raises NumberProblem.
    """
    reader = _Expression(text, skip_blanks(text, position))
    value = reader.sum()
    return (None if reader.has_register else value), reader.position


def is_expression(text: str) -> bool:
    """Tell whether the whole text is one expression."""
    try:
        return read_expression(text, 0)[1] == len(text)
    except NumberProblem:
        return False


def read_size(text: str, position: int) -> tuple[int, int]:
    """Return the bytes of the size at ``position`` (MiB unless suffixed with B K M G T P E) and its end.

    0x numbers take no suffix. Raises NumberProblem.
    """
    start = skip_blanks(text, position)
    found = _SIZE.match(text, start)
    if found is None:
        raise NumberProblem("a size is expected here (MiB, or with a suffix: 64k, 512M, 1.5G)", start)
    whole, fraction, suffix = found.groups()
    shift = _SHIFTS[(suffix or "m").lower()]
    if len(whole) + len(fraction or "") > 60:
        raise NumberProblem("number too large", start)
    value = int(whole, 16 if whole[:2].lower() == "0x" else 10) << shift
    if fraction:
        # QEMU before 6.0 drops the rest instead of rounding; nobody will miss the byte.
        value += ((int(fraction[1:]) << shift + 1) // 10 ** (len(fraction) - 1) + 1) >> 1
    if value >= 1 << 64:
        raise NumberProblem("number too large", start)
    return value, found.end()


def read_seconds(text: str, position: int) -> tuple[float, int]:
    """Return the seconds at ``position``, which may be given in ms, us or ns, and where they end."""
    start = skip_blanks(text, position)
    found = _SECONDS.match(text, start)
    if found is None:
        raise NumberProblem("a number of seconds is expected here (0.3, 300ms)", start)
    return float(found[1]) / _FRACTIONS[found[2]], found.end()


class _Expression:
    """A recursive descent over one expression."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.has_register = False
        self._depth = 0

    def sum(self) -> int:
        return self._chain("+-", self._logic)

    def _logic(self) -> int:
        return self._chain("&|^", self._product)

    def _product(self) -> int:
        return self._chain("*/%", self._unary)

    def _chain(self, operators: str, operand: Callable[[], int]) -> int:
        value = operand()
        while (operator := self.text[self.position : self.position + 1]) and operator in operators:
            start = self._step()
            other = operand()
            if operator in "/%" and other == 0:
                if not self.has_register:
                    raise NumberProblem("division by zero", start)
                other = 1
            value = _wrap(_OPERATIONS[operator](value, other))
        return value

    def _unary(self) -> int:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NumberProblem("the expression is nested too deeply", self.position)
        value = self._operand()
        self._depth -= 1
        return value

    def _operand(self) -> int:
        char = self.text[self.position : self.position + 1]
        if not char:
            raise NumberProblem("the expression ends here too early", self.position)
        if char in "+-~":
            self._step()
            value = self._unary()
            return _wrap({"+": value, "-": -value, "~": ~value}[char])
        if char == "(":
            return self._parenthesis()
        if char == "'":
            return self._character()
        if char == "$":
            return self._register()
        return self._number(char)

    def _parenthesis(self) -> int:
        opening = self.position
        self._step()
        value = self.sum()
        if self.text[self.position : self.position + 1] != ")":
            raise NumberProblem("this parenthesis is not closed", opening)
        self._step()
        return value

    def _character(self) -> int:
        if self.position + 2 >= len(self.text) or self.text[self.position + 2] != "'":
            raise NumberProblem("a character constant is written 'c'", self.position)
        value = ord(self.text[self.position + 1])
        self._step(3)
        return value

    def _register(self) -> int:
        found = _REGISTER.match(self.text, self.position)
        if found is None:
            raise NumberProblem("a register's name is expected after $", self.position)
        self.has_register = True
        self._step(len(found[0]))
        return 0

    def _number(self, char: str) -> int:
        found = _NUMBER.match(self.text, self.position)
        if found is None:
            raise NumberProblem(f"invalid character '{char}' in an expression", self.position)
        digits = found[0]
        base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
        if len(digits) > 30 or int(digits, base) >= 1 << 64:
            raise NumberProblem("number too large", self.position)
        self._step(len(digits))
        return _wrap(int(digits, base))

    def _step(self, length: int = 1) -> int:
        """Go on behind the token and the blanks after it; return where the next one begins."""
        self.position = skip_blanks(self.text, self.position + length)
        return self.position


def _wrap(value: int) -> int:
    """Return the value as a signed 64-bit integer holds it."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _quotient(first: int, second: int) -> int:
    """Divide as C does, towards zero."""
    value = abs(first) // abs(second)
    return value if (first < 0) == (second < 0) else -value


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "*": lambda a, b: a * b,
    "/": _quotient,
    "%": lambda a, b: a - b * _quotient(a, b),
}
