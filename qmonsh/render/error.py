"""Failures as text for stderr: the sentence, and for a wrong line the place with a caret under it.

Knows the facts that the error tree carries. Must not print, and must not trust them: lines, descriptions
and addresses are foreign text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qmonsh.errors import CommandError, LineError, QmonshError
from qmonsh.render.escape import is_safe, one_line, printable
from qmonsh.render.form import PLAIN, Form
from qmonsh.render.layout import columns_of, wrap
from qmonsh.render.style import finish, paint

#: Columns of a long line shown around the caret when no width is given.
_LINE_WIDTH = 160
#: Expected values listed in full; of more than these the nearest few are.
_MOST_EXPECTED = 24
_FEW_EXPECTED = 10
#: Longest words that are compared, and the longest begin of a line that is shown for asking again.
_LONGEST_WORD = 64


def render_error(error: QmonshError, form: Form = PLAIN) -> str:
    """Return an error as lines ending in a newline.

    A command's error is "Error: DESC [Class]", as HMP says it; everything else is "qmonsh: " and a
    sentence. A wrong line follows with a caret under ``start``..``end``, what was expected there, the
    nearest name, the synopsis and a mended line, each when known.
    """
    return finish("\n".join(_lines(error, form)) + "\n", form)


def render_traceback(error: BaseException) -> str:
    """Return a traceback as lines ending in a newline, for --debug; its last line may be foreign text."""
    import traceback

    return printable("".join(traceback.format_exception(error)))


def _lines(error: QmonshError, form: Form) -> Iterator[str]:
    if isinstance(error, CommandError):
        yield from _command_error(error, form)
    elif isinstance(error, LineError):
        yield from _line_error(error, form)
    else:
        yield from _headed("qmonsh:", _origin(error) + printable(str(error)), form)


def _origin(error: QmonshError) -> str:
    """Return where the line stands, which scripts note on every error of theirs."""
    origin = one_line(getattr(error, "origin", ""))
    return f"{origin}: " if origin else ""


def _headed(head: str, text: str, form: Form) -> Iterator[str]:
    """Yield the sentence behind its head, folded between words, further lines indented."""
    room = None if form.width is None else form.width - 2
    parts = f"{head} {text}".rstrip("\n").split("\n")
    first, *more = (line for part in parts for line in _folded(part, room))
    yield f"{paint('bad', head)}{first.removeprefix(head)}"
    yield from (f"  {line}" for line in more)


def _folded(text: str, room: int | None) -> list[str]:
    """Return a text in lines of at most ``room`` columns, words kept whole: a path is there to be copied."""
    lines: list[list[str]] = [[]]
    used = 0
    for word in text.split(" "):
        size = columns_of(word)
        if room is not None and lines[-1] and used + 1 + size > room:
            lines.append([])
            used = 0
        used += size + bool(lines[-1])
        lines[-1].append(word)
    return [" ".join(words) for words in lines]


def _command_error(error: CommandError, form: Form) -> Iterator[str]:
    text = error.description.replace("\r\n", "\n").strip("\n").removeprefix("Error: ")
    first, *more = (_origin(error) + printable(text)).split("\n")
    # A failure recognised in HMP text has no class of its own: the monitor gave none.
    kind = f" [{one_line(error.class_name)}]" if error.reply is not None and error.class_name else ""
    yield from _headed("Error:", "\n".join([first + kind, *more]), form)
    if error.synopsis:
        yield from _labelled("usage: ", error.synopsis, form)


def _line_error(error: LineError, form: Form) -> Iterator[str]:
    yield from _headed("qmonsh:", _origin(error) + printable(error.problem), form)
    if error.line:
        yield from _caret(error.line, error.start, error.end, (form.width or _LINE_WIDTH) - 2)
    for label, text in _hints(error):
        yield from _labelled(label, text, form)


def _labelled(label: str, text: str, form: Form) -> Iterator[str]:
    width = None if form.width is None else form.width - 2 - len(label)
    for line in wrap(one_line(text), width):
        yield f"  {label}{line}"
        label = " " * len(label)


def _hints(error: LineError) -> Iterator[tuple[str, str]]:
    if error.nearest:
        yield "", f"did you mean '{error.nearest}'?"
    if error.expected:
        yield "expected: ", _listed(error)
    if error.synopsis:
        yield "usage: ", error.synopsis
    if error.mended:
        yield "mended: ", error.mended
    if error.advice:
        yield "", error.advice


def _listed(error: LineError) -> str:
    """Return the values that may stand there; of many those like the wrong word, and how to see all."""
    values = error.expected
    if len(values) <= _MOST_EXPECTED:
        return ", ".join(values)
    alike = _alike(error.line[error.start : error.end], values)
    # One or two may be alike by chance.
    few = alike if len(alike) > 2 else list(dict.fromkeys((*alike, *values)))[:_FEW_EXPECTED]
    head = error.line[: error.start]
    way = ""
    if head.strip() and len(head) <= _LONGEST_WORD and is_safe(head) and "'" not in head:
        way = f": Tab, or --complete '{head}'"
    return f"{', '.join(few)} ... ({len(values)} in all{way})"


def _alike(word: str, values: Sequence[str]) -> Sequence[str]:
    if not 0 < len(word) <= _LONGEST_WORD:
        return ()
    from difflib import get_close_matches  # only when there are too many

    short = [value for value in values if len(value) <= _LONGEST_WORD]
    return get_close_matches(word, short, n=_FEW_EXPECTED, cutoff=0.5)


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
