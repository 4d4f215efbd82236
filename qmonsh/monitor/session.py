"""Session: what survives a reconnect, and how a Plan is carried out.

Knows the target, the default CPU of ``cpu N``, the connection of the moment and its knowledge; runs
plans step by step and waits for what HMP would wait for. Must not know terminals or how a value is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, ConnectionLostError, QmonshError
from qmonsh.language.plan import MISSING, Plan, Step, Wait, Way
from qmonsh.monitor.connection import Connection, Late, Observer, Tap, connect
from qmonsh.monitor.knowledge import LiveKnowledge
from qmonsh.wire.message import Command, ErrorReply

if TYPE_CHECKING:
    from qmonsh.target import Target

#: Called while a plan waits: a word on what, and the last query-migrate or query-jobs record.
Progress = Callable[[str, dict[str, Any]], None]


class Outcome:
    """What a plan came to: the value to show, and every reply as it came (user ids restored)."""

    __slots__ = ("value", "replies")

    def __init__(self, value: Any = None, replies: list[dict[str, Any]] | None = None) -> None:
        self.value = value
        self.replies = [] if replies is None else replies


class Session:
    """A monitor that one talks to for a while; ``connect()`` first, again after a loss.

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
        tap: Tap | None = None,
        on_late: Callable[[str, Late], None] | None = None,
        on_lost: Callable[[QmonshError], None] | None = None,
    ) -> None:
        self.target = target
        self.deadline = deadline
        self.cpu: int | None = None
        self._introspect = introspect
        self._options: dict[str, Any] = {
            "dialect": dialect,
            "timeout": connect_timeout,
            "oob": oob,
            "observers": observers,
            "tap": tap,
            "on_late": on_late,
            "on_lost": on_lost,
        }
        self._connection: Connection | None = None
        self._knowledge: LiveKnowledge | None = None

    def connect(self) -> Connection:
        """Connect (again), with fresh knowledge: it may be another QEMU; raises ConnectError."""
        if self._connection is not None:
            self._connection.close()
        connection = connect(self.target, **self._options)
        self._connection = connection
        self._knowledge = LiveKnowledge(connection, deadline=self.deadline, introspect=self._introspect)
        return connection

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
        from qmonsh.language.translate import translate

        return translate(line, self.knowledge, cpu=self.cpu, text_monitor=self.speaks_text)

    def run(self, plan: Plan, *, progress: Progress | None = None) -> Outcome:
        """Carry out a plan and return its outcome; raises as ``Connection.execute``.

        Error text in the answer of an HMP line is a CommandError too (DESIGN section 4).
        """
        outcome = Outcome()
        if plan.way is Way.LOCAL:
            self._run_locally(plan, outcome)
            return outcome
        values: list[Any] = []
        try:
            self._run_steps(plan, values, outcome, progress)
        except ConnectionLostError:
            # The end of the stream is how `quit` succeeds (DESIGN section 10).
            if plan.name != "quit":
                raise
            values = [{}]
            outcome.replies.append({"return": {}})
        if plan.wait is not None:
            self._wait_for(plan, plan.wait, progress)
        outcome.value = values[plan.result] if values else None
        return outcome

    # -- steps ---------------------------------------------------------------------------------

    def _run_locally(self, plan: Plan, outcome: Outcome) -> None:
        if plan.cpu is not None:
            self.cpu = plan.cpu
        outcome.value = plan.answer if plan.answer else {}
        outcome.replies.append({"return": outcome.value})

    def _run_steps(self, plan: Plan, values: list[Any], outcome: Outcome, progress: Progress | None) -> None:
        """Send the steps one after another; a failure after the first undoes what the plan can undo."""
        try:
            for step in plan.steps:
                values.append(self._run_step(plan, step, outcome))
                if step.wait is not None:
                    self._wait_for(plan, step.wait, progress)
        except CommandError:
            for step in plan.undo if values else ():
                self.connection.request(Command(step.command, step.arguments), deadline=self.deadline)
            raise

    def _run_step(self, plan: Plan, step: Step, outcome: Outcome) -> Any:
        if plan.way is Way.TEXT:
            text = self.connection.human(step.command, deadline=self.deadline)
            outcome.replies.append({"return": text})
            self._raise_text_failure(plan, step.command, text)
            return text
        wanted = Command(step.command, step.arguments, step.oob)
        reply = self.connection.request(wanted, deadline=self.deadline)
        outcome.replies.append(restore_id(reply.raw, step))
        if isinstance(reply, ErrorReply):
            if reply.class_name in step.ignore:
                return {}
            raise CommandError(
                reply.class_name, reply.description, command=step.command, reply=outcome.replies[-1]
            )
        if step.text:
            return self._text_of(plan, step, reply.value)
        return reply.value

    def _text_of(self, plan: Plan, step: Step, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("human-readable-text"), str):
            value = value["human-readable-text"]
        if not isinstance(value, str):
            return value
        text = value.replace("\r\n", "\n")
        if plan.way is Way.PASSTHROUGH and step.arguments is not None:
            self._raise_text_failure(plan, str(step.arguments.get("command-line", "")), text)
        return text

    def _raise_text_failure(self, plan: Plan, line: str, text: str) -> None:
        from qmonsh.language.hmp_errors import failure_of

        failure = failure_of(line, text)
        if failure is not None:
            raise CommandError("GenericError", failure, command=plan.name)

    # -- waiting for what HMP waits for ----------------------------------------------------------

    def _wait_for(self, plan: Plan, wait: Wait, progress: Progress | None) -> None:
        from qmonsh.monitor.waiting import wait_for

        wait_for(self.connection, wait, name=plan.name, seconds=self.deadline, progress=progress)


def restore_id(raw: dict[str, Any], step: Step) -> dict[str, Any]:
    """Return a reply object with the id that the user wrote, or without ours."""
    restored = {key: value for key, value in raw.items() if key != "id"}
    if step.id is not MISSING:
        restored["id"] = step.id
    return restored
