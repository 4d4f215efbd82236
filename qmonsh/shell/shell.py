"""The shell without its keyboard: a line that was entered becomes what is sent, asked, waited for, shown.

Knows the order of things for one line. Must not know keys, menus or how a prompt is drawn, nor what the
monitor does by itself (monitor.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING

from qmonsh.errors import (
    ConnectionEndedError,
    DeadlineError,
    InterruptError,
    LineError,
    QmonshError,
    RefusedError,
)
from qmonsh.monitor.session import Outcome
from qmonsh.own_words import help_topic
from qmonsh.render.escape import one_line
from qmonsh.shell.aside import Asides
from qmonsh.shell.editor import Editor
from qmonsh.shell.monitor import NOT_CONNECTED, Monitor
from qmonsh.shell.results import Results
from qmonsh.shell.speech import Speech, quoted
from qmonsh.shell.waiting import Waiting

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.settings import Settings
    from qmonsh.shell.follow import Watch
    from qmonsh.shell.terminal import Terminal
    from qmonsh.target import Target


class Shell:
    """One user's shell; ``monitor`` is what it is on, ``waiting`` what runs, ``speech`` what it says.

    ``call_later(seconds, function)`` runs a function in the event loop, from any thread. Set by the face:
    ``ask(question)`` puts a yes-or-no question to the user, ``previous_lines()`` are those typed before.
    """

    def __init__(
        self,
        target: Target,
        settings: Settings,
        terminal: Terminal,
        *,
        call_later: Callable[[float, Callable[[], None]], None],
        pager: str = "",
    ) -> None:
        self.settings = settings
        self.terminal = terminal
        self.call_later = call_later
        self.pager = pager
        self.timing = False
        self.sourcing = 0
        self.status: int | None = None
        #: What stands on the next prompt before the user types.
        self.next_text = ""
        #: The line that could not be sent for want of a connection.
        self.kept_line = ""
        self.ask: Callable[[str], Awaitable[bool]] = _nobody
        self.previous_lines: Callable[[], list[str]] = list
        self.speech = Speech(terminal, settings)
        self.emit, self.say = self.speech.emit, self.speech.say
        self.waiting = Waiting(terminal, call_later, lambda thread: self.monitor.interrupt(thread))
        self.call = self.waiting.call
        self.asides = Asides(self)
        self.editor = Editor()
        self.results = Results(self)
        self.show, self.deliver, self.pieces = self.results.show, self.results.deliver, self.results.pieces
        self.monitor = Monitor(
            target,
            settings,
            self.speech,
            call_later=call_later,
            is_waiting=lambda: self.waiting.is_waiting,
        )

    # -- running lines ----------------------------------------------------------------------------

    async def run_text(self, text: str) -> bool:
        """Run what was entered or pasted; more than one command asks first. Returns whether all went well."""
        from qmonsh.language.reader import read_statements

        if not text.strip():
            return True
        if "\n" not in text.strip():
            return await self.run_line(text.strip())
        try:
            lines = [statement.text for statement in read_statements(text)]
        except LineError as error:
            self.speech.fail(error)
            return False
        if len(lines) > 1 and not await self.ask(f"Run these {len(lines)} commands?"):
            self.say("nothing was sent")
            return False
        return await self.run_lines(lines)

    async def run_lines(self, lines: Iterable[str]) -> bool:
        """Run commands one after another until one fails; returns whether all went well."""
        for line in lines:
            if not await self.run_line(line) or self.status is not None:
                return self.status is not None
        return True

    async def run_line(self, line: str) -> bool:
        """Run one command, say what came of it; returns whether it went well."""
        self.waiting.begin_line()
        return await self.run_aside(line)

    async def run_aside(self, line: str) -> bool:
        """Run one command as ``run_line`` does, while another runs."""
        started = monotonic()
        try:
            await self._dispatch(self.expand(line))
        except QmonshError as error:
            self._explain_failure(error, line)
            return False
        except Exception as error:  # a defect of ours must not end the user's shell
            self.speech.confess(error)
            return False
        finally:
            if self.timing:
                self.emit(f"took {(monotonic() - started) * 1000:.0f} ms\n")
        return True

    def expand(self, line: str) -> str:
        """Return the line with an alias of the configuration at its beginning replaced."""
        word, blank, rest = line.strip().partition(" ")
        meaning = self.settings.aliases.get(word)
        return line if meaning is None else f"{meaning}{blank}{rest}"

    async def _dispatch(self, line: str) -> None:
        topic = help_topic(line)
        if topic is not None:
            line = f".help {topic}"
        if line.lstrip().startswith("."):
            from qmonsh.shell.registry import find_builtin

            command, words = find_builtin(line)
            await command.function(self, words)
            return
        plan = await self.plan(line)
        self.kept_line = ""
        await self.run_plan(plan)

    async def plan(self, line: str) -> Plan:
        """Return what a line becomes; asks the monitor what it must know."""
        self.monitor.raise_if_lost(line)
        try:
            what = f"what '{quoted(line)}' means here"
            session = self.monitor.session
            understand = session.plan if self.monitor.may_ask else session.recall
            return await self.call(lambda: understand(line), what=what)
        except InterruptError:  # what was waited for is a question of ours
            raise RefusedError(line, "interrupted") from None
        except ConnectionEndedError:
            self.monitor.raise_if_lost(line)
            raise

    async def run_plan(self, plan: Plan) -> None:
        """Carry a plan out, having asked where it is dangerous, and show what came of it."""
        if self.settings.explain:
            self.explain(plan, self.settings.explain_as)
            return
        if not await self.allowed(plan):
            return
        self.monitor.raise_if_lost(plan.line)  # it may have ended while the question stood
        if self.settings.verbose:
            self._trace(plan)
        outcome = await self.carry_out(plan)
        await self.deliver(plan, outcome)
        if plan.name == "quit":
            self.leave(0)

    async def allowed(self, plan: Plan) -> bool:
        """Return whether a plan may be carried out; raises RefusedError under --read-only."""
        from qmonsh.language.confirm import reason_to_ask

        if self.settings.read_only and plan.acts:
            raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
        reason = reason_to_ask(plan, self.settings.confirm)
        if not reason or self.settings.yes:
            return True
        self.speech.warn(f"{plan.name}: {reason}")
        if await self.ask(f"Go on with {one_line(plan.name)} on {one_line(self.monitor.name)}?"):
            return True
        self.say("nothing was sent")
        return False

    async def carry_out(self, plan: Plan) -> Outcome:
        """Send a plan and wait for its outcome, showing what is waited for."""
        from qmonsh.language.beside import beside

        plan, monitor = beside(plan), self.monitor
        steps = () if plan.wait else [step for step in plan.steps if not step.wait]
        begun = (monitor.follower.begin(step.command, step.arguments) for step in steps)
        watches = [watch for watch in begun if watch is not None]
        monitor.is_left = plan.name == "quit"
        if plan.steps:
            monitor.events.mark()
        try:
            outcome = await self.call(lambda: self._send(plan, watches), what=quoted(plan.line))
        except QmonshError as error:
            monitor.is_left = False
            if isinstance(error, InterruptError | DeadlineError) and error.is_answered:
                pass  # its end is told by events and by those who look at work in progress
            elif isinstance(error, InterruptError | DeadlineError) and error.what:
                monitor.unanswered.append((error.what, plan))
            else:
                monitor.follower.answered(watches, str(error))
                self._say_followed(watches)
            raise
        finally:
            if plan.acts:
                monitor.acted()
        monitor.follower.answered(watches, None)
        self._say_followed(watches)
        return outcome

    def _send(self, plan: Plan, watches: list[Watch]) -> Outcome:
        """Carry a plan out in the waiting thread, showing how it gets on."""
        from qmonsh.shell.gauge import PATIENCE, gauged

        session, follower = self.monitor.session, self.monitor.follower
        with gauged(plan, self.monitor, self.waiting.show):
            outcome = session.run(plan, progress=self.waiting.progress)
        follower.end_idle(watches, lambda asked: session.connection.execute(asked, deadline=PATIENCE))
        return outcome

    def _say_followed(self, watches: list[Watch]) -> None:
        for watch in watches:
            if self.monitor.follower.is_open(watch):
                how = "Ctrl-C on an empty line stops the watching"
                self.say(f"{watch.words}: {watch.events} will tell ({how})")

    def _explain_failure(self, error: QmonshError, line: str) -> None:
        if isinstance(error, InterruptError) and error.what:
            then = "its end is told" if error.is_answered else "its answer is shown when it comes"
            self.say(
                f"stopped waiting for '{quoted(line)}'; QEMU still carries it out, and {then}"
                f"{_how_to_stop(error.what)}"
            )
        elif isinstance(error, InterruptError):
            self.say("interrupted")
        elif isinstance(error, ConnectionEndedError) and self.monitor.session.connection.lost is not None:
            # That it has ended is said already. (It has not when a long list turns out to be no JSON late.)
            self.say(error.outcome or f"'{quoted(line)}' ended with the connection")
        else:
            self.speech.fail(error)
        if isinstance(error, RefusedError) and error.reason.startswith(NOT_CONNECTED):
            self.kept_line = line
            # A dumb terminal would not show it.
            self.next_text = "" if self.terminal.dumb else line

    def leave(self, status: int) -> None:
        """End the shell with this status once the present line is done."""
        self.status = status
        self.monitor.is_left = True

    # -- what a line becomes -----------------------------------------------------------------------

    def explain(self, plan: Plan, style: str) -> None:
        """Show what a line becomes, in one of the forms of ``--explain-as``."""
        from qmonsh.language.explain import explain
        from qmonsh.render.escape import printable

        text = explain(plan, style, target=self.monitor.session.target.address)
        self.emit(printable(text).rstrip("\n") + "\n")
        self.say(f"{plan.way.value}{f': {plan.why}' if plan.why else ''}")
        if plan.danger:
            self.say(f"asks first: {plan.danger}")

    async def preview(self, text: str) -> None:
        """Say what QMP the typed text would become, or the last line when nothing is typed; sends nothing."""
        line = text.strip() or next(iter(self.previous_lines()[-1:]), "")
        try:
            plan = None if line.startswith(".") or not line else await self.plan(self.expand(line))
        except QmonshError as error:
            self.speech.fail(error)
            return
        if plan is None or not plan.steps:
            self.say(f"nothing is sent for '{quoted(line)}'" if line else "no line was typed yet")
        else:
            self._trace(plan)

    def _trace(self, plan: Plan) -> None:
        from qmonsh.language.explain import traced
        from qmonsh.render.json_text import dumps

        for sent in traced(plan):
            self.say(f"-> {dumps(sent)}")


async def _nobody(question: str) -> bool:
    """Answer for a user who is not there."""
    return False


def _how_to_stop(command: str) -> str:
    ways = {"migrate": "migrate_cancel", "query-migrate": "migrate_cancel"}
    return f" ({ways[command]} stops it)" if command in ways else ""
