"""Quotes, blanks and dashes that only look right, as word processors and web pages make them.

Knows characters. Must not know what a line means.
"""

from __future__ import annotations

from qmonsh.errors import LineError
from qmonsh.language.blank import BLANKS
from qmonsh.language.statement import string_end

#: Characters that word processors and web pages put in the place of quotes and blanks.
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2039\u203a\u2032\uff07"
ODD_BLANKS = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


def check_characters(line: str) -> None:
    """Refuse quotes, blanks and dashes that only look right, with the mended line; raises LineError.

    Pointed at are those outside ASCII quotes: every one in raw JSON but dashes; elsewhere odd blanks,
    double quotes that begin a word or value, and the dash of an option.
    """
    if line.isascii():
        return
    is_json = line.lstrip().startswith("{")
    suspects = DOUBLE_QUOTES + (SINGLE_QUOTES if is_json else DASHES) + ODD_BLANKS + INVISIBLE
    for position in _outside_quotes(line):
        char = line[position]
        if char in suspects and (is_json or _is_lookalike(line, position)):
            raise LineError(
                f"this is {_name_of(char)}, not the ASCII {_meant(char)}"
                if char not in INVISIBLE
                else f"this is {_name_of(char)}, which cannot be seen",
                line=line,
                start=position,
                end=position + 1,
                mended=mend(line),
            )


def mend(line: str) -> str:
    """Return the line with every look-alike replaced by the ASCII one."""
    table = dict.fromkeys(map(ord, DOUBLE_QUOTES), '"') | dict.fromkeys(map(ord, ODD_BLANKS), " ")
    table |= dict.fromkeys(map(ord, INVISIBLE), "")
    if line.lstrip().startswith("{"):
        table |= dict.fromkeys(map(ord, SINGLE_QUOTES), "'" if "'" in line else '"')
    else:
        table |= dict.fromkeys(map(ord, DASHES), "-")
    return line.translate(table)


def _outside_quotes(line: str) -> list[int]:
    """Return the positions of the non-ASCII characters that stand outside ASCII double quotes."""
    found = []
    position = 0
    while position < len(line):
        if line[position] == '"':
            position = string_end(line, position)
            continue
        if line[position] > "\x7f":
            found.append(position)
        position += 1
    return found


def _is_lookalike(line: str, position: int) -> bool:
    """Tell whether a character stands where a blank or an opening quote would."""
    char = line[position]
    if char in DASHES:
        return line[position - 1 : position] in tuple(BLANKS) and line[position + 1 : position + 2].isalnum()
    return char in ODD_BLANKS + INVISIBLE or position == 0 or line[position - 1] in BLANKS + "=,"


def _meant(char: str) -> str:
    return "blank" if char in ODD_BLANKS else "dash" if char in DASHES else "quote"


def _name_of(char: str) -> str:
    import unicodedata

    return f"U+{ord(char):04X} {unicodedata.name(char, '').lower()}".rstrip()
