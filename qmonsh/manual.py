"""The manual page, made of the table of options: ``python -m qmonsh.manual > completions/qmonsh.1``.

Knows roff. What the options say is known to options.py and command.py only; a test holds the file current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from qmonsh import __version__
from qmonsh.command import EPILOG, qmonsh
from qmonsh.options import OPTIONS, Option

SYNOPSIS = (
    "[OPTIONS] [TARGET] [COMMAND...]",
    "ls [OPTIONS]",
    "run [OPTIONS] -- QEMU ARGUMENTS...",
    "each [OPTIONS] WHO... -- COMMAND",
    "demo",
)
FILES = (
    ("~/.config/qmonsh/config.toml", "Settings; another file with --config."),
    ("~/.local/state/qmonsh/", "The history of the shell."),
)
ENVIRONMENT = (
    ("QMONSH_TARGET", 'The default TARGET, which "-" stands for.'),
    ("QMONSH_OUTPUT, QMONSH_COLOR, QMONSH_DIALECT", "Defaults of --output, --color and --dialect."),
    ("NO_COLOR, FORCE_COLOR, TERM=dumb", "Obeyed in this order, after --color."),
)


def manual_page() -> str:
    """Return the manual page as roff."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield f'.TH QMONSH 1 "" "qmonsh {__version__}" "User Commands"'
    yield from (".SH NAME", r"qmonsh \- an interactive QEMU monitor shell", ".SH SYNOPSIS")
    for form in SYNOPSIS:
        yield from (".B qmonsh", roff(form), ".br")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(qmonsh.help or "")
    yield ".SH OPTIONS"
    for option in OPTIONS:
        if not option.is_hidden:
            yield from _item(_spelling(option), option.help)
    yield from _item(r"\fB\-V\fR, \fB\-\-version\fR", "Show the version.")
    yield from _item(r"\fB\-h\fR, \fB\-\-help\fR", "Show a summary.")
    for block in EPILOG.replace("\b\n", "").strip().split("\n\n"):
        yield from _section(block)
    yield from _table("ENVIRONMENT", ENVIRONMENT)
    yield from _table("FILES", FILES)


def _spelling(option: Option) -> str:
    value = option.metavar or "|".join(option.choices)
    names = ", ".join(rf"\fB{roff(name)}\fR" for name in option.names)
    return rf"{names} \fI{roff(value)}\fR" if value else names


def _item(head: str, text: str) -> Iterator[str]:
    yield from (".TP", head, roff(text))


def _table(title: str, rows: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield f".SH {title}"
    for head, text in rows:
        yield from _item(rf"\fB{roff(head)}\fR", text)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield from (".PP", roff(" ".join(paragraph.replace("`", "").split())))


def _section(block: str) -> Iterator[str]:
    """Yield a block of the epilog: "Title:" and lines that stay as they are, or a paragraph on targets."""
    head, *lines = block.split("\n")
    if not head.endswith(":"):
        yield ".SH TARGETS"
        yield from _paragraphs(block)
        return
    yield from (f".SH {head[:-1].upper()}", ".nf")
    yield from (roff(line.strip()) for line in lines)
    yield ".fi"


def roff(text: str) -> str:
    """Return plain text as a line of roff: nothing in it is a request, hyphens stay what was typed."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.stdout.write(manual_page())
