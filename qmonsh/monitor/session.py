"""Session: what survives a reconnect, and what carries plans out.

Knows the target, the default CPU of ``cpu N``, the connection of the moment and its knowledge; sends what a
plan needs (carrying.py) and waits for what HMP would wait for. Must not know terminals or how a value is
shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, QmonshError
from qmonsh.language.plan import Plan, Wait
from qmonsh.monitor.carrying import Need, carry_out, drive
from qmonsh.monitor.carrying import Outcome as Outcome
from qmonsh.monitor.connection import Connection, connect
from qmonsh.monitor.early import EarlyPlans
from qmonsh.monitor.incoming import Late, Observer
from qmonsh.monitor.knowledge import LiveKnowledge
from qmonsh.monitor.remembered import Overheard, RememberedPlans
from qmonsh.monitor.replies import Waiter
from qmonsh.wire.message import Command

if TYPE_CHECKING:
    from qmonsh.target import Target

#: Short replies in a row after which another one is counted on: only scripts that ask much gain by it, and
#: what is said in a few lines goes over the wire one by one, as others who speak QMP do.
HABIT = 8
#: Called while a plan waits: a word on what, and the last query-migrate or query-jobs record.
Progress = Callable[[str, dict[str, Any]], None]
#: Called with the direction, the message, and whether it is a question that no line stands for.
SessionTap = Callable[[str, Any, bool], None]


class Session:
    """A monitor that one talks to for a while; ``connect()`` first, again after a loss.

    With ``careful`` plans say also what is dangerous only as things are now (language/danger_live.py).
    ``deadline`` (seconds) bounds each command of a plan and each question of knowledge; None waits.
    """

    def __init__(
        self,
        target: Target,
        *,
        dialect: str = "auto",
        connect_timeout: float = 5.0,
        deadline: float | None = None,
        introspect: bool = True,
        oob: bool = False,
        observers: tuple[Observer, ...] = (),
        tap: SessionTap | None = None,
        on_late: Callable[[str, Late], None] | None = None,
        on_lost: Callable[[QmonshError], None] | None = None,
        max_reply: int = 0,
        max_depth: int = 0,
        careful: bool = False,
    ) -> None:
        self.target = target
        self.deadline = deadline
        self.cpu: int | None = None
        self._tap = tap
        #: Whether the tap is told, too, what messages do not tell of a line (retelling.py).
        self.is_retold = tap is not None
        self._running: Plan | None = None
        #: The thread that sends a command of a plan, 0 when none does.
        self._sender = 0
        self._introspect = introspect
        self._careful = careful
        self._options: dict[str, Any] = {
            "dialect": dialect,
            "timeout": connect_timeout,
            "oob": oob,
            "observers": observers,
            "tap": None if tap is None else self._tapped,
            "on_late": on_late,
            "on_lost": on_lost,
            "max_reply": max_reply,
            "max_depth": max_depth,
        }
        self._connection: Connection | None = None
        self._knowledge: LiveKnowledge | None = None
        self._plans: RememberedPlans | None = None
        self._early = self._none_early()
        #: How many short replies in a row each name of a plan has had.
        self._short_replies: dict[str, int] = {}

    def connect(self) -> Connection:
        """Connect (again), with fresh knowledge: it may be another QEMU; raises ConnectError."""
        if self._connection is not None:
            self._connection.close()
        connection = connect(self.target, **self._options)
        self._connection = connection
        self._knowledge = LiveKnowledge(connection, deadline=self.deadline, introspect=self._introspect)
        self._plans = RememberedPlans(self._knowledge)
        self._early = self._none_early()
        self._short_replies.clear()
        return connection

    def _none_early(self) -> EarlyPlans:
        return EarlyPlans(self._send, lambda waiter: self.connection.abandon(waiter))

    @property
    def is_connected(self) -> bool:
        """Return whether ``connect`` has succeeded once (the connection may be lost since)."""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        """Return the connection of the moment (``connect`` must have succeeded once)."""
        assert self._connection is not None, "connect() comes first"
        return self._connection

    @property
    def knowledge(self) -> LiveKnowledge:
        """Return the knowledge gathered over the connection of the moment."""
        assert self._knowledge is not None, "connect() comes first"
        return self._knowledge

    @property
    def speaks_text(self) -> bool:
        """Return whether the other end is an HMP text monitor."""
        return self.connection.dialect == "hmp"

    def close(self) -> None:
        """End the connection; QEMU goes on."""
        if self._connection is not None:
            self._connection.close()

    def plan(self, line: str) -> Plan:
        """Return what the line becomes on this monitor; sends only questions.

        Raises LineError, RefusedError; ConnectionLostError and DeadlineError when a question fails.
        """
        plan = self._plans.get(line, self.cpu) if self._plans is not None else None
        if plan is not None:
            return plan
        try:
            return self._new_plan(line)
        except QmonshError as error:
            if self._tap is not None and self.is_retold:
                self._tap("result", error.document(), False)
            raise

    def recall(self, line: str) -> Plan:
        """Return what the line becomes by what is known already; sends nothing.

        Raises LineError, RefusedError; UsageError when something is not known.
        """
        return self._new_plan(line, is_asking=False)

    def _new_plan(self, line: str, *, is_asking: bool = True) -> Plan:
        from qmonsh.language.translate import translate

        known = self.knowledge
        if not is_asking:
            from qmonsh.monitor.recalled import Recalled

            known = Recalled(known)
        heard: Any = Overheard(known)
        plan = translate(line, heard, cpu=self.cpu, text_monitor=self.speaks_text, careful=self._careful)
        if self._plans is not None:
            self._plans.keep(plan, self.cpu, heard)
        return plan

    def plan_at_hand(self, line: str) -> Plan | None:
        """Return the very plan that ``plan`` will, when nothing needs to be asked for it, else None."""
        if self._plans is None or self.connection.dialect != "qmp":
            return None
        try:
            plan = self._plans.get(line, self.cpu)
            if plan is None:
                self.recall(line)
                plan = self._plans.get(line, self.cpu)
            return plan
        except QmonshError:
            return None

    def send(self, plan: Plan) -> None:
        """Send the only command of a plan; ``run`` then waits for its reply. Raises as ``run``."""
        self._early.send(plan)

    def is_sent(self, plan: Plan) -> bool:
        """Return whether the command of the plan that is to be run next was sent already."""
        return self._early.is_next(plan)

    def is_brief(self, plan: Plan) -> bool:
        """Return whether plans of this name have had short replies for long enough to count on another."""
        return self._short_replies.get(plan.name, 0) >= HABIT

    def run(self, plan: Plan, *, progress: Progress | None = None) -> Outcome:
        """Carry out a plan and return its outcome; raises as ``Connection.execute``.

        Error text in the answer of an HMP line is a CommandError too (DESIGN section 4).
        """
        if plan.cpu is not None:
            self.cpu = plan.cpu
        tap = self._tap
        if tap is None or not self.is_retold:
            return self._carry_out(plan, progress)
        from qmonsh.monitor.retelling import retold

        self._running = plan
        try:
            return retold(
                plan, lambda what, said: tap(what, said, False), lambda: self._carry_out(plan, progress)
            )
        finally:
            self._running = None

    def _carry_out(self, plan: Plan, progress: Progress | None) -> Outcome:
        try:
            outcome = drive(carry_out(plan), lambda need: self._answer(plan, need, progress))
            self._note_length(plan)
            return outcome
        except CommandError as error:
            error.synopsis = self.knowledge.usage_after(error.description, plan)
            raise

    def _answer(self, plan: Plan, need: Need, progress: Progress | None) -> Any:
        if isinstance(need, Command):
            waiter = self._early.take(plan) or self._send(need)
            return self.connection.receive(waiter, deadline=self.deadline)
        if isinstance(need, Wait):
            return self._wait_for(plan, need, progress)
        return self._say(need.line)

    def _send(self, command: Command) -> Waiter:
        self._sender = threading.get_ident()
        try:
            return self.connection.send(command)
        finally:
            self._sender = 0

    def _say(self, line: str) -> str:
        self._sender = threading.get_ident()
        try:
            return self.connection.human(line, deadline=self.deadline)
        finally:
            self._sender = 0

    def _tapped(self, direction: str, message: Any) -> None:
        if self._tap is None:
            return
        is_own = direction == "sent" and threading.get_ident() != self._sender
        if direction == "sent" and not is_own and self._running is not None:
            from qmonsh.monitor.retelling import with_id

            message = with_id(self._running, message)
        self._tap(direction, message, is_own)

    def _note_length(self, plan: Plan) -> None:
        """Take note of whether the reply that came was short."""
        before = self._short_replies.get(plan.name, 0)
        self._short_replies[plan.name] = before + 1 if self.connection.is_at_ease else 0

    def _wait_for(self, plan: Plan, wait: Wait, progress: Progress | None) -> None:
        from qmonsh.monitor.waiting import wait_for

        wait_for(self.connection, wait, name=plan.name, seconds=self.deadline, progress=progress)
