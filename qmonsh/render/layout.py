"""Columns, label and value pairs, trees: lines of text that fit a width without losing a fact.

Nothing is ever cut: a table that does not fit wraps its last column, and when that is not enough its
rows are laid out one under the other. Widths are terminal columns (East Asian wide characters count two).
Must not know values of the monitor: cells are strings, printable already, perhaps painted.

This is the only layout engine, for terminals and for files. DESIGN section 8 allows rich for tables, but
its import alone takes 80 ms, as much as a whole one-shot; it lays out nothing before the last row is
known, so a reply of 50 MB could not start to appear; and with two engines a golden text would prove only
one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from qmonsh.render.style import bare, paint

#: Rows that are measured together; longer tables stream in blocks of this, columns only growing.
BLOCK = 1000
_GAP = "  "
_TWIGS = ("├", "└")
#: Narrower than this a wrapped column is worse than rows under each other.
_NARROWEST = 24
#: Without a width, cells longer than this push the rest of their own row only: one huge cell must not
#: pad every other row to its length.
_WIDEST = 120
#: Characters whose width is remembered: all scripts of the world, but not all of Unicode.
_MOST_KNOWN = 20_000


def columns_of(text: str) -> int:
    """Return how many terminal columns ``text`` takes, paint not counted."""
    return len(text) if text.isascii() else _columns_beyond_ascii(text)


def _columns_beyond_ascii(text: str) -> int:
    text = bare(text)
    return len(text) if text.isascii() else sum(map(_COLUMNS.__getitem__, text))


class _Columns(dict[str, int]):
    """Columns of a character, learnt as they come: tree branches come in every line."""

    def __missing__(self, character: str) -> int:
        from unicodedata import combining, east_asian_width  # a big table, and most text is ASCII

        wide = east_asian_width(character) in "WF"
        columns = 0 if combining(character) else 2 if wide else 1
        if len(self) < _MOST_KNOWN:
            self[character] = columns
        return columns


_COLUMNS = _Columns()


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` filled with spaces to ``width`` columns, at its right or its left."""
    fill = " " * (width - columns_of(text))
    return fill + text if right else text + fill


def wrap(text: str, width: int | None) -> list[str]:
    """Return ``text`` in lines of at most ``width`` columns, broken at spaces, else after ``/,;:=``.

    Linear: each line looks at no more than its own characters. Paint is lost in a line that is broken.
    """
    if width is None or columns_of(text) <= width:
        return [text]
    width = max(width, 8)
    text = bare(text)
    lines: list[str] = []
    start = 0
    while start < len(text):
        window = text[start : start + width + 1]
        end = start + _break(window, width)
        lines.append(text[start:end].rstrip(" "))
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
    return lines


def _break(window: str, width: int) -> int:
    """Return how many characters of ``window`` make a line of at most ``width`` columns."""
    fits = _fitting(window, width)
    if fits == len(window):
        return fits
    space = window.rfind(" ", 0, fits + 1)
    if space > width // 3:
        return space
    mark = max(window.rfind(c, 0, fits) for c in "/,;:=")
    return mark + 1 if mark >= width // 2 else max(fits, 1)


def _fitting(window: str, width: int) -> int:
    """Return how many leading characters of ``window`` fit ``width`` columns."""
    if window.isascii():
        return min(len(window), width)
    used = 0
    for n, character in enumerate(window):
        used += _COLUMNS[character]
        if used > width:
            return n
    return len(window)


