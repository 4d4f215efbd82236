"""Colours as roles: a view says what a word means, the theme says how that looks.

``paint`` marks text with Unicode noncharacters, which ``finish`` turns into SGR sequences at the very
end, or drops. So widths can be measured and lines cut before colours exist, and ``finish`` can sanitise
everything once more: even a view that forgot to escape a foreign string cannot let an escape sequence
through. Must not know values or views.

Nothing is said by colour alone, and the 16 ANSI colours are chosen to be read on dark and on light.
"""

from __future__ import annotations

import re
from typing import Final

from qmonsh.render.escape import printable
from qmonsh.render.form import Form

#: role -> SGR parameters. No yellow and no white: they vanish on a light background.
THEME: Final[dict[str, str]] = {
    "head": "1",
    "key": "36",
    "text": "32",
    "number": "34",
    "constant": "35",
    "dim": "2",
    "good": "32",
    "warn": "35",
    "bad": "31",
    "changed": "7",
}

_MARKS = {role: chr(0xFDD0 + n) for n, role in enumerate(THEME)}
_END = "\ufdef"
_KEEP = "\n\t" + "".join(_MARKS.values()) + _END
_SGR = {ord(mark): f"\x1b[{THEME[role]}m" for role, mark in _MARKS.items()} | {ord(_END): "\x1b[0m"}
_ANY_MARK = f"[{_MARKS['head']}-{_END}]"

#: Our own glyphs and their stand-ins where only ASCII may be shown.
_ASCII_GLYPHS = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "→": ">", "█": "#"})

#: words that QEMU uses for states -> role
_STATES = {
    "good": "running active ok ready completed enabled on up yes connected online mapped measured allowed",
    "warn": "paused prelaunch suspended inmigrate postmigrate finish-migrate save-vm restore-vm debug "
    "standby pending waiting setup cancelling cancelled watchdog shutdown colo measuring postcopy-active "
    "postcopy-paused postcopy-recover pre-switchover device disconnected deprecated aborting",
    "bad": "failed error io-error internal-error guest-panicked nospace corrupt failing",
}
_ROLE_OF = {word: role for role, words in _STATES.items() for word in words.split()}


def paint(role: str, text: str) -> str:
    """Return ``text`` marked with a role of ``THEME``; the text must be printable already."""
    return f"{_MARKS[role]}{text}{_END}" if text else ""


def state(word: str) -> str:
    """Return a state word painted by what it means; an unknown word stays plain."""
    role = _ROLE_OF.get(word)
    return paint(role, word) if role else word


def bare(text: str) -> str:
    """Return ``text`` without the marks of ``paint``, as it will look."""
    return text if text.isascii() else re.sub(_ANY_MARK, "", text)


def finish(text: str, form: Form) -> str:
    """Return painted text ready for the stream: sanitised, coloured or not, ASCII when that is asked."""
    text = printable(text, keep=_KEEP)
    if text.isascii():
        return text
    if not form.unicode:
        text = text.translate(_ASCII_GLYPHS)
    if form.colour:
        text = text.translate(_SGR)
    return _encodable(bare(text), form)


def foreign(text: str, form: Form) -> str:
    """Return text that is nobody's paint (a whole HMP answer) sanitised, newlines and tabs kept."""
    return _encodable(printable(text), form)


def _encodable(text: str, form: Form) -> str:
    return text if form.unicode else text.encode("ascii", "backslashreplace").decode("ascii")
