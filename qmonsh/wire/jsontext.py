"""JSON text <-> values, strictly: what JSON cannot carry is an error of ours, never a value.

Knows JSON (RFC 8259) and the limits of Python's decoder. Must not know messages or framing.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from qmonsh.errors import LineError, ProtocolError

_LARGE = 1 << 20
_HUGE = 8 << 20
#: What Python's decoder raises.
_TROUBLE = (ValueError, RecursionError)
_SPACE = " \t\r\n"
_COMMA = rf"[{_SPACE}]*+,[{_SPACE}]*+"
_INFINITE = (float("inf"), float("-inf"))


def decode(text: str) -> Any:
    """Return the value of a JSON text; integers of any size stay exact.

    Raises ProtocolError for invalid JSON, for ``NaN`` and ``Infinity``, for numbers that no float holds
    (``1e400``) and for integers with more digits than Python converts (4300).
    """
    try:
        return _decode_large(text) if len(text) > _LARGE else _DECODER.decode(text)
    except _TROUBLE as error:
        problem, around = _explained(error, text)
    # Outside the handler: json's error holds the whole text alive.
    raise ProtocolError(problem, excerpt=around)


def elements(text: str, start: int, end: int) -> Iterator[Any]:
    """Yield the elements of an array one after the other, each decoded when it is wanted.

    The first one begins at ``start``, the array's bracket is at ``end``. Raises ProtocolError as ``decode``
    does, but not before the elements that stand in front of what is wrong, and it says so. The connection is
    none the worse: where the message ends and whose reply it is was known before.
    """
    comma, at = re.compile(_COMMA).match, start
    try:
        while True:
            element, at = _DECODER.raw_decode(text, at)
            yield element
            found = comma(text, at)
            if found is None:
                break
            at = found.end()
        if text[at:end].strip(_SPACE):
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        return
    except _TROUBLE as error:
        problem, around = _explained(error, text)
    except ProtocolError as error:
        problem, around = error.reason, error.excerpt
    raise ProtocolError(f"{problem}; the list goes no further", excerpt=around)


def encode(value: Any, *, what: str) -> bytes:
    """Return ``value`` as JSON on one line of ASCII without a line end; ``what`` names it in errors.

    Raises LineError when JSON cannot carry it (NaN, infinite, too deep, not a JSON type).
    """
    try:
        return _ENCODER.encode(value).encode("ascii")
    except (ValueError, TypeError, RecursionError) as error:
        raise LineError(f"the arguments cannot be sent as JSON: {error}", line=what) from None


def _decode_large(text: str) -> Any:
    # The cycle collector would walk the growing value again and again: measured 4.4 s instead of 0.9 s
    # for 50 MB. JSON values have no cycles, so nothing is lost by its absence meanwhile. Nor afterwards: a
    # huge value is frozen, or each look at it would take 0.4 s while it is rendered. What garbage is frozen
    # with it is found before the next one.
    enabled = gc.isenabled()
    huge = len(text) > _HUGE
    if huge:
        gc.unfreeze()
        gc.collect()
    gc.disable()
    try:
        value = _DECODER.decode(text)
        if huge:
            gc.freeze()
        return value
    finally:
        if enabled:
            gc.enable()


def _explained(error: Exception, text: str) -> tuple[str, str]:
    """Return what is wrong with a text that could not be decoded, and what stands around it."""
    if isinstance(error, json.JSONDecodeError):
        around = text[max(0, error.pos - 40) : error.pos + 40]
        return f"invalid JSON at character {error.pos}: {error.msg}", around
    if isinstance(error, RecursionError):
        return "a message is nested too deeply", text[:80]
    return _long_number(text)


def _finite(text: str) -> float:
    number = float(text)
    if number in _INFINITE:
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise ProtocolError(f"the number {shown} is too large for JSON's peers", excerpt=text[:80])
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ProtocolError(f"{name} is not JSON", excerpt=name)


def _long_number(text: str) -> tuple[str, str]:
    found = max(
        re.finditer(r"[0-9]{1000,}", text), key=lambda match: match.end() - match.start(), default=None
    )
    if found is None:
        return "a number cannot be read", text[:80]
    return f"a number of {found.end() - found.start()} digits", found[0][:80]


_DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))
