"""Two columns of text: names and what they are.

Pure. Knows widths only.
"""

from __future__ import annotations

from collections.abc import Iterable

from qmonsh.render.escape import printable
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap
from qmonsh.render.style import paint

#: The first column is never wider (columns).
WIDEST = 34


def table(rows: Iterable[tuple[str, str]], form: Form) -> list[str]:
    """Return lines of two painted columns; a long first one has its description on the next line."""
    listed = [(printable(left, keep=""), printable(right, keep="")) for left, right in rows]
    width = min(max((len(left) for left, _ in listed), default=0), WIDEST)
    lines = []
    for left, right in listed:
        room = None if form.width is None else max(form.width - width - 4, 20)
        parts = list(wrap(right, room)) if right else [""]
        if len(left) > width:
            whole = None if form.width is None else form.width - 2
            lines += [f"  {paint('key', part)}" for part in wrap(left, whole)]
        else:
            lines.append(f"  {paint('key', left)}{' ' * (width - len(left) + 2)}{parts.pop(0)}".rstrip())
        lines += [f"{' ' * (width + 4)}{part}" for part in parts if part]
    return lines
