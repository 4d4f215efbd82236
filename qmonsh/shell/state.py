"""What the prompt and the bottom line say of the VM: name, run state, connection, what goes on.

Knows which events change the run state and what a monitor must be asked to know it. Must not know how it
is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from qmonsh.errors import CommandError, QmonshError
from qmonsh.shell.progress import Paces, work_words, works
from qmonsh.wire.message import Banner, Event, Greeting

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection

#: Event -> the run state it leads to as far as the event tells ("" when only asking tells).
RUN_STATE_EVENTS = {
    "STOP": "paused",
    "RESUME": "running",
    "SUSPEND": "suspended",
    "SUSPEND_DISK": "",
    "WAKEUP": "running",
    "SHUTDOWN": "shutdown",
    "POWERDOWN": "",
    "RESET": "",
    "GUEST_PANICKED": "guest-panicked",
    "GUEST_CRASHLOADED": "",
    "WATCHDOG": "",
    "BLOCK_IO_ERROR": "",
    "MIGRATION": "",
    "DUMP_COMPLETED": "",
    "COLO_EXIT": "",
}
#: A VM that was shut down and kept (-no-shutdown) goes on with these.
_ALIVE_AGAIN = ("RESET", "RESUME")
#: States of a migration that goes on.
MIGRATING = (
    "setup",
    "active",
    "device",
    "pre-switchover",
    "postcopy-active",
    "postcopy-device",
    "postcopy-recover",
    "postcopy-recover-setup",
    "wait-unplug",
    "cancelling",
)
_STATUS_TEXT = re.compile(r"VM status: (?P<status>[\w-]+)(?: \((?P<why>[^)]+)\))?")


class MachineState:
    """The VM as the shell shows it; written by the reader thread and by errands, read by the prompt.

    ``ended`` is the reason of the last SHUTDOWN event; ``jobs``, ``migration`` and ``dump`` are what
    query-jobs, query-migrate and query-dump said last, ``paces`` how fast that goes.
    """

    def __init__(self) -> None:
        self.name = ""
        self.run_state = ""
        self.version = ""
        self.accelerator = ""
        self.lost: QmonshError | None = None
        self.ended = ""
        self.last_event: Event | None = None
        self.jobs: list[dict[str, Any]] = []
        self.migration: dict[str, Any] = {}
        self.dump: dict[str, Any] = {}
        self.paces: dict[str, float] = {}
        self._paces = Paces()
        #: The jobs that had failed at the last look, None before the first.
        self._failed: frozenset[str] | None = None

    def greet(self, greeting: Greeting | Banner | None) -> None:
        """Take the version from what the monitor said first; everything else is unknown again."""
        self.lost, self.ended = None, ""
        self.last_event, self.accelerator = None, ""
        self._forget()
        if isinstance(greeting, Greeting):
            self.version = ".".join(map(str, greeting.version))
        elif isinstance(greeting, Banner):
            self.version = greeting.version

    def take(self, event: Event) -> bool:
        """Take an event; returns whether the monitor should be asked for the run state."""
        self.last_event = event
        if event.name == "SHUTDOWN":
            reason = event.data.get("reason")
            self.ended = reason if isinstance(reason, str) else "shutdown"
        elif event.name in _ALIVE_AGAIN:
            self.ended = ""
        if event.name not in RUN_STATE_EVENTS:
            return False
        self.run_state = RUN_STATE_EVENTS[event.name] or self.run_state
        return True

    def lose(self, error: QmonshError) -> None:
        """Take the end of the connection: nothing is known any more but the name."""
        self.lost = error
        self._forget()

    def _forget(self) -> None:
        self.run_state, self.jobs, self.migration, self.dump = "", [], {}, {}
        self._failed = None

    def work(self) -> str:
        """Return what goes on in a few words, ``""`` when nothing does."""
        return work_words(self.jobs, self.migration, self.dump, self.paces)

    # -- asking the monitor (in an errand) --------------------------------------------------------

    def ask_identity(self, connection: Connection) -> None:
        """Ask for the VM's name and its accelerator."""
        if connection.dialect == "hmp":
            self.name = connection.human("info name").strip()
            return
        if connection.dialect == "qmp":
            self.name = str(_value(connection, "query-name").get("name") or "")
            kvm = _value(connection, "query-kvm")
            self.accelerator = "kvm" if kvm.get("enabled") else "tcg" if kvm else ""

    def ask_run_state(self, connection: Connection) -> None:
        """Ask for the run state."""
        if connection.dialect == "hmp":
            found = _STATUS_TEXT.search(connection.human("info status"))
            self.run_state = (found["why"] or found["status"]) if found else ""
        elif connection.dialect == "qmp":
            status = _value(connection, "query-status").get("status")
            if connection.lost is None:
                self.run_state = status if isinstance(status, str) else ""

    def ask_work(self, connection: Connection) -> str:
        """Ask for jobs, migration and dump in progress; returns what is to be said of those that ended."""
        if connection.dialect != "qmp":
            return ""
        migration = self.migration.get("status")
        found = _value(connection, "query-jobs")
        self.jobs = [job for job in found if isinstance(job, dict)] if isinstance(found, list) else []
        self.migration = _object(connection, "query-migrate")
        self.dump = _object(connection, "query-dump")
        self.paces = self._paces.look(works(self.jobs, self.migration, self.dump), monotonic())
        return "; ".join(said for said in (self._migration_end(migration), *self._failures()) if said)

    def _migration_end(self, before: Any) -> str:
        now = self.migration.get("status")
        if before not in MIGRATING or now not in ("completed", "failed", "cancelled"):
            return ""
        why = self.migration.get("error-desc")
        said = "the migration was cancelled" if now == "cancelled" else f"the migration has {now}"
        return f"{said}: {why}" if why else said

    def _failures(self) -> Iterator[str]:
        """Yield a word on each job that has failed since the last look: no event tells why."""
        failed = {
            str(job.get("id")): job["error"]
            for job in self.jobs
            if job.get("status") == "concluded" and job.get("error")
        }
        before, self._failed = self._failed, frozenset(failed)
        if before is None:  # the first look: those are old
            return
        for name, why in failed.items():
            if name not in before:
                yield f"job {name} has failed: {why} (job-dismiss id={name} forgets it)"


def _object(connection: Connection, command: str) -> dict[str, Any]:
    """Return the value of a question that is answered with an object."""
    value = _value(connection, command)
    return value if isinstance(value, dict) else {}


def _value(connection: Connection, command: str) -> Any:
    """Return the value of a question, an empty object when this monitor does not know it."""
    try:
        return connection.execute(command)
    except CommandError:
        return {}
