"""Values as JSON: strict, exact and safe for a terminal.

Knows JSON's grammar and its colours. Must not know what a value means. The result is always valid JSON
that reads back to the same value: integers of any size are exact, and what JSON cannot say (inf, nan) is
a ProtocolError (DESIGN section 10), never invalid output. Nesting of any depth is fine: the encoder of
the standard library recurses, the one here does not, and takes over where the first gives up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from qmonsh.errors import ProtocolError
from qmonsh.render.escape import is_safe
from qmonsh.render.form import Form
from qmonsh.render.number import digits
from qmonsh.render.style import finish, paint

_SCALARS = (str, int, float, type(None))
_NESTED = (dict, list, tuple)
_encode = json.JSONEncoder(allow_nan=False).encode
_INDENT = 2
#: Members of a list that are encoded at once.
_MEMBERS = 1000
#: Text beyond one piece is not coloured: pygments takes about a second for each 2 MB.
_PIECE = 1 << 17
#: Deeper levels are not indented further: a nesting bomb must not become quadratic output.
_DEEPEST_MARGIN = 60


def dumps(value: Any, *, indent: int | None = None) -> str:
    """Return ``value`` as JSON in ASCII, on one line unless ``indent`` is given.

    Raises ProtocolError for numbers that JSON does not have. DEL is escaped too, so that the text is safe
    on any terminal.
    """
    if indent is None:
        try:
            return _encode(value).replace("\x7f", "\\u007f")
        except (ValueError, RecursionError):
            pass  # nan, an integer beyond str()'s limit, or deep nesting: the slow way says which
    return "".join(_tokens(value, indent=indent, string=_ascii))


def stream_dumps(value: Any) -> Iterator[str]:
    """Yield the text of ``dumps`` and a newline in pieces, so that of a long list or text not all is held.

    Most values are one piece, as each is a system call for a stdout without a buffer. The line is ended
    even where a list that is decoded meanwhile turns out to be no JSON.
    """
    try:
        yield from _dumped(value)
    except ProtocolError:
        yield "\n"
        raise


def _dumped(value: Any, end: str = "\n") -> Iterator[str]:
    if isinstance(value, dict) and any(map(_is_piecemeal, value.values())):
        lead = "{"
        for key, member in value.items():
            yield f"{lead}{_ascii(key)}: "
            yield from _dumped(member, "")
            lead = ", "
        yield "}" + end
    elif not _is_piecemeal(value):
        yield dumps(value) + end
    elif isinstance(value, str):
        yield '"'
        for start in range(0, len(value), _PIECE):
            yield _ascii(value[start : start + _PIECE])[1:-1]
        yield '"' + end
    else:
        lead, elements = "[", iter(value)
        while batch := list(islice(elements, _MEMBERS)):
            yield lead + dumps(batch)[1:-1]
            lead = ", "
        yield "]" + end


def _is_piecemeal(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > _PIECE
    return len(value) > _MEMBERS if isinstance(value, list) else is_long(value)


def is_long(value: Any) -> bool:
    """Return whether a value is a list whose elements are decoded while it is walked (wire's LongList)."""
    return hasattr(value, "whole")


def render_json(value: Any, form: Form) -> str:
    """Return ``value`` as indented JSON ending in a newline, highlighted when ``form.colour``.

    Raises ProtocolError as ``dumps`` does.
    """
    return "".join(stream_json(value, form))


def stream_json(value: Any, form: Form) -> Iterator[str]:
    """Yield the text of ``render_json`` in pieces, the first of them at once for a huge value."""
    for piece in _painted(value, form):
        yield finish(piece, form)
    yield "\n"


def json_lines(value: Any, form: Form) -> Iterator[str]:
    """Yield the same lines painted, to stand among the lines of a view."""
    rest = ""
    for piece in _painted(value, form):
        *lines, rest = (rest + piece).split("\n")
        yield from lines
    yield rest


def _painted(value: Any, form: Form) -> Iterator[str]:
    string = _readable if form.unicode else _ascii
    pieces = _batches(_tokens(value, indent=_INDENT, string=string))
    first, second = next(pieces, ""), next(pieces, "")
    yield _highlighted(first) if form.colour and not second else first
    yield second
    yield from pieces


def _highlighted(text: str) -> str:
    from pygments.lexers.data import JsonLexer  # type: ignore[import-untyped]
    from pygments.token import Keyword, Name, Number, String  # type: ignore[import-untyped]

    roles = ((Name.Tag, "key"), (String, "text"), (Number, "number"), (Keyword, "constant"))
    painted = []
    for _, kind, part in JsonLexer().get_tokens_unprocessed(text):
        role = next((role for token, role in roles if kind in token), "")
        painted.append(paint(role, part) if role else part)
    return "".join(painted)


def _ascii(text: str) -> str:
    return encode_basestring_ascii(text).replace("\x7f", "\\u007f")


def _readable(text: str) -> str:
    """Return a JSON string that keeps readable letters and escapes whatever a terminal could obey."""
    quoted = encode_basestring(text)
    if quoted.isascii() and quoted.isprintable():
        return quoted
    return _unsafe.sub(lambda found: _json_escape(found[0]), quoted)


_unsafe = re.compile("[^ -~]")


def _json_escape(character: str) -> str:
    return character if is_safe(character) else _ascii(character)[1:-1]


def _batches(tokens: Iterable[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for token in tokens:
        held.append(token)
        size += len(token)
        if size >= _PIECE:
            yield "".join(held)
            held, size = [], 0
    if held:
        yield "".join(held)


def _scalar(value: Any, string: Any) -> str:
    if isinstance(value, str):
        return str(string(value))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return digits(value)
    if value - value == 0:
        return float.__repr__(value)
    raise ProtocolError(f"a number that JSON cannot express ({value})")


def _tokens(value: Any, *, indent: int | None, string: Any) -> Iterator[str]:
    """Yield the text of ``value`` piece by piece with an explicit stack instead of recursion."""
    stack: list[Iterator[tuple[str, Any]]] = []
    closers: list[str] = []
    pending: tuple[str, Any] | None = ("", value)
    while pending is not None:
        lead, item = pending
        if isinstance(item, _SCALARS):
            yield lead + _scalar(item, string)
        elif (isinstance(item, _NESTED) and item) or is_long(item):
            opener, closer = "{}" if isinstance(item, dict) else "[]"
            yield lead + opener
            stack.append(_members(item, indent, len(stack) + 1, string))
            closers.append(closer)
        elif isinstance(item, _NESTED):
            yield lead + ("{}" if isinstance(item, dict) else "[]")
        else:
            raise TypeError(f"{type(item).__name__} is not a JSON type")
        pending = None
        while stack and pending is None:
            pending = next(stack[-1], None)
            if pending is None:
                stack.pop()
                yield _line(indent, len(stack)) + closers.pop()


def _members(item: Any, indent: int | None, depth: int, string: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of a container, each with the text that stands before its value."""
    first, comma = _line(indent, depth), "," + (_line(indent, depth) or " ")
    if isinstance(item, dict):
        for n, (key, member) in enumerate(item.items()):
            yield f"{comma if n else first}{string(key)}: ", member
    else:
        for n, member in enumerate(item):
            yield comma if n else first, member


def _line(indent: int | None, depth: int) -> str:
    return "" if indent is None else "\n" + " " * (indent * min(depth, _DEEPEST_MARGIN))
