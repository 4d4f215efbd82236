"""The shell's own commands that show something: help, jobs, the VM's screen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qmonsh.errors import UsageError
from qmonsh.render.escape import one_line
from qmonsh.shell.registry import builtin, builtins, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell


@builtin(
    ".help",
    "[WORD]",
    "help on a command, an info word, an event, a device (also: help WORD, WORD ?)",
    is_aside=True,
)
async def show_help(shell: Shell, words: str) -> None:
    """Show help on a topic, or what there is help on."""
    from qmonsh.help.topic import find_help, find_more, overview

    if not words:
        text = await shell.call(lambda: overview(shell.monitor.known(), builtins(), shell.speech.form))
        await shell.show([text])
        return
    text = await shell.call(lambda: find_help(words, shell.monitor.known(), builtins(), shell.speech.form))
    if not text:
        from qmonsh.help.topic import topics
        from qmonsh.qapi.nearest import nearest

        near = nearest(words, topics(shell.monitor.known(), builtins()))
        raise UsageError(
            f"there is no help on '{one_line(words)}'",
            advice=f"did you mean '{near}'?" if near else f".apropos {one_line(words)} searches all help",
        )
    more = await shell.call(lambda: find_more(words, shell.monitor.known(), shell.speech.form))
    await shell.show([text, more])


@builtin(".apropos", "WORD", "search names and descriptions", is_aside=True)
async def apropos(shell: Shell, words: str) -> None:
    """Show every command, info word, event and device whose name or description has the word."""
    from qmonsh.help.topic import search

    if not words:
        raise wrong_usage(".apropos", "a word is needed")
    text = await shell.call(lambda: search(words, shell.monitor.known(), builtins(), shell.speech.form))
    await shell.show([text or f"nothing has '{one_line(words)}' in its name or description\n"])


@builtin(".jobs", "", "jobs, the migration and the dump in progress", is_aside=True)
async def jobs(shell: Shell, words: str) -> None:
    """Show what goes on in the VM, and what was set going here and is still waited for."""
    from qmonsh.shell.progress import work_words

    monitor, state = shell.monitor, shell.monitor.state
    monitor.raise_if_lost()
    if not monitor.may_ask:
        shell.say("the monitor is busy: this is what it said last")
        others = state.work() or "nothing goes on"
    elif monitor.speaks_text:
        await shell.run_line("info block-jobs")
        return
    else:
        await _show_jobs(shell)
        monitor.look_again()
        others = work_words([], state.migration, state.dump, state.paces)
    if others:
        shell.say(others)
    for line in [*monitor.session.connection.in_flight()]:
        shell.say(f"not answered yet: {one_line(line)}")
    if monitor.follower.words():
        shell.say(f"events are waited for: {monitor.follower.words()}")


async def _show_jobs(shell: Shell) -> None:
    for command in ("query-jobs", "query-block-jobs"):
        if command in await shell.call(shell.monitor.known().commands):
            plan = await shell.plan(command)
            outcome = await shell.carry_out(plan)
            if outcome.value or command == "query-block-jobs":
                await shell.show(shell.pieces(plan, outcome, shell.speech.form))
            else:
                shell.say("there are no jobs")
            break


@builtin(".screen", "[DEVICE]", "show the VM's screen in the terminal")
async def screen(shell: Shell, words: str) -> None:
    """Show the VM's screen with half blocks (letters on a terminal without colours)."""
    from qmonsh.shell.screen import draw
    from qmonsh.shell.screenshot import take_picture

    shell.monitor.raise_if_lost()
    connection = shell.monitor.session.connection
    picture = await shell.call(lambda: take_picture(connection, words), what="screendump")
    rows, columns = shell.terminal.size
    colours = 0 if not shell.speech.colour else 256
    if colours and os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        colours = 1 << 24
    lines = list(draw(picture, columns=columns, rows=max(rows - 3, 5), colours=colours))
    shell.emit("\n".join(lines) + "\n")
    shell.say(f"{picture.width} x {picture.height} pixels")
