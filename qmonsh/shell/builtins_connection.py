"""The shell's own commands about the connection."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell


@builtin(".exit", "", "leave the shell; the VM goes on (Ctrl-D does the same)")
async def leave(shell: Shell, words: str) -> None:
    """Leave the shell."""
    shell.leave(0)


@builtin(".quit", "", "the same as .exit; `quit` without the dot ends the VM")
async def leave_too(shell: Shell, words: str) -> None:
    """Leave the shell."""
    shell.leave(0)


@builtin(".connect", "TARGET", "connect to another monitor")
async def connect(shell: Shell, words: str) -> None:
    """Leave this monitor for another one, once that has greeted."""
    from qmonsh.discover import located
    from qmonsh.target import parse_target, parse_words, with_credentials

    if not words:
        raise wrong_usage(".connect", "a target is needed")
    named = shell.settings.targets.get(words)
    if named is not None:
        target = parse_target(named)
    else:
        parsed, _ = parse_words(words.split())
        target = parsed if parsed is not None else parse_target(words)
    # A VM's name may turn out to be a tls:// address, whose credentials the configuration has.
    target = await shell.call(lambda: located(target))
    await shell.monitor.reconnector.to(with_credentials(target, shell.settings.tls), shell.waiting)
    shell.next_text = shell.kept_line


@builtin(".reconnect", "", "connect to the same monitor again")
async def reconnect(shell: Shell, words: str) -> None:
    """Connect again, with nothing remembered."""
    await shell.monitor.reconnector.again(shell.waiting)
    shell.next_text = shell.kept_line


@builtin(".record", "FILE|off", "append every message of both directions to a file")
async def record(shell: Shell, words: str) -> None:
    """Begin or end a transcript; without words say which."""
    before = shell.monitor.transcript
    if not words:
        shell.say(f"recording to {shell.monitor.record_path}" if before else "nothing is recorded")
        return
    shell.monitor.record("" if words == "off" else os.path.expanduser(words))
    shell.say(
        f"recording to {shell.monitor.record_path}"
        if shell.monitor.transcript
        else "nothing is recorded any more"
    )
