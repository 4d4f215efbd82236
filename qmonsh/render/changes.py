"""A reply beside what the same line gave before, with the words that changed marked (``.watch``).

Knows lines and words, not what they mean. Must not know time: the caller says how old the previous is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from qmonsh.render.escape import printable
from qmonsh.render.form import PLAIN, Form, Previous
from qmonsh.render.style import bare, finish, paint
from qmonsh.render.text import human_text, painted_lines
from qmonsh.render.views import NO_HINTS

_words = re.compile(r"\s+|[^\s=,()]+|[=,()]").findall


def render_changes(
    value: Any,
    previous: Previous | None,
    *,
    view: str = "",
    form: Form = PLAIN,
    options: Mapping[str, Any] = NO_HINTS,
) -> str:
    """Return the text of ``render_text`` with the words marked that ``previous`` did not have there.

    With colours they are reversed; without, lines that changed begin with ``> ``, the others with spaces.
    Without a previous value nothing is marked.
    """
    now = list(_lines(value, view, form, previous, options))
    if previous is None:
        return _text(now, form)
    before = [bare(line) for line in _lines(previous.value, view, form, previous, options)]
    return _text(list(_marked(now, before, form)), form)


def _lines(
    value: Any, view: str, form: Form, previous: Previous | None, options: Mapping[str, Any]
) -> Iterator[str]:
    text = human_text(value)
    if text is None:
        return painted_lines(value, view, form, previous, options)
    return iter(printable(text.replace("\r\n", "\n")).splitlines())


def _text(lines: list[str], form: Form) -> str:
    return finish("\n".join(lines) + "\n", form) if lines else ""


def _marked(now: list[str], before: list[str], form: Form) -> Iterator[str]:
    known = set(before)
    for n, line in enumerate(now):
        shown = bare(line)
        changed = shown not in known
        if not form.colour:
            yield ("> " if changed else "  ") + line
        else:
            yield _mark(shown, before[n] if n < len(before) else "") if changed else line


def _mark(line: str, old: str) -> str:
    """Return a line with the words painted that the old one did not have in their place."""
    words, old_words = _words(line), _words(old)
    if len(words) != len(old_words):
        return paint("changed", line)
    return "".join(
        word if word == was or word.isspace() else paint("changed", word)
        for word, was in zip(words, old_words, strict=True)
    )
