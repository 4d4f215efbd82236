"""Lines of one-shots and scripts: each is run, its result printed, the worst status kept; asks nothing.

Knows the order of output, what stops a script and what --json promises (DESIGN sections 1 and 10). Must
not know where lines come from (one_shot.py) or how options are spelled, nor import prompt_toolkit, pygments
or asyncio.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from qmonsh.ahead import is_single, next_question
from qmonsh.errors import (
    ConnectionLostError,
    InterruptError,
    LineError,
    QmonshError,
    RefusedError,
    UsageError,
)
from qmonsh.monitor.recent import RecentEvents
from qmonsh.monitor.session import Outcome, Session
from qmonsh.own_words import help_topic
from qmonsh.printer import OutputClosed, Printer, reserve
from qmonsh.script import Line, Statements

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.waiting import EventWatch
    from qmonsh.settings import Settings
    from qmonsh.transcript import Transcript


class Batch:
    """Runs lines on a session and keeps the worst status."""

    def __init__(self, session: Session, printer: Printer, settings: Settings) -> None:
        self.session = session
        self.printer = printer
        self.settings = settings
        self.transcript: Transcript | None = None
        session.is_retold = False
        self.status = 0
        #: QEMU was told to quit; the script was told to end.
        self.ended = self.left = False
        self.timing = False
        #: How many scripts are being read, one by the other.
        self.sourcing = 0
        self.recent = RecentEvents()
        #: What is being read, for a look at what comes next.
        self._statements = Statements()

    def run(self, statements: Statements) -> int:
        """Run statements until one fails (all of them with --keep-going); returns the exit status.

        What follows ``quit`` fails, as nobody is there to do it; but where reading it would wait for a pipe,
        that is the end.
        """
        outer, self._statements = self._statements, statements
        try:
            for line in statements:
                self._run_statement(line)
                if self.left or self.status == InterruptError.status:
                    break
                if self.ended and statements.would_wait():
                    break
                if self.status and not self.settings.keep_going:
                    break
        finally:
            self._statements = outer
        return self.status

    def _run_statement(self, line: Line | LineError) -> None:
        """Run one statement and report its failure."""
        try:
            if isinstance(line, LineError):
                raise line
            if self.ended:
                raise ConnectionLostError("QEMU was told to quit, so this line was not sent")
            self.run_line(line)
        except QmonshError as error:
            if self.printer.closed and isinstance(error, InterruptError):
                self.status = error.status  # what was sent is carried out, but nobody learns how it ended
                raise OutputClosed from None
            self._fail(error, line)
        finally:
            self.printer.release()

    def wait(self, watch: EventWatch, event: str, match: dict[str, str]) -> int:
        """Wait for the event of --wait, print it, and return the exit status."""
        try:
            self._wait(watch, event, match, self.settings.timeout)
        except QmonshError as error:
            self._fail(error, Line(""))
        return self.status

    def wait_for(self, event: str, match: dict[str, str], seconds: float | None) -> None:
        """Wait for an event that came since the last command was sent, or will come, and print it.

        ``seconds`` None is no limit. Raises DeadlineError, InterruptError, ConnectionLostError.
        """
        watch = event_watch()
        watch.start()
        end = self.session.connection.observe(watch)
        try:
            # What comes at this moment is counted twice: the first is the one that is waited for.
            for seen in self.recent.since_mark():
                watch(seen)
            self._wait(watch, event, match, seconds)
        finally:
            end()

    def _wait(self, watch: EventWatch, event: str, match: dict[str, str], seconds: float | None) -> None:
        from qmonsh.monitor.waiting import raise_if_eventless

        connection = self.session.connection
        raise_if_eventless(connection)

        def alive() -> None:
            self.printer.release()
            if self.printer.closed:
                raise OutputClosed
            if connection.lost is not None:
                raise connection.lost

        try:
            seen = watch.wait(event, match, seconds=seconds, alive=alive)
        except KeyboardInterrupt:
            raise InterruptError() from None
        if not self.settings.events:
            self.printer.event(seen)

    def record(self, path: str) -> None:
        """Append every message to a file from now on, ``""`` ends it; raises UsageError."""
        transcript = None
        if path:
            from qmonsh.transcript import Transcript

            transcript = Transcript(path, self.printer.say)
        before, self.transcript = self.transcript, transcript
        self.session.is_retold = transcript is not None
        if before is not None:
            before.close()

    def tap(self, direction: str, message: Any, own: bool) -> None:
        """Take a message of either direction, as it is on the wire; ``own`` is a question of ours."""
        if direction == "sent":
            self.printer.release()
        if self.transcript is not None:
            self.transcript(direction, message, own)

    def run_line(self, line: Line) -> None:
        """Run a statement and print what came of it; raises QmonshError."""
        started = monotonic()
        try:
            if not self._run_own(line):
                self._run_command(line)
        finally:
            if self.timing:
                self.say_time(started)

    def say_time(self, started: float) -> None:
        """Say on stderr how long a line took that began at ``started`` (monotonic seconds)."""
        self.printer.say(f"took {(monotonic() - started) * 1000:.0f} ms")

    def _run_own(self, line: Line) -> bool:
        """Run a line that is qmonsh's own to answer (``.word``, help); returns whether it was."""
        if line.text.lstrip().startswith("."):
            from qmonsh.script_words import run_word

            run_word(self, line)
            return True
        topic = help_topic(line.text)
        if topic is None:
            return False
        from qmonsh.script_words import show_help

        show_help(self, topic, line)
        return True

    def _run_command(self, line: Line) -> None:
        plan = self.session.plan(line.text)
        if self.settings.explain:
            self.explain(plan, self.settings.explain_as)
            return
        if self.settings.read_only and plan.acts:
            raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
        if self.settings.verbose:
            self._trace(plan)
        file = reserve(plan)
        try:
            outcome = self._carry_out(plan)
            self._piped(line, plan, self.printer.result(plan, outcome, file))
        finally:
            if file is not None:
                file.close()
        if plan.name == "quit":
            self.ended = True

    def _carry_out(self, plan: Plan) -> Outcome:
        """Return what a plan came to; raises as ``Session.run``."""
        try:
            return self._send_and_receive(plan)
        except KeyboardInterrupt:  # when the command was sent, and is not waited for yet
            raise InterruptError(plan.steps[0].command if plan.steps else "") from None

    def _send_and_receive(self, plan: Plan) -> Outcome:
        """Return what a plan came to; the next line is read while QEMU works, and sent as early as may be."""
        if not self.session.is_sent(plan):
            self.recent.mark()
            if not is_single(plan) or self.transcript is not None:
                return self.session.run(plan, progress=None)
            self.session.send(plan)
        upcoming = self._upcoming()
        is_early = upcoming is not None and not plan.acts and self.session.is_brief(plan)
        if upcoming is not None and is_early:
            self._send_early(upcoming)
        outcome = self.session.run(plan, progress=None)
        if upcoming is not None and not is_early and self.session.connection.is_at_ease:
            self._send_early(upcoming)
        return outcome

    def _upcoming(self) -> Plan | None:
        """Return the plan of the next line when it may be sent before its turn.

        What is reported among the results (events, -v, times) and the recorded order keep their places:
        nothing is sent early then.
        """
        settings = self.settings
        if settings.events or settings.verbose or self.timing or self.transcript is not None:
            return None
        return next_question(self._statements, self.session)

    def _send_early(self, plan: Plan) -> None:
        self.recent.mark()
        try:
            self.session.send(plan)
        except InterruptError:
            raise
        except QmonshError:
            return  # its turn finds out

    def _piped(self, line: Line, plan: Plan, status: int) -> None:
        """Say that the shell command behind ``|`` failed: as in a shell's pipe, the line failed with it.

        It had the result, so no document of ours follows on stdout.
        """
        if status == 0 or plan.output is None:
            return
        how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
        origin = f"{line.origin}: " if line.origin else ""
        self.printer.say(f"{origin}'{plan.output.operand}' {how}")
        self.status = max(self.status, 1)

    def explain(self, plan: Plan, style: str) -> None:
        """Print what a line becomes, as QMP or in another form (settings.EXPLAINED_AS)."""
        from qmonsh.language.explain import explain
        from qmonsh.render.escape import printable

        text = explain(plan, style, target=self.session.target.address)
        # A line that sends nothing (cpu N) becomes no object; there is one document a line all the same.
        # What the words of other languages let pass, a terminal may not: both spell \\u202e the same way.
        self.printer.text(printable(text) if text else "null")
        if plan.why and self.settings.output == "text":
            self.printer.say(f"{plan.way.value}: {plan.why}")

    def _trace(self, plan: Plan) -> None:
        from qmonsh.language.explain import traced
        from qmonsh.render.json_text import dumps

        for sent in traced(plan):
            self.printer.say(f"-> {dumps(sent)}")

    def _fail(self, error: QmonshError, line: Line | LineError) -> None:
        if isinstance(line, Line) and line.origin and not getattr(error, "origin", ""):
            error.origin = line.origin  # type: ignore[attr-defined]
        self.printer.failure(error)
        self.status = max(self.status, error.status)


def event_watch() -> EventWatch:
    """Return a watch for --wait or .wait; its module is loaded for those only."""
    from qmonsh.monitor.waiting import EventWatch

    return EventWatch()


def parse_wait(text: str) -> tuple[str, dict[str, str]]:
    """Return the event name and the wanted data of ``--wait EVENT[,key=value...]``; raises UsageError."""
    name, *pairs = text.split(",")
    match = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--wait {text}: '{pair}' is not key=value")
        match[key] = value
    if not name:
        raise UsageError("--wait needs an event name", advice="for example --wait STOP")
    return name.strip().upper(), match
