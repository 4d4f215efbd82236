"""Failures as text for stderr: the sentence, and for a wrong line the place with a caret under it.

Knows the facts that the error tree carries. Must not print, and must not trust them: lines, descriptions
and addresses are foreign text.
"""

from __future__ import annotations

from collections.abc import Iterator

from qmonsh.errors import CommandError, LineError, QmonshError
from qmonsh.render.escape import is_safe, one_line, printable
from qmonsh.render.form import PLAIN, Form
from qmonsh.render.layout import columns_of, wrap
from qmonsh.render.style import finish, paint

#: Columns of a long line shown around the caret when no width is given.
_LINE_WIDTH = 160
#: Expected values listed before "and N more".
_MOST_EXPECTED = 60


def render_error(error: QmonshError, form: Form = PLAIN) -> str:
    """Return an error as lines ending in a newline.

    A command's error is "Error: DESC [Class]", as HMP says it; everything else is "qmonsh: " and a
    sentence. A wrong line follows with a caret under ``start``..``end``, what was expected there, the
    nearest name, the synopsis and a mended line, each when known.
    """
    return finish("\n".join(_lines(error, form)) + "\n", form)


def _lines(error: QmonshError, form: Form) -> Iterator[str]:
    if isinstance(error, CommandError):
        yield from _command_error(error)
    elif isinstance(error, LineError):
        yield from _line_error(error, form)
    else:
        yield from _headed("qmonsh:", printable(str(error)))


def _headed(head: str, text: str) -> Iterator[str]:
    first, *more = text.rstrip("\n").split("\n")
    yield f"{paint('bad', head)} {first}"
    yield from (f"  {line}" for line in more)


def _command_error(error: CommandError) -> Iterator[str]:
    text = error.description.replace("\r\n", "\n").strip("\n").removeprefix("Error: ")
    first, *more = printable(text).split("\n")
    # A failure recognised in HMP text has no class of its own: the monitor gave none.
    kind = f" [{one_line(error.class_name)}]" if error.reply is not None and error.class_name else ""
    yield from _headed("Error:", "\n".join([first + kind, *more]))


def _line_error(error: LineError, form: Form) -> Iterator[str]:
    origin = f"{one_line(error.origin)}: " if error.origin else ""
    yield from _headed("qmonsh:", origin + printable(error.problem))
    if error.line:
        yield from _caret(error.line, error.start, error.end, (form.width or _LINE_WIDTH) - 2)
    for label, text in _hints(error):
        width = None if form.width is None else form.width - 2 - len(label)
        for line in wrap(one_line(text), width):
            yield f"  {label}{line}"
            label = " " * len(label)


def _hints(error: LineError) -> Iterator[tuple[str, str]]:
    if error.nearest:
        yield "", f"did you mean '{error.nearest}'?"
    if error.expected:
        yield "expected: ", _listed(error.expected)
    if error.synopsis:
        yield "usage: ", error.synopsis
    if error.mended:
        yield "mended: ", error.mended
    if error.advice:
        yield "", error.advice


def _listed(values: tuple[str, ...]) -> str:
    more = len(values) - _MOST_EXPECTED
    return ", ".join(values[:_MOST_EXPECTED]) + (f" and {more} more" if more > 0 else "")


def _caret(line: str, start: int, end: int, width: int) -> Iterator[str]:
    """Yield the line of the text that holds ``start`` and the tildes under the wrong word."""
    start = min(max(start, 0), len(line))
    begin = line.rfind("\n", 0, start) + 1
    stop = line.find("\n", start)
    text = line[begin : stop if stop >= 0 else len(line)]
    start, end = start - begin, max(min(end - begin, len(text)), start - begin + 1)
    text, start, end = _cut(text, start, end, width)
    cells = [_shown(character) for character in text]
    before = columns_of("".join(cells[:start]))
    under = max(columns_of("".join(cells[start:end])), 1)
    yield "  " + "".join(cells)
    yield "  " + " " * before + paint("good", "^" + "~" * (min(under, max(width - before, 1)) - 1))


def _shown(character: str) -> str:
    if character == "\t":
        return "    "
    return character if is_safe(character) else one_line(character)


def _cut(text: str, start: int, end: int, width: int) -> tuple[str, int, int]:
    """Return the part of a long line around ``start``, and the positions in it; cuts are marked."""
    # An escaped character takes up to ten columns, so the part is chosen by what it will take.
    first, last = start, start
    used = 0
    room = max(width - 8, 16)
    while used < room and (first > 0 or last < len(text)):
        if last < len(text) and (last - start <= start - first or first == 0):
            used += columns_of(_shown(text[last]))
            last += 1
        elif first > 0:
            first -= 1
            used += columns_of(_shown(text[first]))
        else:
            used += columns_of(_shown(text[last]))
            last += 1
    head = "... " if first > 0 else ""
    tail = " ..." if last < len(text) else ""
    return head + text[first:last] + tail, start - first + len(head), min(end, last) - first + len(head)
