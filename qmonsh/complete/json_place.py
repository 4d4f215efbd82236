"""Where the cursor stands in JSON that is still being typed.

Knows JSON's grammar, tolerantly: what is wrong is skipped. Must not know what the JSON means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: A whole string, or one that is open at the end; a bare word; one sign. QMP takes single quotes too.
_TOKEN = re.compile(
    r""""(?P<double>(?:[^"\\]|\\.)*)(?P<end2>"?)|'(?P<single>(?:[^'\\]|\\.)*)(?P<end1>'?)|(?P<bare>[^\s{}\[\],:"']+)|(?P<sign>[{}\[\],:])""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
#: Deeper JSON than this is not completed; QEMU itself refuses 1024 levels.
_DEEPEST = 256


@dataclass(frozen=True, slots=True)
class JsonPlace:
    """The cursor's place.

    ``path`` are the keys and indices of the innermost open object or list, ``key`` the key (or index) of the
    value that is being typed, None when a key is. ``typed`` is the token at the cursor without its opening
    ``quote``, which begins at ``start`` (the quote included). ``given`` are the texts of finished values on
    the way by dotted key, ``keys`` those of the innermost object. ``is_open`` is false where only a comma,
    colon or bracket can stand.
    """

    path: tuple[str, ...]
    key: str | None
    typed: str
    start: int
    quote: str
    given: dict[str, str]
    keys: frozenset[str]
    is_open: bool


@dataclass(slots=True)
class _Frame:
    """An open object or list."""

    is_list: bool
    key: str = ""
    index: int = 0
    wants: str = "key"  # key, colon, value, comma
    keys: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return str(self.index) if self.is_list else self.key


def read_place(text: str) -> JsonPlace | None:
    """Return the place at the end of ``text``, or None when it is outside every bracket."""
    frames: list[_Frame] = []
    given: dict[str, str] = {}
    token = ""
    start, quote = len(text), ""
    for match in _TOKEN.finditer(text):
        if match.end() == len(text) and not match["sign"] and not (match["end2"] or match["end1"]):
            token, quote = _open_token(match)
            start = match.start()
            break
        if match["sign"]:
            if not _sign(match["sign"], frames):
                return None
        elif frames:
            _value(_text(match), frames, given)
    if not frames or len(frames) > _DEEPEST:
        return None
    last = frames[-1]
    path = tuple(frame.name for frame in frames[:-1])
    key = None if last.wants == "key" else last.name
    return JsonPlace(
        path, key, token, start, quote, given, frozenset(last.keys), last.wants in ("key", "value")
    )


def _open_token(match: re.Match[str]) -> tuple[str, str]:
    if match["bare"] is not None:
        return match["bare"], ""
    return (match["double"], '"') if match["double"] is not None else (match["single"], "'")


def _text(match: re.Match[str]) -> str:
    found = next(one for one in (match["double"], match["single"], match["bare"]) if one is not None)
    return _ESCAPE.sub(r"\1", found)


def _sign(sign: str, frames: list[_Frame]) -> bool:
    """Take a bracket, comma or colon; False once the outermost bracket is closed."""
    if sign in "{[":
        is_list = sign == "["
        frames.append(_Frame(is_list, wants="value" if is_list else "key"))
    elif sign in "}]":
        if frames:
            frames.pop()
        if not frames:
            return False
        frames[-1].wants = "comma"
    elif not frames:
        return False
    elif sign == ":":
        frames[-1].wants = "value"
    else:
        _next(frames[-1])
    return True


def _next(frame: _Frame) -> None:
    frame.index += 1
    frame.wants = "value" if frame.is_list else "key"


def _value(text: str, frames: list[_Frame], given: dict[str, str]) -> None:
    frame = frames[-1]
    if frame.wants == "key":
        frame.key = text
        frame.keys.add(text)
        frame.wants = "colon"
    elif frame.wants == "value":
        given[".".join(one.name for one in frames)] = text
        frame.wants = "comma"
