"""A line becomes a Plan on a monitor that is asked asynchronously.

translate() asks its Knowledge and expects the answer at once. Here the Knowledge reads from the answers that
came so far; a question without one stops the translation, is put to the monitor, and the line is translated
again: translating is pure and cheap, and asks the same questions in the same order.

Knows that questions only read (the guards are LiveKnowledge's and the FactStore's, shared with the single
connection). Must not know how a question travels.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from qmonsh.errors import CommandError, ProtocolError
from qmonsh.monitor.carrying import Say
from qmonsh.wire.message import Command, ErrorReply, Return

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.connection import Connection
    from qmonsh.target import Target

#: A line that needs more answers than this is not understood (the most seen are 6).
MOST_QUESTIONS = 64

Need = Command | Say
#: Puts a question and returns its answer: a reply, or the text of a text monitor.
Ask = Callable[[Need], Awaitable[Any]]


class Missing(Exception):
    """The translation needs an answer that has not been asked for; ``need`` is the question."""

    def __init__(self, need: Need) -> None:
        self.need = need
        super().__init__(need)


class Answers:
    """What a Connection is to LiveKnowledge, out of the answers so far; raises Missing for any other."""

    lost = None

    def __init__(self, *, dialect: str, target: Target, peer_pid: int | None) -> None:
        self.dialect = dialect
        self.target = target
        self.peer_pid = peer_pid
        self._known: dict[str, Any] = {}

    def keep(self, need: Need, answer: Any) -> None:
        """Remember an answer."""
        self._known[_key(need)] = answer

    def execute(
        self, command: str, arguments: Mapping[str, Any] | None = None, *, deadline: float | None = None
    ) -> Any:
        """Return the value of a command that was answered; raises Missing, and CommandError as answered."""
        reply = self._answer(Command(command, dict(arguments) if arguments is not None else None))
        if isinstance(reply, ErrorReply):
            raise CommandError(reply.class_name, reply.description, command=command, reply=reply.raw)
        assert isinstance(reply, Return)
        return reply.value

    def human(self, line: str, *, cpu: int | None = None, deadline: float | None = None) -> str:
        """Return the text of an HMP line that was answered; raises as ``execute``."""
        if self.dialect == "hmp":
            return str(self._answer(Say(line)))
        return str(self.execute("human-monitor-command", {"command-line": line})).replace("\r\n", "\n")

    def subscribe(self, subscriber: Any) -> Callable[[], None]:
        """Do nothing: within one line no answer grows old."""
        return lambda: None

    def in_flight(self) -> list[str]:
        """Return nothing: questions are put while nothing else is."""
        return []

    def _answer(self, need: Need) -> Any:
        try:
            return self._known[_key(need)]
        except KeyError:
            raise Missing(need) from None


def _key(need: Need) -> str:
    return repr(need)


async def plan_line(line: str, answers: Answers, ask: Ask, *, introspect: bool) -> Plan:
    """Return what the line becomes on this monitor; raises LineError, RefusedError, and what ``ask`` does."""
    from qmonsh.language.translate import translate
    from qmonsh.monitor.knowledge import LiveKnowledge

    knowledge = LiveKnowledge(cast("Connection", answers), introspect=introspect)
    for _ in range(MOST_QUESTIONS):
        try:
            return translate(line, knowledge, text_monitor=answers.dialect == "hmp")
        except Missing as missing:
            answers.keep(missing.need, await ask(missing.need))
    raise ProtocolError(f"the line needs more than {MOST_QUESTIONS} answers of the monitor")
