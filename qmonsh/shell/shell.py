"""The shell without its keyboard: a line that was entered becomes what is sent, asked, waited for, shown.

Knows the session, the settings, what is said when. Must not know keys, menus or how a prompt is drawn:
``ask`` and ``changed`` are handed in.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from qmonsh.errors import (
    CommandError,
    InterruptError,
    LineError,
    QmonshError,
    RefusedError,
)
from qmonsh.monitor.connection import Late
from qmonsh.monitor.session import Outcome, Session
from qmonsh.render.error import render_error
from qmonsh.render.escape import one_line, printable
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap
from qmonsh.render.text import stream_text
from qmonsh.shell.events import EventReporter
from qmonsh.shell.follow import Follower, Watch
from qmonsh.shell.progress import duration, progress_line, work_words
from qmonsh.shell.reconnect import Reconnector
from qmonsh.shell.state import MachineState
from qmonsh.shell.worker import Call, Errands
from qmonsh.wire.message import Answer, ErrorReply, Event, Ignored, Message

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Facts
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.facts import FactStore
    from qmonsh.monitor.knowledge import LiveKnowledge
    from qmonsh.settings import Settings
    from qmonsh.shell.terminal import Terminal
    from qmonsh.target import Target
    from qmonsh.transcript import Transcript

T = TypeVar("T")

NOT_CONNECTED = "not connected"
#: Seconds after which a command that is not answered yet is said to be waited for.
SOON = 1.0
#: Seconds between two looks at work that goes on.
AGAIN = 1.0


class Shell:
    """One user's shell on one monitor at a time.

    To be set by the face: ``ask(question)`` puts a yes-or-no question to the user; ``changed()`` has the
    prompt drawn anew, from any thread; ``call_later(seconds, function)`` runs a function in the event loop,
    from any thread.
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
        self.state = MachineState()
        self.colour = settings.colour_for(settings.terminal.stdout)
        self.events = EventReporter(self.emit, call_later, colour=self.colour)
        self.pager = pager
        self.timing = False
        self.status: int | None = None
        #: What stands on the next prompt before the user types.
        self.next_text = ""
        self.sourcing = 0
        self.transcript: Transcript | None = None
        self.record_path = ""
        self.reconnector = Reconnector(self)
        self.errands = Errands()
        self.ask: Callable[[str], Awaitable[bool]] = _nobody
        self.changed: Callable[[], None] = lambda: None
        self.call_later = call_later
        self.listeners: list[Callable[[Event], None]] = []
        self.follower = Follower(self.say)
        self.previous_lines: Callable[[], list[str]] = list
        self._call: Call[Any] | None = None
        self._unanswered: list[tuple[str, Plan]] = []
        self._leaving = False
        self._is_stopped = False
        self._started = self._reported = 0.0
        self._previous: dict[str, Any] = {}
        self.session = self.new_session(target)

    def new_session(self, target: Target) -> Session:
        """Return a session on a target, not connected yet, that reports to this shell."""
        session = Session(
            target,
            dialect=self.settings.dialect,
            connect_timeout=self.settings.connect_timeout,
            deadline=self.settings.timeout,
            introspect=self.settings.introspect,
            observers=(self._observe,),
            tap=self._tap,
            on_late=self._report_late,
            on_lost=lambda error: self.report_lost(session, error),
        )
        return session

    # -- saying things ---------------------------------------------------------------------------

    @property
    def form(self) -> Form:
        """Return the shape of text for the terminal as it is now."""
        return Form(width=self.terminal.size[1], colour=self.colour)

    def emit(self, text: str) -> None:
        """Write sanitised text; from any thread."""
        self.terminal.emit(text)

    def say(self, text: str) -> None:
        """Write a remark of the shell, foreign text in it made visible."""
        self.emit("\n".join(wrap(printable(f"qmonsh: {text}"), self.form.width)) + "\n")

    def fail(self, error: QmonshError) -> None:
        """Write what failed and why."""
        self.emit(render_error(error, self.form))
        if self.settings.debug:
            import traceback

            self.emit(printable("".join(traceback.format_exception(error))))

    async def show(self, pieces: Iterable[str]) -> None:
        """Write text that may be long: through the pager when it is taller than the screen."""
        from qmonsh.shell import pager

        chosen = self.pager if self.settings.pager else ""
        await self.call(lambda: pager.show(self._while_wanted(pieces), self.terminal, pager=chosen))

    def _while_wanted(self, pieces: Iterable[str]) -> Iterator[str]:
        for piece in pieces:
            self.raise_if_cancelled()
            yield piece

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
            self.fail(error)
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
        started = monotonic()
        self._is_stopped = False
        try:
            await self._dispatch(self.expand(line))
        except QmonshError as error:
            self._explain_failure(error, line)
            return False
        except Exception as error:  # a defect of ours must not end the user's shell
            self._confess(error)
            return False
        finally:
            if self.timing:
                self.emit(f"took {(monotonic() - started) * 1000:.0f} ms\n")
        return True

    def _confess(self, error: Exception) -> None:
        self.say(f"internal error: {error!r} (with --debug it says where)")
        if self.settings.debug:
            import traceback

            self.emit(printable("".join(traceback.format_exception(error))))

    def expand(self, line: str) -> str:
        """Return the line with an alias of the configuration at its beginning replaced."""
        word, blank, rest = line.strip().partition(" ")
        meaning = self.settings.aliases.get(word)
        return line if meaning is None else f"{meaning}{blank}{rest}"

    async def _dispatch(self, line: str) -> None:
        if line.lstrip().startswith("."):
            from qmonsh.shell.registry import find_builtin

            command, words = find_builtin(line)
            await command.function(self, words)
            return
        topic = help_topic(line)
        if topic is not None:
            from qmonsh.shell.registry import builtins

            await builtins()[".help"].function(self, topic)
            return
        await self.run_plan(await self.plan(line))

    async def plan(self, line: str) -> Plan:
        """Return what a line becomes; asks the monitor what it must know."""
        self.raise_if_lost(line)
        try:
            return await self.call(lambda: self.session.plan(line))
        except InterruptError:  # what was waited for is a question of ours
            raise RefusedError(line, "interrupted") from None

    async def run_plan(self, plan: Plan) -> None:
        """Carry a plan out, having asked where it is dangerous, and show what came of it."""
        if not await self.allowed(plan):
            return
        if self.settings.verbose:
            self._trace(plan)
        outcome = await self.carry_out(plan)
        await self.deliver(plan, outcome)
        if plan.name == "quit":
            self.leave(0)

    async def allowed(self, plan: Plan) -> bool:
        """Return whether a plan may be carried out; raises RefusedError under --read-only."""
        if self.settings.read_only and plan.acts:
            raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
        if await self.confirmed(plan):
            return True
        self.say("nothing was sent")
        return False

    async def confirmed(self, plan: Plan) -> bool:
        """Return whether a plan may be carried out: it is harmless, or the user says so."""
        reason = plan.danger
        if not reason and plan.name in self.settings.confirm:
            reason = "your configuration says to ask first"
        if not reason or self.settings.yes:
            return True
        self.emit("\n".join(wrap(one_line(f"{plan.name}: {reason}"), self.form.width)) + "\n")
        return await self.ask(f"Go on with {one_line(plan.name)} on {one_line(self.vm_name)}?")

    async def carry_out(self, plan: Plan) -> Outcome:
        """Send a plan and wait for its outcome, showing what is waited for."""
        self._leaving = plan.name == "quit"
        begun = (self.follower.begin(step.command, step.arguments) for step in plan.steps)
        watches = [watch for watch in begun if watch is not None]
        try:
            outcome = await self.call(
                lambda: self.session.run(plan, progress=self._progress), what=plan.line.strip()
            )
        except QmonshError as error:
            self._leaving = False
            if isinstance(error, InterruptError) and error.what:
                self._unanswered.append((error.what, plan))
            else:
                self.follower.end(watches)
            raise
        finally:
            if plan.acts:
                self.session.knowledge.facts.acted()
                self.look_again()
        self._say_followed(watches)
        return outcome

    def _say_followed(self, watches: list[Watch]) -> None:
        for watch in watches:
            if self.follower.is_open(watch):
                self.say(
                    f"{watch.words}: {watch.events} will tell (Ctrl-C on an empty line stops the watching)"
                )

    def followed(self) -> str:
        """Return what events are waited for, in a few words."""
        return self.follower.words()

    def stop_following(self) -> None:
        """Wait for no event any longer; what was set going goes on."""
        for watch in self.follower.end():
            self.say(f"no longer watching for {watch.events} of {watch.words}")

    async def call(self, function: Callable[[], T], *, what: str = "") -> T:
        """Return what a blocking function returns; Ctrl-C ends its wait with InterruptError."""
        call = Call(function, self._interrupt)
        before, self._call = self._call, call
        ticker = self._tick(call, what, monotonic()) if what else None
        try:
            return await call.wait()
        finally:
            # A Ctrl-C that came with the answer still ends what goes on after it (.watch).
            self._is_stopped = self._is_stopped or call.cancelled
            self._call = before
            if ticker is not None:
                ticker()
            self.terminal.status("")

    async def sleep(self, seconds: float) -> None:
        """Wait; Ctrl-C ends it with InterruptError, a lost connection with ConnectionLostError."""
        if self._is_stopped:
            raise InterruptError()
        until = monotonic() + seconds
        bell = threading.Event()

        def doze() -> None:
            while (left := until - monotonic()) > 0:
                bell.wait(min(0.1, left))
                self.raise_if_cancelled()
                self.raise_if_lost()

        await self.call(doze)

    def raise_if_cancelled(self) -> None:
        """Raise InterruptError when Ctrl-C was pressed since the running call began; from its thread."""
        if self._call is not None and self._call.cancelled:
            raise InterruptError()

    @property
    def is_waiting(self) -> bool:
        """Return whether a call runs that Ctrl-C would end."""
        return self._call is not None and self._call.is_running

    def interrupt(self) -> None:
        """Stop waiting for what runs (Ctrl-C); in the event loop."""
        if self.terminal.is_lent:
            return
        self._is_stopped = True
        if self._call is not None:
            self._call.cancel()

    def _interrupt(self, thread: threading.Thread) -> None:
        if self.session.is_connected:
            self.session.connection.interrupt(thread)

    def _tick(self, call: Call[Any], what: str, started: float) -> Callable[[], None]:
        """Say once in a while that the answer is still waited for; returns the function that ends it."""
        over = threading.Event()
        self._reported = started

        def tick() -> None:
            if over.is_set() or self._call is not call:
                return
            now = monotonic()
            if now - self._reported >= SOON:
                waited = duration(now - started)
                self.terminal.status(
                    f"waiting for {one_line(what)[:40]}: {waited} (Ctrl-C stops the waiting)"
                )
            self.call_later(SOON, tick)

        self._started = started
        self.call_later(SOON, tick)
        return over.set

    def _progress(self, what: str, record: dict[str, Any]) -> None:
        """Show work that goes on; in the waiting thread, which it can end."""
        if self._call is not None and self._call.cancelled:
            raise InterruptError(what)
        self._reported = monotonic()
        width = self.terminal.size[1]
        self.terminal.status(progress_line(what, record, seconds=monotonic() - self._started, width=width))

    # -- results -----------------------------------------------------------------------------------

    async def deliver(self, plan: Plan, outcome: Outcome) -> None:
        """Show a result, or give it to the file or shell command that the line names."""
        if plan.output is not None:
            from qmonsh.printer import deliver

            text = "".join(self.pieces(plan, outcome, Form()))
            with self.terminal.lent():
                await self.call(lambda: deliver(text, plan))
            return
        await self.show(self.pieces(plan, outcome, self.form))

    def pieces(self, plan: Plan, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield a result as text in the chosen output format."""
        from qmonsh.render.json_text import dumps, stream_json

        if self.settings.output == "json":
            yield from stream_json(outcome.value, form)
        elif self.settings.output == "raw":
            for reply in outcome.replies:
                yield dumps(reply) + "\n"
        else:
            previous = self._previous.get(plan.line)
            self._previous = {plan.line: outcome.value}
            yield from stream_text(
                outcome.value, view=plan.view, form=form, previous=previous, options=plan.options
            )

    def _trace(self, plan: Plan) -> None:
        from qmonsh.batch import step_object
        from qmonsh.language.secrets import mask_value
        from qmonsh.render.json_text import dumps

        for step in plan.steps:
            self.say(f"-> {dumps(mask_value(step_object(step), plan.secrets))}")

    def _explain_failure(self, error: QmonshError, line: str) -> None:
        if isinstance(error, InterruptError) and error.what:
            self.say(
                f"stopped waiting for '{line.strip()}'; QEMU still carries it out, and its answer is shown "
                f"when it comes{_how_to_stop(error.what)}"
            )
            return
        if isinstance(error, InterruptError):
            self.say("interrupted")
            return
        self.fail(error)
        if isinstance(error, RefusedError) and error.reason.startswith(NOT_CONNECTED):
            self.next_text = line

    # -- the connection ------------------------------------------------------------------------------

    @property
    def vm_name(self) -> str:
        """Return the VM's name, or what it was reached by."""
        return self.state.name or short_address(self.session.target.address)

    @property
    def speaks_text(self) -> bool:
        """Return whether the monitor speaks HMP text only."""
        return self.session.is_connected and self.session.speaks_text

    def known(self) -> LiveKnowledge:
        """Return what can be asked about the monitor; raises ConnectionLostError."""
        self.raise_if_lost()
        return self.session.knowledge

    @property
    def live_facts(self) -> FactStore | None:
        """Return the facts that can be asked for, None without a connection."""
        return self.session.knowledge.facts if self.session.is_connected else None

    @property
    def facts(self) -> Facts:
        """Return what is known about the monitor."""
        facts = self.live_facts
        if facts is not None:
            return facts
        from qmonsh.complete.candidate import FrozenFacts

        return FrozenFacts()

    def raise_if_lost(self, line: str = "") -> None:
        """Raise RefusedError with advice while there is no connection."""
        if self.state.lost is not None or not self.session.is_connected:
            raise RefusedError(line or "the line", f"{NOT_CONNECTED}; .reconnect connects again")

    def connected(self) -> None:
        """Take up a new connection: its greeting now, everything else behind the prompt."""
        connection = self.session.connection
        self.state.greet(connection.greeting)
        if connection.note:
            self.say(connection.note)
        self.errands.send("identity", lambda: self.state.ask_identity(connection))
        self.look_again()

    def learn(self) -> None:
        """Have what completion and help need loaded behind the prompt, once that is up."""
        self.errands.send("knowledge", self._load_knowledge)

    def look_again(self) -> None:
        """Have the run state and the work in progress asked for behind the prompt."""
        if self.state.lost is not None or not self.session.is_connected:
            return
        connection = self.session.connection

        def look() -> None:
            self.state.ask_run_state(connection)
            over = self.state.ask_work(connection)
            if over and self._call is None:  # a command that waits for it says so itself
                self.say(over)
            self.changed()
            if work_words(self.state.jobs, self.state.migration):
                self.call_later(AGAIN, self.look_again)

        self.errands.send("look", look)

    def _load_knowledge(self) -> None:
        # What the first key needs, so that it does not wait for imports either.
        from qmonsh.complete import engine  # noqa: F401
        from qmonsh.shell.registry import builtins

        builtins()
        knowledge = self.session.knowledge
        knowledge.commands()
        knowledge.hmp_help()
        knowledge.schema()
        self.changed()

    def record(self, path: str) -> None:
        """Append every message to a file from now on, ``""`` ends it; raises UsageError."""
        from qmonsh.transcript import Transcript

        transcript = Transcript(path, self.say) if path else None
        before, self.transcript, self.record_path = self.transcript, transcript, path
        if before is not None:
            before.close()

    def leave(self, status: int) -> None:
        """End the shell with this status once the present line is done."""
        self.status = status

    def close(self) -> None:
        """End the connection and what goes on behind it; QEMU goes on."""
        self._leaving = True
        self.errands.close()
        self.session.close()
        self.events.to_file("")
        if self.transcript is not None:
            self.transcript.close()

    # -- called in the reader thread ------------------------------------------------------------------

    def _observe(self, message: Message) -> None:
        if isinstance(message, Event):
            self.events.take(message)
            self.follower.take(message)
            for listener in tuple(self.listeners):
                listener(message)
            if self.state.take(message) or message.name.startswith(("JOB_", "BLOCK_JOB_")):
                self.look_again()
            self.changed()
        elif isinstance(message, Ignored) and self.settings.verbose:
            self.say(f"ignored: {message.reason}")

    def _tap(self, direction: str, message: Any) -> None:
        transcript = self.transcript
        if transcript is not None:
            transcript(direction, message)

    def _report_late(self, command: str, reply: Late) -> None:
        found = next((entry for entry in self._unanswered if entry[0] == command), None)
        if found is None:  # a question of our own that was given up
            return
        self._unanswered.remove(found)
        line = one_line(found[1].line.strip())
        if isinstance(reply, ErrorReply):
            error = CommandError(reply.class_name, reply.description, command=command, reply=reply.raw)
            self.emit(f"late answer to '{line}':\n{render_error(error, self.form)}")
            return
        value = reply.text if isinstance(reply, Answer) else reply.value
        text = "".join(stream_text(value, view=found[1].view, form=self.form, options=found[1].options))
        self.emit(f"late answer to '{line}':{' done' if not text else ''}\n{text}")

    def report_lost(self, session: Session, error: QmonshError) -> None:
        """Say that the connection has ended."""
        if session is not self.session:  # one that was left, or never came to be
            return
        self.state.lose(error)
        if not self._leaving and self.status is None:
            if self.state.ended:
                self.say(f"the VM has ended ({self.state.ended}), and the connection with it")
            else:
                self.say(str(error))
            self.say("not connected: .reconnect connects again, Ctrl-D leaves")
            self.reconnector.start()
        self.changed()


async def _nobody(question: str) -> bool:
    """Answer for a user who is not there."""
    return False


def help_topic(line: str) -> str | None:
    """Return the topic that ``help``, ``help WORD`` or ``WORD ?`` asks about, else None."""
    words = line.split()
    if words and words[0] in ("help", "?"):
        return " ".join(words[1:])
    if len(words) > 1 and words[-1] == "?" and "=" not in line and len(words) <= 3:
        return " ".join(words[:-1])
    return "info" if words == ["info"] else None


def short_address(address: str) -> str:
    """Return the telling part of a target's address."""
    return address.rstrip("/").rpartition("/")[2] or address


def _how_to_stop(command: str) -> str:
    ways = {"migrate": "migrate_cancel", "query-migrate": "migrate_cancel"}
    return f" ({ways[command]} stops it)" if command in ways else ""
