"""A reply as text for people: through its view when there is one, else by its shape.

Knows how to choose, to fall back and to stream. Must not know any command: that is what views are for.
No reply can make it fail: a view that stumbles over a missing or strange member gives way to the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from qmonsh.errors import ProtocolError
from qmonsh.render.form import PLAIN, Form, Previous
from qmonsh.render.layout import folded
from qmonsh.render.style import finish, foreign
from qmonsh.render.views import NO_HINTS, WRONG_SHAPE, Look, find_view

#: Characters in one piece of streamed text, and lines that must stand before a view is trusted.
_PIECE = 1 << 16
_TRIED_LINES = 500


def render_text(
    value: Any,
    *,
    view: str = "",
    form: Form = PLAIN,
    previous: Any = None,
    options: Mapping[str, Any] = NO_HINTS,
) -> str:
    """Return a reply as text ending in a newline, ``""`` for an empty success.

    ``view`` is the key of the rendering: a QMP command ("query-block") or an info line ("info block -v");
    unknown keys are rendered by shape. ``previous`` is what the same line gave before (a value, or a
    ``Previous`` that also says when: then there are rates). ``options`` are hints for the view, see ``Look``.
    """
    return "".join(stream_text(value, view=view, form=form, previous=previous, options=options))


def stream_text(
    value: Any,
    *,
    view: str = "",
    form: Form = PLAIN,
    previous: Any = None,
    options: Mapping[str, Any] = NO_HINTS,
) -> Iterator[str]:
    """Yield the text of ``render_text`` in pieces that end at line ends, the first of them at once.

    For a 50 MB reply neither the whole text nor its lines are ever held.
    """
    text = human_text(value)
    if text is not None:
        yield from _text_pieces(text, form)
    else:
        yield from _pieces(painted_lines(value, view, form, previous, options), form)


def human_text(value: Any) -> str | None:
    """Return the text that a reply consists of (a string, or ``human-readable-text``), else ``None``."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("human-readable-text"), str):
        return str(value["human-readable-text"])
    return None


def _text_pieces(text: str, form: Form) -> Iterator[str]:
    text = text.replace("\r\n", "\n")
    for start in range(0, len(text), _PIECE):
        yield foreign(text[start : start + _PIECE], form)
    if text and not text.endswith("\n"):
        yield "\n"


def painted_lines(
    value: Any, key: str, form: Form, previous: Any = None, options: Mapping[str, Any] = NO_HINTS
) -> Iterator[str]:
    """Yield the lines of a value that is no text, folded to the width, still to be finished."""
    lines = _chosen_lines(value, key, form, previous, options)
    return lines if form.width is None else folded(lines, form.width)


def _chosen_lines(
    value: Any, key: str, form: Form, previous: Any, options: Mapping[str, Any]
) -> Iterator[str]:
    function, hints = find_view(key)
    if function is not None:
        before = previous if isinstance(previous, Previous | None) else Previous(previous)
        lines = function(value, Look(form=form, options={**hints, **options}, previous=before))
        try:
            yield from chain(list(islice(lines, _TRIED_LINES)), lines)
            return
        except WRONG_SHAPE:
            pass  # a member is missing or of another type: the facts matter more than the layout
    if value != {}:  # the empty success of commands that return nothing
        from qmonsh.render.shape import shape

        yield from shape(value, form=form)


def _pieces(lines: Iterable[str], form: Form) -> Iterator[str]:
    held: list[str] = []
    length = 0
    try:
        for line in lines:
            held.append(line)
            length += len(line)
            if length >= _PIECE:
                yield _piece(held, form)
                held, length = [], 0
    except ProtocolError:  # a list that is decoded meanwhile turns out to be no JSON
        yield _piece(held, form)
        raise
    if held:
        yield _piece(held, form)


def _piece(lines: list[str], form: Form) -> str:
    return finish("".join(f"{line}\n" for line in lines), form)
