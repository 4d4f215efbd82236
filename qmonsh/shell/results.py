"""The results of a shell's lines: through the pager, or to the file or program that the line names.

Knows the chosen form of results, and what the same question was answered before. Must not know how a result
came to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from qmonsh.render.form import Form, Previous
from qmonsh.shell.speech import quoted

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.session import Outcome, Session
    from qmonsh.shell.shell import Shell

#: How a program ends that Ctrl-C ended: by the signal, or with the status by which shells pass it on.
_INTERRUPTED = (-2, 130)


class Results:
    """Shows the results of a shell's lines."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        #: What questions were answered before, to which session and when, for the views that show rates.
        self._previous: dict[str, tuple[Session, Any, float]] = {}

    async def show(self, pieces: Iterable[str]) -> None:
        """Write text that may be long: through the pager when it is taller than the screen."""
        from qmonsh.shell import pager

        shell = self._shell
        # A pager beside a command that runs would be given its keys, too.
        chosen = shell.pager if shell.settings.pager and shell.monitor.may_ask else ""
        await shell.call(lambda: pager.show(self._while_wanted(pieces), shell.terminal, pager=chosen))

    def _while_wanted(self, pieces: Iterable[str]) -> Iterator[str]:
        for piece in pieces:
            self._shell.waiting.raise_if_cancelled()
            yield piece

    async def deliver(self, plan: Plan, outcome: Outcome) -> None:
        """Show a result, or give it to the file or shell command that the line names."""
        shell = self._shell
        if plan.output is None:
            await self.show(self.pieces(plan, outcome, shell.speech.form))
            return
        from qmonsh.printer import deliver

        pieces = self.pieces(plan, outcome, Form())
        with shell.terminal.lent():
            status = await shell.call(lambda: deliver(pieces, plan))
        if status:
            # The terminal shows ^C where the command was; what comes next begins a line of its own.
            shell.emit("\n" if status in _INTERRUPTED else "")
            how = f"signal {-status} ended it" if status < 0 else f"it ended with status {status}"
            shell.say(f"{quoted(plan.output.operand)}: {how}")

    def pieces(self, plan: Plan, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield a result as text in the chosen output format."""
        from qmonsh.render.json_text import stream_dumps, stream_json

        if self._shell.settings.output == "json":
            yield from stream_json(outcome.value, form)
        elif self._shell.settings.output == "raw":
            for reply in outcome.replies:
                yield from stream_dumps(reply)
        else:
            from qmonsh.render.text import stream_text

            previous = self._since_before(plan, outcome.value)
            yield from stream_text(
                outcome.value, view=plan.view, form=form, previous=previous, options=plan.options
            )

    def _since_before(self, plan: Plan, value: Any) -> Previous | None:
        """Return what the same question was answered before on this connection, and keep the answer of now.

        Wherever the answers went: ``info blockstats | cat`` asks the same.
        """
        from qmonsh.render.views import compares

        if not compares(plan.view):
            return None
        session, now = self._shell.monitor.session, monotonic()
        asked = repr([(step.command, step.arguments) for step in plan.steps])
        before = self._previous.get(asked)
        self._previous[asked] = session, value, now
        if before is None or before[0] is not session:
            return None
        return Previous(before[1], now - before[2])