def pairs(
    items: Iterable[tuple[str, str]], *, indent: int = 0, width: int | None = None, gap: int = 2
) -> Iterator[str]:
    """Yield ``label:   value`` lines with the values under each other; long values hang, indented.

    An empty label continues the value above. Values may hold newlines.
    """
    held = list(items)
    column = max((columns_of(label) for label, _ in held if label), default=0) + 1 + gap
    column = min(column, max(12, (width or 80) // 2))
    margin = " " * indent
    for label, value in held:
        head = pad(f"{label}: " if label else "", column)
        room = None if width is None else width - indent - columns_of(head)
        if "\n" not in value and (room is None or columns_of(value) <= room):
            yield (margin + head + value).rstrip(" ")
            continue
        for line in chain.from_iterable(_broken(part, room) for part in value.split("\n")):
            yield (margin + head + line).rstrip(" ")
            head = " " * column


def _broken(text: str, width: int | None) -> Iterable[str]:
    """Return a value in parts that fit; one that begins with a twig of a tree hangs from it."""
    return fold(text, width) if text.lstrip(" ").startswith(_TWIGS) else wrap(text, width)


def table(
    rows: Iterable[Sequence[str]],
    heads: Sequence[str],
    *,
    right: str = "",
    width: int | None = None,
    indent: int = 0,
) -> Iterator[str]:
    """Yield a table with a head line; ``right`` has an ``r`` for each column aligned right ("  rr").

    Rows stream in blocks, so an endless table starts at once. What does not fit ``width`` wraps in the
    last column, else each row becomes label and value pairs.
    """
    stream = iter(rows)
    aligned = [side == "r" for side in right.ljust(len(heads))]
    sizes = [columns_of(head) for head in heads]
    widest = width or _WIDEST
    first = True
    while block := list(islice(stream, BLOCK)):
        for row in block:
            sizes = [max(a, min(columns_of(b), widest)) for a, b in zip(sizes, row, strict=True)]
        if width is not None and not _fits(sizes, aligned, width - indent):
            yield from _stacked(chain(block, stream), heads, width=width, indent=indent)
            return
        if first:
            painted = [paint("head", head) for head in heads]
            yield from _row(painted, [*map(columns_of, heads)], sizes, aligned, indent, width)
            first = False
        for row in block:
            yield from _row(row, [*map(columns_of, row)], sizes, aligned, indent, width)


def _fits(sizes: Sequence[int], aligned: Sequence[bool], width: int) -> bool:
    """Return whether columns fit, given that the last one may wrap when it is aligned left."""
    before = sum(sizes[:-1]) + len(_GAP) * (len(sizes) - 1)
    last = sizes[-1] if aligned[-1] else min(sizes[-1], _NARROWEST)
    return before + last <= width


def _row(
    cells: Sequence[str],
    counts: Sequence[int],
    sizes: Sequence[int],
    aligned: Sequence[bool],
    indent: int,
    width: int | None,
) -> Iterator[str]:
    """Yield a row whose cells take ``counts`` columns, in columns of ``sizes``."""
    shown = []
    for cell, count, size, right in zip(cells, counts, sizes, aligned, strict=False):
        fill = " " * (size - count)
        shown.append(fill + cell if right else cell + fill)
    if not aligned[-1]:
        shown[-1] = cells[-1]
    before = indent + sum(map(max, counts[:-1], sizes)) + len(_GAP) * (len(cells) - 1)
    last = max(counts[-1], sizes[-1]) if aligned[-1] else counts[-1]
    if width is None or before + last <= width:
        yield (" " * indent + _GAP.join(shown)).rstrip(" ")
        return
    head = " " * indent + "".join(cell + _GAP for cell in shown[:-1])
    for line in wrap(shown[-1], width - before):
        yield (head + line).rstrip(" ")
        head = " " * before


def _stacked(
    rows: Iterable[Sequence[str]], heads: Sequence[str], *, width: int | None, indent: int
) -> Iterator[str]:
    """Yield each row as pairs, its first cell being the title; empty cells are left out."""
    label = f"{heads[0]}: " if heads[0] else ""
    for row in rows:
        yield " " * indent + label + paint("head", bare(row[0]) or "-")
        filled = [(head, cell) for head, cell in zip(heads[1:], row[1:], strict=True) if cell]
        yield from pairs(filled, indent=indent + 2, width=width)


def folded(lines: Iterable[str], width: int) -> Iterator[str]:
    """Yield lines, those that do not fit ``width`` in parts."""
    for line in lines:
        if columns_of(line) <= width:
            yield line
        else:
            yield from fold(line, width)


def fold(line: str, width: int | None) -> Iterator[str]:
    """Yield a line in parts that fit ``width``, the later ones under its text, not under its branches."""
    if width is None or columns_of(line) <= width:
        yield line
        return
    text = line.lstrip(" │├└─")
    head = line[: len(line) - len(text)][: width // 2]
    trunk = head.replace("├─", "│ ").replace("└─", "  ") + "  "
    for part in wrap(text, width - columns_of(trunk)):
        yield head + part
        head = trunk


def indented(lines: Iterable[str], by: int) -> Iterator[str]:
    """Yield the lines moved to the right; empty lines stay empty."""
    margin = " " * by
    for line in lines:
        yield margin + line if line else line


def branch(lines: Iterable[str], *, last: bool) -> Iterator[str]:
    """Yield the lines of one child of a tree node, with the twig that leads to it."""
    twig, trunk = ("└─ ", "   ") if last else ("├─ ", "│  ")
    for n, line in enumerate(lines):
        yield (trunk if n else twig) + line
