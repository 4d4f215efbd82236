"""Long output through the user's pager, short output straight to the terminal.

Knows PAGER and LESS and how tall the terminal is. Must not know what is shown.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain

from qmonsh.shell.terminal import Terminal

#: What less is told when the user told it nothing: leave short text, pass colours, keep the screen.
LESS = "FRX"


def pager_command(environment: Mapping[str, str]) -> str:
    """Return the shell command of the user's pager, ``""`` for none.

    ``PAGER=`` (empty) and ``PAGER=cat`` mean none; unset, it is less when that is installed.
    """
    chosen = environment.get("PAGER")
    if chosen is not None:
        return "" if chosen.strip() in ("", "cat") else chosen
    from shutil import which

    return "less" if which("less") else ""


def show(pieces: Iterable[str], terminal: Terminal, *, pager: str) -> None:
    """Write text that comes in pieces, through the pager when it is taller than the screen.

    Blocks until the pager is left. A pager that cannot be started does without.
    """
    pieces = iter(pieces)
    if not pager:
        for piece in pieces:
            terminal.emit(piece)
        return
    rows, columns = terminal.size
    held, is_taller = _first_screen(pieces, rows - 1, columns)
    if not is_taller:
        terminal.emit("".join(held))
        return
    with terminal.lent():
        rest = _through(pager, chain(held, pieces))
    for piece in rest:
        terminal.emit(piece)


def _first_screen(pieces: Iterator[str], rows: int, columns: int) -> tuple[list[str], bool]:
    """Return the pieces up to a screenful, and whether there is more than one."""
    held: list[str] = []
    for piece in pieces:
        held.append(piece)
        for line in piece.splitlines():
            rows -= max(1, -(-len(line) // columns))
            if rows < 0:
                return held, True
    return held, False


def _through(pager: str, pieces: Iterator[str]) -> Iterable[str]:
    """Feed the pager; returns what is still to be shown when it cannot be started."""
    import subprocess

    environment = dict(os.environ)
    environment.setdefault("LESS", LESS)
    environment.setdefault("LESSCHARSET", "utf-8")
    try:
        words = shlex.split(pager)
        program = ["/bin/sh", "-c", pager] if _needs_shell(pager) else words
        child = subprocess.Popen(program, stdin=subprocess.PIPE, env=environment)
    except (OSError, ValueError):
        return pieces
    assert child.stdin is not None
    try:
        for piece in pieces:
            child.stdin.write(piece.encode("utf-8", "backslashreplace"))
            child.stdin.flush()
    except OSError:
        pass  # left before the end
    finally:  # also when the text breaks off: what there is of it is being read
        with suppress(OSError):
            child.stdin.close()
        child.wait()
    return ()


def _needs_shell(command: str) -> bool:
    return any(character in command for character in "|&;<>()$`\\\"'*?[#~=%")
