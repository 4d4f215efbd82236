"""HMP's option lists: ``driver,key=value,key=a,,b`` -> pairs with positions.

Knows how QEMU splits them: commas separate, ``,,`` is a comma, the first may go without its key. Must not
know what the keys mean nor their types.
"""

from __future__ import annotations

import re

from qmonsh.language.call import Value
from qmonsh.qapi.pair import Pair

_OPTION = re.compile(r"(?:[^,]|,,)*")


def read_options(given: Value, line: str, implied: str) -> list[Pair]:
    """Return the options of a list; the first is the value of ``implied`` when it has no ``=``.

    A key without value is a bare pair. Positions are those in the line; in a quoted word with escapes all
    options stand for the whole word.
    """
    text = given.text
    offset = line.find(text, given.start, given.end)
    pairs: list[Pair] = []
    position = 0
    while position < len(text):
        found = _OPTION.match(text, position)
        assert found is not None, "the pattern matches the empty text"
        if found[0]:
            pairs.append(_pair(found[0], position, offset, given, implied if not pairs else ""))
        position = found.end() + 1
    return pairs


def _pair(option: str, position: int, offset: int, given: Value, implied: str) -> Pair:
    key, equals, value = option.partition("=")
    if implied and ",," in key:  # the comma ends what may be a key, so all of it is the implied one's value
        key, equals = option, ""
    middle = position + len(key)

    def place(start: int, end: int) -> tuple[int, int]:
        return (offset + start, offset + end) if offset >= 0 else (given.start, given.end)

    end = position + len(option)
    if equals:
        return Pair(key, value.replace(",,", ","), True, *place(position, middle), *place(middle + 1, end))
    if implied:
        return Pair(implied, option.replace(",,", ","), True, *place(position, end), *place(position, end))
    return Pair(option, None, True, *place(position, end), *place(position, end))


def asks_help(pairs: list[Pair]) -> bool:
    """Tell whether a list asks what there is: ``help``, ``DRIVER,help``, ``?``."""
    words = {pair.key for pair in pairs if pair.is_bare}
    if pairs and not pairs[0].is_bare and pairs[0].key_start == pairs[0].start:
        words.add(pairs[0].value)
    return bool(words & {"help", "?"})
