"""A line becomes a Plan on a monitor that is asked asynchronously.

translate() asks its Knowledge and expects the answer at once. Here the Knowledge reads from the answers that
came so far; a question without one stops the translation, is put to the monitor, and the line is translated
again: translating is pure and cheap, and asks the same questions in the same order.

Knows that questions only read (the guards are LiveKnowledge's and the FactStore's, shared with the single
connection). Must not know how a question travels.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Hashable, Mapping
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

#: A schema that another monitor was asked for is waited for so long (seconds); it may be a frozen one.
SCHEMA_PATIENCE = 1.0
SCHEMA = Command("query-qmp-schema")

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


class SharedSchemas:
    """The schemas of programs: what takes QEMU 50 ms to tell and us 20 ms to read is asked once a program."""

    def __init__(self) -> None:
        self.memos: dict[Hashable, dict[Hashable, Any]] = {}
        self._asked: dict[Hashable, asyncio.Future[Any]] = {}

    def memo(self, program: Hashable) -> dict[Hashable, Any]:
        """Return what was worked out of a program's schema."""
        return {key: made for key, made in self.memos.get(program, {}).items() if key == "schema"}

    async def fetch(self, program: Hashable, ask: Ask) -> Any:
        """Return the schema reply of a program, of whichever monitor answers first."""
        asked = self._asked.get(program)
        if asked is not None:
            try:
                return await asyncio.wait_for(asyncio.shield(asked), SCHEMA_PATIENCE)
            except (TimeoutError, LookupError):
                return await ask(SCHEMA)
        asked = self._asked[program] = asyncio.get_running_loop().create_future()
        try:
            reply = await ask(SCHEMA)
        except BaseException:
            del self._asked[program]
            if not asked.done():
                asked.set_exception(LookupError("the monitor that was asked has failed"))
                asked.exception()  # it is no loss when nobody waited
            raise
        asked.set_result(reply)
        return reply


def program_of(pid: int | None) -> Hashable:
    """Return what identifies the QEMU that a process runs, None when its schema may differ from others'.

    ``-compat`` hides parts of the schema; and a process that made the socket for a QEMU (libvirt), or is a
    loader of programs, says nothing of which QEMU it is.
    """
    if pid is None:
        return None
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if b"-compat" in file.read().replace(b"--", b"-").split(b"\0"):
                return None
        if not os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("qemu-"):
            return None
        found = os.stat(f"/proc/{pid}/exe")
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _key(need: Need) -> str:
    return repr(need)


async def plan_line(
    line: str,
    answers: Answers,
    ask: Ask,
    *,
    introspect: bool,
    schemas: SharedSchemas | None = None,
    careful: bool = False,
) -> Plan:
    """Return what the line becomes on this monitor; raises LineError, RefusedError, and what ``ask`` does.

    ``schemas`` are shared by monitors of the same program; ``careful`` is translate()'s.
    """
    from qmonsh.language.translate import translate
    from qmonsh.monitor.knowledge import LiveKnowledge

    knowledge = LiveKnowledge(cast("Connection", answers), introspect=introspect)
    shared = schemas or SharedSchemas()
    program = program_of(answers.peer_pid)
    for _ in range(MOST_QUESTIONS):
        try:
            return translate(line, knowledge, text_monitor=answers.dialect == "hmp", careful=careful)
        except Missing as missing:
            if program is None or missing.need != SCHEMA:
                answers.keep(missing.need, await ask(missing.need))
                continue
        answers.keep(SCHEMA, await shared.fetch(program, ask))
        # What is worked out of the schema is shared, too; it is kept beside the answer it came from.
        knowledge.facts.memo.update(shared.memo(program))
        shared.memos[program] = knowledge.facts.memo
    raise ProtocolError(f"the line needs more than {MOST_QUESTIONS} answers of the monitor")
