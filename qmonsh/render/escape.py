r"""Foreign text made harmless: what could move the cursor or deceive the eye becomes visible.

The one sanitiser of qmonsh (QEMU-FACTS m: names, snapshot tags, chardev ids and everything the guest
says reach us unescaped once JSON is decoded). Must not know who wrote the text or where it goes.

The rule is ``str.isprintable``: it refuses C0, DEL, C1, bidirectional controls, zero-width joiners, byte
order marks, tag characters, line and paragraph separators, spaces other than U+0020, lone surrogates,
private-use and unassigned code points. Added to it are the few letters and marks that have no ink.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

#: Default-ignorable code points that isprintable() lets pass (fillers, variation selectors), and the
#: braille blank: invisible, so two names that differ could look the same.
_INKLESS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_INKLESS_SET = frozenset(_INKLESS)
_has_inkless = re.compile(f"[{_INKLESS}]").search


def printable(text: str, *, keep: str = "\n\t") -> str:
    r"""Return ``text`` with every character that a terminal could obey or hide spelled out.

    Characters become ``\x1b``, ``\u202e`` or ``\U000e0041``; those in ``keep`` stay. Backslashes are not
    doubled: paths must stay as they are. Linear in the length of the text.
    """
    if text.isprintable() and (text.isascii() or not _has_inkless(text)):
        return text
    return _suspects(keep).sub(_mender(keep), text)


def one_line(text: str) -> str:
    """Return ``text`` printable and on one line: newlines and tabs are spelled out too."""
    return printable(text, keep="")


def escaped(character: str) -> str:
    r"""Return the escape sequence that spells ``character`` (``\x1b``, ``\u202e``, ``\U000e0041``)."""
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_safe(character: str) -> bool:
    """Return whether ``character`` may reach a terminal as it is."""
    return character.isprintable() and character not in _INKLESS_SET


@lru_cache(maxsize=8)
def _suspects(keep: str) -> re.Pattern[str]:
    """Return the pattern of runs that need a second look: everything but plain ASCII and ``keep``."""
    return re.compile(f"[^{re.escape(keep)} -~]+")


def _mender(keep: str) -> Callable[[re.Match[str]], str]:
    def mend(found: re.Match[str]) -> str:
        run = found[0]
        if run.isprintable() and not _has_inkless(run):
            return run
        return "".join(c if c in keep or is_safe(c) else escaped(c) for c in run)

    return mend
