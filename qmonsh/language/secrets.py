"""Which words of a line are secrets, so that history, -v and transcripts can mask them.

Purely lexical: works on a line that is still being typed, of any dialect, understood or not. Errs on the side
of masking. Must not know monitors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qmonsh.errors import LineError

MASK = "***"
#: Characters of a secret that is looked for in what a monitor says.
SHORTEST = 3
_NOT_QUOTE = re.compile(r"[^\"'\n]")

#: Last part of a key whose value is a secret, whatever the command.
_KEYS = frozenset({"password", "passwd", "secret", "cookie"})
#: These only name a secret object, or are flags.
_PLAIN = frozenset({"on", "off", "yes", "no", "true", "false", ""})
_SECRET_OBJECT = re.compile(r"\bsecret(?:_keyring)?\b")

_KEY_VALUE = re.compile(
    r"""(?<![\w.-])(?P<key>[\w.-]++)["']?\s*+(?::=|[:=])\s*+"""
    r"""(?P<value>"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?|(?:,,|[^\s,"'}\]])*)""",
)
_WORD = r"""(?:"(?:[^"\\]|\\.)*+"?|\S+)"""
_POSITIONAL = (
    re.compile(rf"""\b(?i:set_pas\w*)\s+(?![\w-]+=){_WORD}\s+(?P<value>{_WORD})"""),
    re.compile(rf"""\bchange\s+vnc\s+passw(?:or)?d\s+(?P<value>{_WORD})"""),
    re.compile(rf"""\bblock_passwd\s+{_WORD}\s+(?P<value>{_WORD})"""),
)
#: What object_add takes to the next comma, blanks and all.
_OBJECT_DATA = re.compile(r"""\A\s*(?:hmp\s+)?object_add\s.*?,data=(?P<value>(?:,,|[^,"])*+)""", re.S)
_IN_URL = re.compile(r"""://[^\s/:@"',]+:(?P<value>[^\s/@"',]+)@""")
_HMP_IN_JSON = re.compile(r"""["']command-line["']\s*:\s*(?P<value>"(?:[^"\\]|\\.)*+"?)""")


def secrets_of(line: str) -> tuple[str, ...]:
    """Return the secret words of a line, without quotes, each once."""
    found = dict.fromkeys(_bare(line[start:end]) for start, end in secret_spans(line))
    return tuple(word for word in found if word)


def mask(line: str) -> str:
    """Return the line with each secret word replaced by ``***``; quotes stay."""
    pieces = []
    position = 0
    for start, end in secret_spans(line):
        if start < position:
            continue
        value = line[start:end]
        quote = value[:1] if value[:1] in "\"'" else ""
        closing = quote if quote and len(value) > 1 and value.endswith(quote) else ""
        pieces += [line[position:start], quote, MASK, closing]
        position = end
    pieces.append(line[position:])
    return "".join(pieces)


def starred(line: str) -> str:
    """Return the line with a star for each character of a secret: positions stay what they are."""
    pieces = []
    position = 0
    for start, end in secret_spans(line):
        pieces += [line[position:start], _NOT_QUOTE.sub("*", line[start:end])]
        position = end
    return "".join([*pieces, line[position:]])


def without_secrets(error: LineError) -> LineError:
    """Return an error about a line, the secrets in what it quotes starred or masked."""
    words = secrets_of(error.line)
    if words:
        error.problem = hidden(error.problem, words)
        error.advice = hidden(error.advice, words)
        error.mended = starred(error.mended)
        error.line = starred(error.line)
        error.args = (error.problem,)
    return error


def hidden(text: str, words: Iterable[str]) -> str:
    """Return what a monitor said with the secrets in it masked; too short ones would spoil any sentence."""
    for word in words:
        if len(word) >= SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", MASK, text)
    return text


def words_hidden_in(value: Any) -> tuple[str, ...]:
    """Return the secret words of a QMP object or of a text monitor's line, to be known again in replies."""
    if isinstance(value, str):
        return secrets_of(value)
    found: list[str] = []
    pairs = [(value, mask_value(value))]
    while pairs:
        value, masked = pairs.pop()
        if isinstance(value, str):
            if value != masked:
                found += [value] if masked == MASK else secrets_of(value)
        elif isinstance(value, Mapping):
            pairs += [(one, masked[key]) for key, one in value.items()]
        elif isinstance(value, list):
            pairs += zip(value, masked, strict=True)
    return tuple(dict.fromkeys(found))


def mask_value(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Return a QMP object with the values of secret keys, and all given secret words, masked.

    However deep it is: Python's own nesting is not used up.
    """
    words = tuple(word for word in secrets if word)
    whole = [value]
    work: list[tuple[Any, bool]] = [(whole, False)]
    while work:
        container, has_secret_data = work.pop()
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(item, str):
                container[key] = _masked(key, item, words, has_secret_data)
            elif hasattr(item, "__iter__"):  # a list may be one that is decoded while it is walked
                copy = container[key] = dict(item) if isinstance(item, Mapping) else list(item)
                work.append((copy, has_secret_data or _is_secret_object(item)))
    return whole[0]


def _masked(key: Any, value: str, words: tuple[str, ...], has_secret_data: bool) -> str:
    """Return a text that is a member called ``key``, or the item of a list (an index)."""
    if isinstance(key, str):
        if _is_secret_key(key, value, has_secret_data):
            return MASK
        if key == "command-line":  # the line of human-monitor-command has secrets of its own
            value = mask(value)
    return _without(value, words)


def _without(text: str, words: tuple[str, ...]) -> str:
    if "://" in text:
        text = _IN_URL.sub(lambda found: found[0].replace(found["value"] + "@", MASK + "@"), text)
    for word in words:
        text = text.replace(word, MASK)
    return text


def _is_secret_object(value: Any) -> bool:
    kind = value.get("qom-type") if isinstance(value, Mapping) else None
    return isinstance(kind, str) and _SECRET_OBJECT.match(kind) is not None


def _is_secret_key(key: str, value: str, has_secret_data: bool) -> bool:
    last = key.rpartition(".")[2]
    return value not in _PLAIN and (last in _KEYS or (has_secret_data and last == "data"))


def secret_spans(line: str) -> list[tuple[int, int]]:
    """Return the places of secret words, in order."""
    has_secret_data = _SECRET_OBJECT.search(line) is not None
    found = [match.span("value") for match in _IN_URL.finditer(line)]
    found += [
        match.span("value")
        for match in _KEY_VALUE.finditer(line)
        if _is_secret_key(match["key"], _bare(match["value"]), has_secret_data)
    ]
    inner_lines = list(_HMP_IN_JSON.finditer(line))
    for match in inner_lines:
        offset = match.start("value") + 1
        inner = match["value"][1:].removesuffix('"')
        found += [(offset + start, offset + end) for start, end in secret_spans(inner)]
    if not inner_lines:
        found += [match.span("value") for pattern in _POSITIONAL for match in pattern.finditer(line)]
    if has_secret_data and (data := _OBJECT_DATA.match(line)) is not None:
        found.append(data.span("value"))
    return _joined(found)


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places in order, overlapping ones as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def _bare(word: str) -> str:
    """Return a word without its quotes and simple escapes."""
    if word[:1] not in ('"', "'"):
        return word
    quote = word[0]
    inner = word[1:-1] if len(word) > 1 and word.endswith(quote) else word[1:]
    return re.sub(r"\\(.)", r"\1", inner)
