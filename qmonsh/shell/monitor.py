"""The monitor that the shell is on: its session, what is known of it, what it says by itself.

Knows events, late answers, the end of a connection, and what is asked behind the prompt. Must not know lines,
keys or how a result is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, QmonshError, RefusedError
from qmonsh.monitor.incoming import Late
from qmonsh.monitor.session import Session
from qmonsh.shell.events import EventReporter
from qmonsh.shell.follow import Follower
from qmonsh.shell.reconnect import Reconnector
from qmonsh.shell.speech import quoted
from qmonsh.shell.state import MachineState
from qmonsh.shell.worker import Errands
from qmonsh.wire.message import Answer, ErrorReply, Event, Ignored, Message

if TYPE_CHECKING:
    import threading

    from qmonsh.complete.candidate import Facts
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.facts import FactStore
    from qmonsh.monitor.knowledge import LiveKnowledge
    from qmonsh.settings import Settings
    from qmonsh.shell.speech import Speech
    from qmonsh.target import Target
    from qmonsh.transcript import Transcript

NOT_CONNECTED = "not connected"
#: Seconds between two looks at work that goes on.
AGAIN = 1.0


class Monitor:
    """The monitor of a shell, through all connections to it (and to others: ``.connect``).

    ``changed()``, set by the face, has the prompt drawn anew; ``is_waiting()`` tells whether a command of
    the user's runs; ``is_left`` is set when the shell is left, or by a ``quit`` that was confirmed: the end
    of the connection is no news then.
    """

    def __init__(
        self,
        target: Target,
        settings: Settings,
        speech: Speech,
        *,
        call_later: Callable[[float, Callable[[], None]], None],
        is_waiting: Callable[[], bool],
    ) -> None:
        self.settings = settings
        self.speech = speech
        self.call_later = call_later
        self.state = MachineState()
        self.errands = Errands(confess=speech.confess)
        self.events = EventReporter(speech.emit, call_later, colour=speech.colour)
        self.follower = Follower(speech.say)
        self.reconnector = Reconnector(self)
        self.changed: Callable[[], None] = lambda: None
        self.is_left = False
        #: False while a line is answered beside another that waits for the monitor.
        self.may_ask = True
        #: The process that the monitor belongs to, where that can be told.
        self.process: int | None = None
        self.transcript: Transcript | None = None
        self.record_path = ""
        #: Commands whose answers nobody waits for any more, and the plans they belong to.
        self.unanswered: list[tuple[str, Plan]] = []
        self._is_waiting = is_waiting
        self.session = self.new_session(target)

    def new_session(self, target: Target) -> Session:
        """Return a session on a target, not connected yet, that reports here."""
        self.events.mark()  # those of another connection are not waited for
        session = Session(
            target,
            dialect=self.settings.dialect,
            connect_timeout=self.settings.connect_timeout,
            max_reply=self.settings.max_reply << 20,
            max_depth=self.settings.max_depth,
            deadline=self.settings.timeout,
            introspect=self.settings.introspect,
            observers=(self._observe,),
            tap=self._tap,
            on_late=self._report_late,
            on_lost=lambda error: self.report_lost(session, error),
            careful=True,
        )
        return session

    # -- what is known ---------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Return the VM's name, or what it was reached by."""
        return self.state.name or short_address(self.session.target.address)

    @property
    def is_lost(self) -> bool:
        """Return whether there is no connection."""
        return self.state.lost is not None or not self.session.is_connected

    @property
    def speaks_text(self) -> bool:
        """Return whether the monitor speaks HMP text only."""
        return self.session.is_connected and self.session.speaks_text

    def known(self) -> LiveKnowledge:
        """Return what can be asked about the monitor, or is known of it while it would not answer.

        Raises RefusedError without a connection.
        """
        self.raise_if_lost()
        if self.may_ask and not self.unanswered:
            return self.session.knowledge
        from qmonsh.monitor.recalled import Recalled

        return Recalled(self.session.knowledge)

    @property
    def live_facts(self) -> FactStore | None:
        """Return the facts that can be asked for, None without a connection."""
        return self.session.knowledge.facts if self.session.is_connected else None

    @property
    def facts(self) -> Facts:
        """Return what is known about the monitor, without asking it."""
        facts = self.live_facts
        if facts is not None:
            return facts
        from qmonsh.complete.candidate import FrozenFacts

        return FrozenFacts()

    def raise_if_lost(self, line: str = "") -> None:
        """Raise RefusedError with advice while there is no connection."""
        if self.is_lost:
            raise RefusedError(quoted(line) or "the line", f"{NOT_CONNECTED}; .reconnect connects again")

    # -- what is asked behind the prompt ------------------------------------------------------------

    def connected(self) -> None:
        """Take up a new connection: its greeting now, everything else behind the prompt."""
        connection = self.session.connection
        self.process = connection.peer_pid  # asked now: a connection that has ended does not tell
        self.state.greet(connection.greeting)
        if connection.note:
            self.speech.say(connection.note)
        self.errands.send("identity", lambda: self.state.ask_identity(connection))
        self.look_again()

    def learn(self) -> None:
        """Have what completion and help need loaded, once the prompt is up."""
        self.errands.send("knowledge", self._load_knowledge)

    def look_again(self) -> None:
        """Have the run state and the work in progress asked for, again and again while there is work."""
        if self.is_lost:
            return
        connection = self.session.connection

        def look() -> None:
            self.state.ask_run_state(connection)
            over = self.state.ask_work(connection)
            if over and not self._is_waiting():  # a command that waits for it says so itself
                self.speech.say(over)
            self.changed()
            if self.state.work():
                self.call_later(AGAIN, self.look_again)

        self.errands.send("look", look)

    def acted(self) -> None:
        """Take note that the user's own command may have changed the VM."""
        facts = self.live_facts
        if facts is not None:
            facts.acted()
        self.look_again()

    def _load_knowledge(self) -> None:
        # What the first key needs, so that it does not wait for imports either.
        from qmonsh.complete import engine  # noqa: F401
        from qmonsh.shell import colour, signature  # noqa: F401
        from qmonsh.shell.registry import builtins

        builtins()
        knowledge = self.session.knowledge
        knowledge.commands()
        knowledge.hmp_help()
        knowledge.schema()
        self._check_confirm(knowledge)
        self.changed()

    def _check_confirm(self, knowledge: LiveKnowledge) -> None:
        """Say which names of ``confirm`` guard nothing here."""
        from qmonsh.language.confirm import unknown_names

        for name, near in unknown_names(self.settings.confirm, knowledge):
            meant = f"; did you mean '{near}'?" if near else ""
            self.speech.say(f"'confirm' of your configuration has '{name}', which is no command here{meant}")

    # -- what is done with the connection ------------------------------------------------------------

    def interrupt(self, thread: threading.Thread) -> None:
        """End the waits of a thread; what it has not sent is not sent any more."""
        if self.session.is_connected:
            self.session.connection.interrupt(thread)

    def record(self, path: str) -> None:
        """Append every message to a file from now on, ``""`` ends it; raises UsageError."""
        from qmonsh.transcript import Transcript

        transcript = Transcript(path, self.speech.say) if path else None
        before, self.transcript, self.record_path = self.transcript, transcript, path
        if before is not None:
            before.close()

    def stop_following(self) -> None:
        """Wait for no event any longer; what was set going goes on."""
        for watch in self.follower.end():
            self.speech.say(f"no longer watching for {watch.events} of {watch.words}")

    def close(self) -> None:
        """End the connection and what goes on behind it; QEMU goes on."""
        self.is_left = True
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
            if self.state.take(message) or message.name.startswith(("JOB_", "BLOCK_JOB_")):
                self.look_again()
            self.changed()
        elif isinstance(message, Ignored) and self.settings.verbose:
            self.speech.say(f"ignored: {message.reason}")

    def _tap(self, direction: str, message: Any, own: bool) -> None:
        transcript = self.transcript
        if transcript is not None:
            transcript(direction, message, own)

    def _report_late(self, command: str, reply: Late) -> None:
        found = next((entry for entry in self.unanswered if entry[0] == command), None)
        if found is None:  # a question of our own that was given up
            return
        self.unanswered.remove(found)
        plan = found[1]
        head = f"late answer to '{quoted(plan.line)}':"
        if isinstance(reply, ErrorReply):
            from qmonsh.language.secrets import hidden
            from qmonsh.render.error import render_error

            said = hidden(reply.description, plan.secrets)
            error = CommandError(reply.class_name, said, command=command, reply=reply.raw)
            self.speech.emit(f"{head}\n{render_error(error, self.speech.form)}")
            return
        from qmonsh.render.text import stream_text

        value = reply.text if isinstance(reply, Answer) else reply.value
        text = "".join(stream_text(value, view=plan.view, form=self.speech.form, options=plan.options))
        self.speech.emit(f"{head}\n{text}" if text else f"{head} done\n")

    def report_lost(self, session: Session, error: QmonshError) -> None:
        """Say that the connection has ended."""
        if session is not self.session:  # one that was left, or never came to be
            return
        self.state.lose(error)
        if not self.is_left:
            if self.state.ended:
                self.speech.say(f"the VM has ended ({self.state.ended}), and the connection with it")
            else:
                self.speech.say(str(error))
            self.leave_open_ends()
            self.speech.say("not connected: .reconnect connects again, Ctrl-D leaves")
            self.reconnector.start()
        self.changed()

    def leave_open_ends(self) -> None:
        """Say of what was still to come from a connection that it will not be seen any more."""
        for watch in self.follower.end():
            self.speech.say(f"{watch.words}: how it ends will not be seen")
        unanswered, self.unanswered = self.unanswered, []
        for _, plan in unanswered:
            self.speech.say(f"the outcome of '{quoted(plan.line)}' is unknown")


def short_address(address: str) -> str:
    """Return the telling part of a target's address."""
    if address.startswith("tls://"):
        address = address.partition("?")[0]
    return address.rstrip("/").rpartition("/")[2] or address
