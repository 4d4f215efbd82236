"""The shell's own commands that do something with a line: watch, explain, time, repeat, edit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qmonsh.errors import UsageError
from qmonsh.own_words import split_style
from qmonsh.render.escape import printable
from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell


@builtin(
    ".explain",
    "[qmp|python|virsh|shell] LINE",
    "show what a line becomes; nothing is sent",
    takes_line=True,
    is_aside=True,
)
async def explain_line(shell: Shell, words: str) -> None:
    """Show what a line becomes, as QMP or in another form."""
    style, line = split_style(words)
    if not line:
        raise wrong_usage(".explain", "a line is needed")
    shell.explain(await shell.plan(shell.expand(line)), style)


@builtin(".watch", "[SECONDS] LINE", "repeat a line and mark what changed; Ctrl-C ends it", takes_line=True)
async def watch(shell: Shell, words: str) -> None:
    """Repeat a line every so many seconds (2)."""
    from qmonsh.shell.watch import watch_line

    seconds, line = split_seconds(words)
    if not line:
        raise wrong_usage(".watch", "a line is needed")
    await watch_line(shell, line, seconds)


def split_seconds(words: str) -> tuple[float, str]:
    """Return the seconds at the beginning (2 when there are none) and the line."""
    first, _, rest = words.partition(" ")
    try:
        seconds = float(first)
    except ValueError:
        return 2.0, words.strip()
    if not 0.05 <= seconds <= 86400:
        raise UsageError(f"'{first}' seconds between two runs is not sensible")
    return seconds, rest.strip()


@builtin(".time", "[on|off|LINE]", "say how long commands take, or one line did", takes_line=True)
async def time(shell: Shell, words: str) -> None:
    """Run a line and say how long it took, or switch that on and off for all."""
    if words in ("on", "off", ""):
        shell.timing = words == "on" or (not words and not shell.timing)
        shell.say(f"the time of each command is {'shown' if shell.timing else 'not shown'}")
        return
    before, shell.timing = shell.timing, True
    try:
        await shell.run_line(words)
    finally:
        shell.timing = before


@builtin(".source", "FILE", "run the lines of a file, until one fails")
async def source(shell: Shell, words: str) -> None:
    """Run a script in the shell, confirmations included."""
    from qmonsh.language.reader import read_statements

    if not words:
        raise wrong_usage(".source", "a file is needed")
    path = os.path.abspath(os.path.expanduser(words))
    if shell.sourcing >= 16:
        raise UsageError(f"{words} is read by itself, over and over")
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {words}: {getattr(error, 'strerror', 'it is not UTF-8 text')}"
        ) from None
    shell.sourcing += 1
    try:
        for statement in read_statements(text):
            if not await shell.run_line(statement.text):
                raise UsageError(f"stopped at {words}:{statement.number}")
            if shell.status is not None:
                return
    finally:
        shell.sourcing -= 1


@builtin(
    ".edit",
    "[LINE]",
    "edit a line, or the last one, in $EDITOR; it comes back to the prompt",
    takes_line=True,
)
async def edit(shell: Shell, words: str) -> None:
    """Edit a line in the user's editor and put it on the next prompt."""
    lines = [line for line in shell.previous_lines() if not line.startswith(".edit")]
    text = words or (lines[-1] if lines else "")
    shell.next_text = text  # also when the editor fails
    with shell.terminal.lent():
        shell.next_text = await shell.call(lambda: shell.editor.edit(text))


@builtin(".history", "[N|WORD]", "show the last lines, or those with a word in them", is_aside=True)
async def history(shell: Shell, words: str) -> None:
    """Show lines typed before, oldest first."""
    lines = shell.previous_lines()
    if words.isdigit():
        lines = lines[-int(words) :] if int(words) else []
    elif words:
        lines = [line for line in lines if words in line]
    await shell.show([printable(line) + "\n" for line in lines])
