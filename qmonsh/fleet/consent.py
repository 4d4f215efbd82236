"""Whether a dangerous line may be carried out: asked once for all monitors, before any of them gets it.

A line for one monitor is typed where that monitor is named; a line for a fleet hits whatever a pattern stood
for that day. So ``each`` asks with the names on a terminal; a script is not asked (DESIGN section 10). Knows
which settings decide, and how to ask without holding up the event loop. Must not know how plans are carried
out.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from qmonsh import streams
from qmonsh.errors import RefusedError
from qmonsh.language.confirm import reason_to_ask
from qmonsh.render.escape import one_line
from qmonsh.render.layout import wrap

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.settings import Settings

#: What the reason for ``quit`` says of the shell, which is none here.
OF_THE_SHELL = "; Ctrl-D leaves this shell"

#: Puts a question and returns the typed answer, "" at the end of input.
Ask = Callable[[str], Awaitable[str]]


class Consent:
    """The one answer to the one question; ``names`` tells, when it is asked, whom the line would reach."""

    def __init__(self, settings: Settings, *, names: Callable[[], Awaitable[str]], ask: Ask) -> None:
        self._settings = settings
        self._names = names
        self._ask = ask
        self._answer: asyncio.Future[bool] | None = None

    @property
    def may_ask(self) -> bool:
        """Whether there is somebody to ask who wants to be asked."""
        terminal = self._settings.terminal
        return terminal.stdin and terminal.stderr and not self._settings.yes

    async def require(self, plan: Plan) -> bool:
        """Return whether it was asked, when the plan may be carried out; raises RefusedError when not."""
        reason = reason_to_ask(plan, self._settings.confirm).removesuffix(OF_THE_SHELL)
        if not reason or not self.may_ask:
            return False
        if self._answer is None:
            self._answer = asyncio.ensure_future(self._put(plan.name, reason))
        # One monitor that gives up (Ctrl-C reaches all of them) must not take the answer from the others.
        if not await asyncio.shield(self._answer):
            raise RefusedError(plan.name, "you said no")
        return True

    async def _put(self, name: str, reason: str) -> bool:
        names = await self._names()
        said = (f"{one_line(name)}: {one_line(reason)}", f"Go on with {one_line(name)} on {names}? [y/N]:")
        lines = (line for text in said for line in wrap(text, streams.columns()))
        return (await self._ask("\n".join(lines) + " ")).strip().lower() in ("y", "yes")

    def close(self) -> None:
        """Forget a question that was not answered."""
        if self._answer is not None:
            self._answer.cancel()


async def ask_on_terminal(question: str) -> str:
    """Return the line typed on stdin, which is a terminal, in answer to a question on stderr."""
    sys.stderr.write(question)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    fd = sys.stdin.fileno()

    def read() -> None:
        loop.remove_reader(fd)
        try:
            # A terminal gives whole lines, and nothing for Ctrl-D.
            line = os.read(fd, 4096).decode("utf-8", "replace")
        except OSError:
            line = ""
        if not line.endswith("\n"):
            sys.stderr.write("\n")
        if not typed.done():
            typed.set_result(line)

    loop.add_reader(fd, read)
    try:
        return await typed
    finally:
        loop.remove_reader(fd)
