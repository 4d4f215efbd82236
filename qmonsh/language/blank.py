"""What separates words on an HMP line.

A module of its own, so that a line without numbers costs no more than this. Must not know anything else.
"""

from __future__ import annotations

BLANKS = " \t\n\v\f\r"


def skip_blanks(text: str, position: int) -> int:
    """Return the position of the next character that is no blank."""
    while position < len(text) and text[position] in BLANKS:
        position += 1
    return position
