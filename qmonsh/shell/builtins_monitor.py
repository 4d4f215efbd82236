"""The shell's own command about the VM's monitors: which there are, one more, one less."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from qmonsh.errors import CommandError, RefusedError
from qmonsh.monitor.monitors import (
    NAME,
    SUMMARY,
    USAGE,
    OwnMonitor,
    lines_to_add,
    lines_to_remove,
    named_monitor,
    new_monitor,
    rows,
)
from qmonsh.render.escape import one_line
from qmonsh.render.text import stream_text
from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell


@builtin(NAME, USAGE, SUMMARY)
async def monitor(shell: Shell, words: str) -> None:
    """List the monitors, or add or remove one."""
    verb, _, rest = words.partition(" ")
    chosen = {"list": _list, "": _list, "add": _add, "del": _remove}.get(verb)
    if chosen is None:
        raise wrong_usage(NAME, f"'{verb}' is none of list, add, del")
    shell.monitor.raise_if_lost(f"{NAME} {words}".rstrip())
    await chosen(shell, rest.strip())


async def _list(shell: Shell, rest: str) -> None:
    connection = shell.monitor.session.connection
    found = await shell.call(lambda: rows(connection))
    if not found:
        shell.say("this monitor does not tell of others, nor can its process be seen from here")
        return
    await shell.show(stream_text(found, form=shell.speech.form))


async def _add(shell: Shell, rest: str) -> None:
    connection = shell.monitor.session.connection
    made: OwnMonitor = await shell.call(lambda: new_monitor(connection, rest))
    first, second = lines_to_add(made, is_text=shell.monitor.speaks_text)
    await _do(shell, first)
    try:
        await _do(shell, second)
    except CommandError:
        await _do(shell, lines_to_remove(made, is_text=shell.monitor.speaks_text)[1])
        raise
    if not shell.settings.explain:
        shell.say(f"another monitor listens there: qmonsh {one_line(shlex.quote(made.path))}")
        shell.say(f"{NAME} del {made.id} removes it")


async def _remove(shell: Shell, rest: str) -> None:
    connection = shell.monitor.session.connection
    chosen: OwnMonitor = await shell.call(lambda: named_monitor(connection, rest))
    if not await _may_go(shell, chosen):
        shell.say("nothing was sent")
        return
    for line in lines_to_remove(chosen, is_text=shell.monitor.speaks_text):
        await _do(shell, line, is_judged=True)
    if not shell.settings.explain:
        shell.say(f"{chosen.id} at {one_line(chosen.address)} is removed")


async def _may_go(shell: Shell, chosen: OwnMonitor) -> bool:
    """Return whether a monitor may be removed; asks when somebody would miss it."""
    reason = chosen.why_not_to_go()
    if not reason or shell.settings.yes or shell.settings.explain:
        return True
    shell.speech.warn(one_line(reason))
    return await shell.ask(f"Remove {one_line(chosen.id)}?")


async def _do(shell: Shell, line: str, *, is_judged: bool = False) -> None:
    """Carry out a line of ours as one of the user's: asked, recorded, explained, refused.

    What ``is_judged`` is known to be harmless, or the user has agreed: only the configuration asks.
    """
    plan = await shell.plan(line)
    if is_judged:
        plan = plan._replace(danger="")
    if shell.settings.explain:
        shell.explain(plan, shell.settings.explain_as)
        return
    if not await shell.allowed(plan):
        raise RefusedError(plan.name, "it was not confirmed")
    await shell.carry_out(plan)
