"""Lines that are answered while a command runs: help and what else needs no monitor, for it is silent then.

Knows which lines these are, and that they come one after another. Must not know keys.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from qmonsh.errors import QmonshError
from qmonsh.own_words import help_topic

if TYPE_CHECKING:
    from asyncio import Task

    from qmonsh.shell.shell import Shell


class Asides:
    """The lines of a shell that are answered while it waits for another.

    ``announce(line)``, set by the face, shows the line above its answer.
    """

    def __init__(self, shell: Shell) -> None:
        self.announce: Callable[[str], None] = lambda line: None
        self._shell = shell
        self._lines: deque[str] = deque()
        self._task: Task[None] | None = None

    def wanted(self, line: str, before: Sequence[str]) -> bool:
        """Return whether a line is one of these, and no part of a statement begun in the lines ``before``."""
        return is_aside(self._shell.expand(line).strip()) and not _begun(before)

    def put(self, line: str) -> None:
        """Answer a line as soon as those before it are answered; in the event loop."""
        from asyncio import get_running_loop

        self._lines.append(line)
        if self._task is None or self._task.done():
            self._task = get_running_loop().create_task(self._run())

    async def settle(self) -> None:
        """Wait until all are answered."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        monitor = self._shell.monitor
        monitor.may_ask = False
        try:
            while self._lines:
                line = self._lines.popleft()
                self.announce(line)
                await self._shell.run_aside(line)
        finally:
            monitor.may_ask = True


def _begun(lines: Iterable[str]) -> str:
    """Return the statement that lines leave open, ``""`` when they are complete."""
    from qmonsh.language.reader import is_complete

    begun = ""
    for line in lines:
        begun = f"{begun}\n{line}".lstrip()
        if is_complete(begun):
            begun = ""
    return begun


def is_aside(line: str) -> bool:
    """Return whether a line can be answered without asking the monitor, and changes nothing."""
    if help_topic(line) is not None:
        return True
    if not line.startswith("."):
        return False
    from qmonsh.shell.registry import find_builtin

    try:
        return find_builtin(line)[0].is_aside
    except QmonshError:
        return False
