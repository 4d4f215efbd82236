"""``.watch``: a line again and again, what changed since the last time marked.

Knows how two texts differ. Must not know what the line is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from time import strftime
from typing import TYPE_CHECKING

from qmonsh.errors import InterruptError
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.style import finish, paint

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

_WORD = re.compile(r"\s+|[^\s]+")
#: What stands before a line where there are no colours: it is as it was, it is another.
_SAME, _OTHER = "  ", "* "
#: Texts with more lines are compared line by line only.
_MOST_LINES = 5000


async def watch_line(shell: Shell, line: str, seconds: float) -> None:
    """Run a line every ``seconds`` until Ctrl-C; a failure ends it too. A dangerous line asks once."""
    before: str | None = None
    plan = await shell.plan(shell.expand(line))
    if not await shell.allowed(plan):
        return
    shell.say(f"every {seconds:g} s, Ctrl-C ends it: {line}")
    try:
        while True:
            if before is not None:
                plan = await shell.plan(shell.expand(line))
            outcome = await shell.carry_out(plan)
            text = "".join(shell.pieces(plan, outcome, _unmarked(shell.speech.form)))
            head = f"--- {strftime('%H:%M:%S')} {one_line(line)}"
            if before is None:
                shell.emit(f"{head}\n{text}")
            elif text == before:
                shell.terminal.status(f"{head}: no change")
            else:
                shell.emit(f"{head}\n{mark_changes(before, text, shell.speech.form)}")
            before = text
            await shell.waiting.sleep(seconds, shell.monitor.raise_if_lost)
    except InterruptError:
        shell.say("no longer watching")


def _unmarked(form: Form) -> Form:
    """Return the form of a text that ``mark_changes`` will mark: without colours, with room for a ``*``."""
    return Form(width=form.width if form.width is None or form.colour else form.width - len(_SAME))


def mark_changes(before: str, after: str, form: Form) -> str:
    """Return ``after`` with the words marked that ``before`` had otherwise.

    Marked are words by inverse colours, and without colours lines by ``*`` in front.
    """
    old, new = before.splitlines(), after.splitlines()
    lines = _pairs(old, new)
    if not form.colour:
        return "".join(f"{_SAME if was == now else _OTHER}{now}\n" for was, now in lines)
    return finish("".join(_marked(was, now) + "\n" for was, now in lines), form)


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str | None, str]]:
    """Yield each new line with the old line that it replaces (itself when unchanged, None when new)."""
    if len(old) == len(new) or len(new) > _MOST_LINES:
        yield from zip([*old, *[None] * max(0, len(new) - len(old))], new, strict=False)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for number in range(j1, j2):
            place = i1 + number - j1
            yield (new[number] if tag == "equal" else old[place] if place < i2 else None), new[number]


def _marked(was: str | None, now: str) -> str:
    if was == now:
        return now
    if was is None:
        return paint("changed", now)
    old, new = _WORD.findall(was), _WORD.findall(now)
    pieces = []
    for tag, _, _, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for word in new[j1:j2]:
            pieces.append(word if tag == "equal" or word.isspace() else paint("changed", word))
    return "".join(pieces)
