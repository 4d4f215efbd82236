"""How much QEMU has written or read while its monitor is silent, seen from outside.

Knows what the kernel tells of a process of this host and of files: /proc/PID/io counts what a process moves
(nothing on a tmpfs), a file shows how much it has grown (not when it had room to spare), so the greater of
the two is taken. Both may be hidden from us. Must not know what is shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from qmonsh.errors import InterruptError, QmonshError, RefusedError
from qmonsh.shell.silent_work import READING, WRITING, SilentWork, silent_work

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.connection import Connection
    from qmonsh.shell.monitor import Monitor

#: Seconds between two looks.
AGAIN = 0.2
#: Seconds that a question before the command may take; without its answer there is no bar.
PATIENCE = 1.0
#: Targets whose other end is a program of ours or a daemon: QEMU may be anywhere.
_ELSEWHERE = frozenset({"exec", "ssh", "libvirt", "stdio"})
#: What /proc/PID/io calls it. Reads are counted as asked for: what comes from the cache is no disk's work.
_COUNTERS = {WRITING: "write_bytes", READING: "rchar"}
#: What of a process's memory may be the guest's (/proc/PID/status).
_MEMORY = ("VmRSS", "VmSwap", "HugetlbPages")


@contextmanager
def gauged(plan: Plan, monitor: Monitor, show: Callable[[str, dict[str, Any]], None]) -> Iterator[None]:
    """Show how a plan that silences the monitor gets on meanwhile, where that can be seen from this host.

    Blocks for what must be asked before. ``show(name, record)`` is called in a thread of its own, never
    after the end. Raises RefusedError when it is interrupted, as nothing was sent yet.
    """
    work = silent_work(plan)
    pid = _process(monitor.session.connection) if work is not None else None
    if work is None or pid is None:
        yield
        return
    estimate = work.estimate(plan, _ask(work, plan, monitor.session.connection))
    gauge = Gauge(pid, work.doing, estimate.files)
    in_use = memory_in_use(pid)

    def look() -> None:
        moved = gauge.moved()
        if moved is not None:
            show(plan.name, estimate.record(moved, in_use))

    with _repeated(look):
        yield


class Gauge:
    """What process ``pid`` has moved since the gauge was made; ``files`` are named as the process does."""

    def __init__(self, pid: int, doing: str, files: Iterable[str]) -> None:
        self._pid = pid
        self._counter = _COUNTERS[doing]
        self._paths = [path for path in (_path(pid, name) for name in files) if path]
        self._counted, self._occupied = self._count(), self._occupancy()

    def moved(self) -> int | None:
        """Return the bytes, None when they cannot be seen."""
        pairs = ((self._counted, self._count()), (self._occupied, self._occupancy()))
        return max((max(0, now - before) for before, now in pairs if before >= 0 and now >= 0), default=None)

    def _count(self) -> int:
        """Return what the process has moved so far, -1 when that is hidden."""
        return _fields(f"/proc/{self._pid}/io").get(self._counter, -1)

    def _occupancy(self) -> int:
        """Return the room that the files take, -1 when there are none or one is hidden."""
        try:
            return sum(os.stat(path).st_blocks * 512 for path in self._paths) if self._paths else -1
        except (OSError, ValueError):
            return -1


def memory_in_use(pid: int) -> int:
    """Return the bytes of memory that a process has touched, 0 when that is hidden."""
    fields = _fields(f"/proc/{pid}/status")
    return sum(fields.get(name, 0) for name in _MEMORY) * 1024


def _process(connection: Connection) -> int | None:
    """Return the QEMU at the other end, None when it is not on this host or not seen."""
    from qmonsh.monitor.monitors import process_of

    target = connection.target
    return process_of(connection) if target is not None and target.scheme not in _ELSEWHERE else None


def _ask(work: SilentWork, plan: Plan, connection: Connection) -> dict[str, Any]:
    """Return the answers to a row's questions; one that fails or is late is left out."""
    answers = {}
    for command in work.questions if connection.dialect == "qmp" else ():
        try:
            answers[command] = connection.execute(command, deadline=PATIENCE)
        except InterruptError:
            raise RefusedError(plan.line, "interrupted") from None
        except QmonshError:
            break  # refused, silent or lost: the command itself will tell
    return answers


@contextmanager
def _repeated(look: Callable[[], None]) -> Iterator[None]:
    """Call a function again and again in a thread of its own meanwhile."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(AGAIN):
            look()

    thread = threading.Thread(target=run, name="qmonsh gauge", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)  # bounded: a file on a network that has gone does not let go of who looks


def _path(pid: int, name: str) -> str:
    """Return where a file of QEMU's is for us, ``""`` when the name is none of a file (json:, nbd://)."""
    name = name.removeprefix("file:")
    if os.path.isabs(name):
        return name
    try:
        path = os.path.join(os.readlink(f"/proc/{pid}/cwd"), name) if name else ""
    except OSError:  # another user's
        return ""
    return path if os.path.exists(path) else ""


def _fields(path: str) -> Mapping[str, int]:
    """Return the numbers of a file of lines "name: number", as far as we may read it."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            rows = (line.replace(":", " ").split() for line in file)
            return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
    except OSError:
        return {}
