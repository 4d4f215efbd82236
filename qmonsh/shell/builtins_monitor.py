"""The shell's own command about the VM's monitors: which there are, one more, one less."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, LineError, RefusedError
from qmonsh.render.escape import one_line
from qmonsh.render.text import stream_text
from qmonsh.shell.monitors import Monitors, OwnMonitor, ask_monitors, lines_to_add, lines_to_remove
from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

NAME = ".monitor"
#: Kinds of targets whose process the kernel's tables can tell.
_SEEN = ("unix", "abstract", "tcp", "tls")


@builtin(NAME, "list|add PATH|del MONITOR", "which monitors the VM has; one more, one less (11.1 on)")
async def monitor(shell: Shell, words: str) -> None:
    """List the monitors, or add or remove one."""
    verb, _, rest = words.partition(" ")
    chosen = {"list": _list, "": _list, "add": _add, "del": _remove}.get(verb)
    if chosen is None:
        raise wrong_usage(NAME, f"'{verb}' is none of list, add, del")
    shell.monitor.raise_if_lost(f"{NAME} {words}".rstrip())
    await chosen(shell, rest.strip())


async def _list(shell: Shell, rest: str) -> None:
    found = await _ask(shell)
    rows = [_row(one) for one in found.found] if found is not None else await shell.call(lambda: _seen(shell))
    if not rows:
        shell.say("this QEMU does not tell its monitors, nor can its process be seen from here")
        return
    await shell.show(stream_text(rows, form=shell.speech.form))


async def _add(shell: Shell, rest: str) -> None:
    path = _path(shell, rest)
    found = await _ask(shell)
    if found is None:
        raise RefusedError(f"{NAME} add", await shell.call(lambda: _why_none(shell)))
    id = found.new_id()
    first, second = lines_to_add(path, id, is_text=shell.monitor.speaks_text)
    await _do(shell, first)
    try:
        await _do(shell, second)
    except CommandError:
        await _do(shell, lines_to_remove(_made(id, path), is_text=shell.monitor.speaks_text)[1])
        raise
    if not shell.settings.explain:
        shell.say(f"another monitor listens there: qmonsh {one_line(shlex.quote(path))}")
        shell.say(f"{NAME} del {id} removes it")


async def _remove(shell: Shell, rest: str) -> None:
    if not rest:
        raise wrong_usage(NAME, "name the monitor: its id or its path")
    found = await _ask(shell)
    if found is None:
        raise RefusedError(f"{NAME} del", "the monitors of this QEMU stay as long as it runs")
    words = {rest, os.path.abspath(os.path.expanduser(rest))}
    chosen = next((one for one in found.found if any(one.is_called(word) for word in words)), None)
    if chosen is None:
        raise LineError(f"there is no monitor '{rest}'", line="", expected=[one.id for one in found.found])
    if not await _may_go(shell, chosen):
        shell.say("nothing was sent")
        return
    for line in lines_to_remove(chosen, is_text=shell.monitor.speaks_text):
        await _do(shell, line)
    if not shell.settings.explain:
        shell.say(f"{chosen.id} at {one_line(chosen.address)} is removed")


async def _may_go(shell: Shell, chosen: OwnMonitor) -> bool:
    """Return whether a monitor may be removed; asks when somebody would miss it."""
    if chosen.is_taken:
        reason = f"somebody is connected to {chosen.address}, and would lose the connection"
    elif not chosen.is_ours:
        reason = f"{chosen.id} was there from the start, other programs may count on it"
    else:
        return True
    if shell.settings.yes or shell.settings.explain:
        return True
    shell.speech.warn(one_line(reason))
    return await shell.ask(f"Remove {one_line(chosen.id)}?")


def _path(shell: Shell, rest: str) -> str:
    """Return where the new monitor shall listen; QEMU would take away a file that is there."""
    if not rest:
        raise wrong_usage(NAME, "name the path of the new monitor's socket")
    if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'":
        rest = rest[1:-1]
    if shell.monitor.session.connection.peer_pid is None:
        if not rest.startswith("/"):
            raise wrong_usage(NAME, "that QEMU is not seen from here: give a whole path, as it is over there")
        return rest
    path = os.path.abspath(os.path.expanduser(rest))
    if os.path.lexists(path):
        raise RefusedError(f"{NAME} add", f"there is something at {path} already")
    return path


async def _ask(shell: Shell) -> Monitors | None:
    """Return the VM's monitors; a monitor that does not know the questions has no such objects."""
    connection = shell.monitor.session.connection
    if connection.dialect == "agent":
        raise RefusedError(NAME, "this is a guest agent, and no monitor")
    try:
        found: Monitors | None = await shell.call(lambda: ask_monitors(connection))
    except CommandError:
        return None
    return found


async def _do(shell: Shell, line: str) -> None:
    """Carry out a line of ours as one of the user's: asked, recorded, explained, refused."""
    plan = await shell.plan(line)
    if shell.settings.explain:
        shell.explain(plan, shell.settings.explain_as)
        return
    if not await shell.allowed(plan):
        raise RefusedError(plan.name, "it was not confirmed")
    await shell.carry_out(plan)


def _made(id: str, path: str) -> OwnMonitor:
    return OwnMonitor(id, "qmp", id, path, False)


def _row(one: OwnMonitor) -> dict[str, str]:
    use = "in use" if one.is_taken else "free"
    return {"monitor": one.id, "dialect": one.dialect, "address": one.address, "use": use}


def _seen(shell: Shell) -> list[dict[str, Any]]:
    """Return the monitors of a QEMU of this host, as its process shows them."""
    from qmonsh.discover import machines

    pid = _pid(shell)
    found = machines(pids=[pid]) if pid is not None else []
    return [
        {
            "dialect": one.dialect,
            "address": one.address,
            "use": "free" if one.is_free else "in use" if one.is_busy else "not to be connected to",
        }
        for machine in found
        for one in machine.monitors
    ]


def _pid(shell: Shell) -> int | None:
    """Return the process at the other end: who listens there, as another may have made the socket for it."""
    from qmonsh.transport import holder

    connection = shell.monitor.session.connection
    target = connection.target
    found = holder.presence(target, connected=True) if target and target.scheme in _SEEN else None
    return found.listener.pid if found and found.listener else connection.peer_pid


def _why_none(shell: Shell) -> str:
    """Return why no monitor can be added, and which other ones there are."""
    reason = (
        "a monitor can be added while QEMU runs since 11.1; to this one a chardev could be added, but nothing"
        " that makes it a monitor"
    )
    free = [row["address"] for row in _seen(shell) if row["use"] == "free"]
    return f"{reason}. It has a free one: {', '.join(free)}" if free else reason
