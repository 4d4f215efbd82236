"""The store of facts about one connection: each asked by need, kept while it holds, never harmful to ask.

Knows which questions may be sent (complete/questions.py's list and nothing else), the guards of those that
can end a QEMU (QEMU-FACTS 0.1), and when an answer has grown old: an event said so, the user changed
something, or time passed. Must not know what the answers mean.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from qmonsh.complete.question import ABSENT, QUESTIONS, Question, driver_of, question, rule_of
from qmonsh.errors import CommandError, DeadlineError, QmonshError, RefusedError

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Completion
    from qmonsh.monitor.connection import Connection
    from qmonsh.wire.message import Event

#: Another monitor of the VM may change it without an event for us: older answers are asked for again (s).
OLD = 2.0
#: A question that was not answered in time is not put again for so long (s).
REST = 5.0

COMMANDS = question("query-commands")
TYPES = question("qom-list-types", abstract=False)
DRIVERS = question("hmp:device_add help")


class FactStore:
    """Facts about the monitor at the other end of ``connection``; implements complete's Facts.

    ``get`` answers at once from what is there; ``fetch`` and ``ensure`` ask. ``introspect=False``
    (--no-introspect) never asks for device properties. ``deadline`` bounds each question (seconds, None
    waits). Safe to use from several threads; a fact asked for twice at once is fetched once.
    """

    def __init__(
        self, connection: Connection, *, deadline: float | None = None, introspect: bool = True
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._introspect = introspect
        self._answers: dict[Question, tuple[float, Any]] = {}
        self._changed: dict[str, float] = {}
        self._acted = 0.0
        self._late: dict[Question, float] = {}
        self._memo: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}
        self._lock = threading.RLock()
        connection.subscribe(self._on_event)

    # -- what completion sees (complete.candidate.Facts) -----------------------------------------

    @property
    def dialect(self) -> str:
        """The language of the other end."""
        return self._connection.dialect

    @property
    def memo(self) -> dict[Hashable, tuple[tuple[Any, ...], Any]]:
        """What completion worked out of the facts."""
        return self._memo

    def get(self, asked: Question) -> Any:
        """Return the answer, ABSENT when the monitor has none, or None when it was not asked yet."""
        known = self._answers.get(asked)
        return None if known is None else known[1]

    def is_stale(self, asked: Question) -> bool:
        """Return whether the answer may have changed since it was given."""
        known = self._answers.get(asked)
        if known is None:
            return True
        rule = rule_of(asked)
        if rule is None or rule.is_fixed:
            return False
        given = known[0]
        changed = max(self._acted, self._changed.get(asked.command, 0.0))
        return given <= changed or monotonic() - given > OLD

    # -- asking ----------------------------------------------------------------------------------

    def fetch(self, asked: Question, *, deadline: float | None = None) -> Any:
        """Return the answer, asking when it is not there or stale; ABSENT when the monitor has none.

        ``deadline`` overrides the store's own (seconds from now). Raises RefusedError for what is not on
        the list of questions, ConnectionLostError and DeadlineError.
        """
        if rule_of(asked) is None:
            raise RefusedError(asked.command, "completion asks only what cannot change the VM")
        if not self.is_stale(asked):
            return self._answers[asked][1]
        with self._lock:
            if not self.is_stale(asked):
                return self._answers[asked][1]
            started = monotonic()
            answer = self._ask(asked, self._deadline if deadline is None else deadline)
            known = self._answers.get(asked)
            if known is not None and type(known[1]) is type(answer) and known[1] == answer:
                answer = known[1]  # the same object: what was worked out of it stays
            self._answers[asked] = (started, answer)
            return answer

    def ensure(self, wanted: Iterable[Question], *, deadline: float = 1.0) -> bool:
        """Fetch what completion wants; return whether anything is known now that was not before.

        Stops at ``deadline`` seconds from now. Asks nothing while a command of the user is in flight: the
        answer would have to wait for it. A lost connection and late answers are no errors here.
        """
        until = monotonic() + deadline
        is_new = False
        for asked in wanted:
            left = until - monotonic()
            if left <= 0:
                break
            if not self._may_wait_for(asked):
                continue
            before = self._answers.get(asked)
            try:
                answer = self.fetch(asked, deadline=left)
            except DeadlineError:
                self._late[asked] = monotonic()
                break
            except QmonshError:
                break
            is_new = is_new or before is None or before[1] is not answer
        return is_new

    def settle(self, once: Callable[[], Completion], *, deadline: float = 1.0) -> Completion:
        """Return what ``once()`` offers when all that it wants is known, or at ``deadline`` seconds from now.

        An answer can lead to the next question (alias, types, properties, backends); none is put twice.
        """
        until = monotonic() + deadline
        put: set[Question] = set()
        while True:
            found = once()
            wanted = [asked for asked in found.wanted if asked not in put]
            left = until - monotonic()
            if not wanted or left <= 0 or not self.ensure(wanted, deadline=left):
                return found
            put.update(wanted)

    def acted(self) -> None:
        """Take note that the user's own command may have changed the VM."""
        self._acted = monotonic()

    def forget(self) -> None:
        """Drop everything (another QEMU may be at the other end)."""
        with self._lock:
            self._answers.clear()
            self._memo.clear()
            self._late.clear()

    def _on_event(self, event: Event) -> None:
        now = monotonic()
        for command in affected_by(event.name):
            self._changed[command] = now

    def _may_wait_for(self, asked: Question) -> bool:
        rule = rule_of(asked)
        if rule is None or monotonic() - self._late.get(asked, -REST) < REST:
            return False
        if rule.is_local:
            return True
        return self._connection.lost is None and not self._connection.in_flight()

    def _ask(self, asked: Question, deadline: float | None) -> Any:
        rule = rule_of(asked)
        assert rule is not None, "fetch() lets only questions of the list through"
        if rule.is_local:
            return self._ask_host(asked)
        if rule.loads_modules and self._is_replaced():
            return ABSENT
        if rule.introspects and not self._may_introspect(driver_of(asked)):
            return ABSENT
        if not self._is_spoken(asked):
            return ABSENT
        try:
            if asked.is_human:
                return self._connection.human(asked.line, deadline=deadline)
            arguments = {name: list(v) if isinstance(v, tuple) else v for name, v in asked.arguments}
            return self._connection.execute(asked.command, arguments or None, deadline=deadline)
        except CommandError:
            return ABSENT

    def _is_spoken(self, asked: Question) -> bool:
        """Return whether the other end understands a question of this form."""
        dialect = self._connection.dialect
        if dialect == "agent":
            return asked.command == "guest-info"
        if dialect == "hmp":
            return asked.is_human
        if asked == COMMANDS:
            return True
        names = self.fetch(COMMANDS)
        wanted = "human-monitor-command" if asked.is_human else asked.command
        return isinstance(names, list) and any(row.get("name") == wanted for row in names)

    def _may_introspect(self, driver: str) -> bool:
        if not self._introspect:
            return False
        from qmonsh.qapi.danger import may_introspect

        if self._connection.dialect == "hmp":
            # No list of types is to be had; the list of devices has the parts that matter.
            from qmonsh.complete.help_text import parse_drivers

            text = self.fetch(DRIVERS)
            names = frozenset(parse_drivers(text)) if isinstance(text, str) else frozenset()
        else:
            rows = self.fetch(TYPES)
            names = frozenset(row.get("name", "") for row in rows) if isinstance(rows, list) else frozenset()
        return may_introspect(driver, names) is None

    def _is_replaced(self) -> bool:
        """Return whether the QEMU on disk is not the one that runs (a host upgrade).

        QEMU 10 and 11 abort when they load modules of another build, and listing types loads all of them.
        """
        pid = self._connection.peer_pid
        if pid is None:
            return False
        try:
            return os.readlink(f"/proc/{pid}/exe").endswith(" (deleted)")
        except OSError:
            return False

    # -- this host -------------------------------------------------------------------------------

    def _ask_host(self, asked: Question) -> Any:
        if asked.command == "programs":
            return programs()
        given = dict(asked.arguments)
        folder = str(given.get("directory", ""))
        if given.get("of") != "qemu":
            return listing(os.path.expanduser(folder) or ".")
        path = self.qemu_path(folder)
        return ABSENT if path is None else listing(path)

    def qemu_path(self, path: str) -> str | None:
        """Return where on this host QEMU would look for a path, None when it is elsewhere or not known."""
        root = self._qemu_folder()
        if root is None or not (root or os.path.isabs(path)):
            return None
        return os.path.join(root, path)

    def _qemu_folder(self) -> str | None:
        """Return the folder that QEMU's relative paths start from: "" unknown, None not on this host."""
        target = self._connection.target
        pid = self._connection.peer_pid
        if target is None or target.scheme not in ("unix", "abstract", "name", "pid", "fd", "exec"):
            return None
        if pid is None:
            return ""
        try:
            if target.scheme == "exec" and "qemu" not in _command_of(pid):
                return None  # ssh or socat: QEMU may be anywhere
            return os.readlink(f"/proc/{pid}/cwd")
        except OSError:  # another user's
            return ""


@lru_cache(maxsize=512)
def affected_by(event: str) -> tuple[str, ...]:
    """Return the commands whose answers an event changes."""
    from fnmatch import fnmatchcase

    return tuple(
        command
        for command, rule in QUESTIONS.items()
        if any(fnmatchcase(event, pattern) for pattern in rule.events)
    )


def listing(folder: str) -> Any:
    """Return (name, is a folder) of what is in a folder, sorted; ABSENT when it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, _is_folder(entry)) for entry in entries)
    except (OSError, ValueError):
        return ABSENT


def programs() -> list[str]:
    """Return the names of the programs that PATH leads to."""
    found: set[str] = set()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        rows = listing(folder or ".")
        if rows is not ABSENT:
            found.update(name for name, is_folder in rows if not is_folder)
    return sorted(found)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _command_of(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
        return file.read().split("\0", 1)[0]
