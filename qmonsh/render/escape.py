r"""Foreign text made harmless: what could move the cursor or deceive the eye becomes visible.

The one sanitiser of qmonsh (QEMU-FACTS m: names, snapshot tags, chardev ids and everything the guest
says reach us unescaped once JSON is decoded). Must not know who wrote the text or where it goes.

The rule is ``str.isprintable``: it refuses C0, DEL, C1, bidirectional controls, zero-width joiners, byte
order marks, tag characters, line and paragraph separators, spaces other than U+0020, lone surrogates,
private-use and unassigned code points. Added to it are the few letters and marks that have no ink.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Default-ignorable code points that isprintable() lets pass (fillers, variation selectors), and the
#: braille blank: invisible, so two names that differ could look the same.
#: Compiled by re when the first text beyond ASCII comes.
_INKLESS = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
#: Code points remembered by a translation table: all scripts of the world, but not all of Unicode.
_MOST_KNOWN = 20_000


def printable(text: str, *, keep: str = "\n\t") -> str:
    r"""Return ``text`` with every character that a terminal could obey or hide spelled out.

    Characters become ``\x1b``, ``\u202e`` or ``\U000e0041``; those in ``keep`` stay. Backslashes are not
    doubled: paths must stay as they are. Linear in the length of the text.
    """
    probe = text
    for kept in keep:
        probe = probe.replace(kept, "")
    if is_safe(probe):
        return text
    return text.translate(_table(keep))


def one_line(text: str) -> str:
    """Return ``text`` printable and on one line: newlines and tabs are spelled out too."""
    if text.isascii() and text.isprintable():
        return text
    return printable(text, keep="")


def escaped(character: str) -> str:
    r"""Return the escape sequence that spells ``character`` (``\x1b``, ``\u202e``, ``\U000e0041``)."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_safe(text: str) -> bool:
    """Return whether all characters of ``text`` may reach a terminal as they are."""
    return text.isprintable() and (text.isascii() or not re.search(_INKLESS, text))


class _Table(dict[int, int | str]):
    """A translation table that learns characters as they come."""

    def __missing__(self, code: int) -> int | str:
        character = chr(code)
        shown = code if is_safe(character) else escaped(character)
        if len(self) < _MOST_KNOWN:
            self[code] = shown
        return shown


@lru_cache(maxsize=8)
def _table(keep: str) -> _Table:
    return _Table({ord(kept): ord(kept) for kept in keep})
