"""Waiting for what goes on after a command was accepted: migrations, jobs, dumps, events.

Knows how QEMU reports the end of such work and how it hides its failure (QEMU-FACTS c, i). Must not know
which line started it or how progress is shown.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator
from time import monotonic
from typing import Any, NamedTuple

from qmonsh.errors import (
    CommandError,
    ConnectionEndedError,
    DeadlineError,
    InterruptError,
    QmonshError,
    UsageError,
)
from qmonsh.language.plan import Wait
from qmonsh.monitor.carrying import drive
from qmonsh.monitor.connection import Connection
from qmonsh.wire.message import Command, Event, Message

#: Seconds between two looks at query-migrate, query-jobs or query-dump; events shorten the wait.
POLL = 0.2
MIGRATION_OVER = frozenset({"completed", "failed", "cancelled", "none", "colo", "postcopy-paused"})

Progress = Callable[[str, dict[str, Any]], None]


def wait_for(
    connection: Connection,
    wait: Wait,
    *,
    name: str,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> None:
    """Block until the work is over; raises CommandError when it failed, DeadlineError, InterruptError.

    ``seconds`` bounds the wait. Ctrl-C stops the waiting only: QEMU goes on.
    """
    until = None if seconds is None else monotonic() + seconds
    bell: queue.SimpleQueue[Event] = queue.SimpleQueue()
    end = connection.subscribe(bell.put)

    def answer(need: Command | Look) -> Any:
        if isinstance(need, Command):
            return connection.execute(need.name, need.arguments)
        if progress is not None:
            progress(wait.what or name, need.record)
        if until is not None and monotonic() >= until:
            raise DeadlineError(name, seconds or 0, is_answered=True)
        return _rest(bell, until)

    try:
        drive(follow(wait, name=name), answer)
    except (InterruptError, KeyboardInterrupt):
        raise InterruptError(name, is_answered=True) from None
    finally:
        end()


class Look(NamedTuple):
    """The work is not over: rest until an event came or POLL has passed; ``record`` is what was seen."""

    record: dict[str, Any]


def follow(wait: Wait, *, name: str) -> Generator[Command | Look, Any, None]:
    """Yield commands (handed back: their value) and rests until the work is over.

    Raises CommandError when it failed. Who drives it decides how long.
    """
    kinds = {"migration": _follow_migration, "job": _follow_job, "dump": _follow_dump}
    return kinds[wait.kind](wait, name)


def _rest(bell: queue.SimpleQueue[Event], until: float | None) -> None:
    """Sleep until it is worth looking again: an event came, or some time passed."""
    left = POLL if until is None else min(POLL, max(0.0, until - monotonic()))
    try:
        bell.get(timeout=left)
    except queue.Empty:
        return


def _follow_migration(wait: Wait, name: str) -> Generator[Command | Look, Any, None]:
    """Follow query-migrate to its end; a failed migration tells why in error-desc."""
    while True:
        record: dict[str, Any] = yield Command("query-migrate")
        status = record.get("status", "none")
        if status == "failed":
            why = record.get("error-desc", "QEMU gives no reason")
            raise CommandError("GenericError", f"migration failed: {why}", command=name)
        if status == "cancelled":
            raise CommandError("GenericError", "migration was cancelled", command=name)
        if status in MIGRATION_OVER:
            return
        yield Look(record)


def _follow_job(wait: Wait, name: str) -> Generator[Command | Look, Any, None]:
    """Follow one job of query-jobs; its failure is only in its "error", and it must be dismissed."""
    while True:
        jobs = {job.get("id"): job for job in (yield Command("query-jobs"))}
        job = jobs.get(wait.job)
        if job is None:
            return
        if job.get("status") == "concluded":
            yield Command("job-dismiss", {"id": wait.job})
            if job.get("error"):
                raise CommandError("GenericError", str(job["error"]), command=name)
            return
        if job.get("status") == "ready":
            command, argument = wait.ready
            yield Command(command, {argument: wait.job})
        yield Look(job)


def _follow_dump(wait: Wait, name: str) -> Generator[Command | Look, Any, None]:
    """Follow query-dump to its end; why a dump has failed is only in the event."""
    while True:
        record: dict[str, Any] = yield Command("query-dump")
        if record.get("status") == "failed":
            why = "the dump has failed; the event DUMP_COMPLETED says why"
            raise CommandError("GenericError", why, command=name)
        if record.get("status") != "active":
            return
        yield Look(record)


def raise_if_eventless(connection: Connection) -> None:
    """Raise UsageError on a connection that no event ever comes over: only QMP has them."""
    if connection.dialect != "qmp":
        who = {"hmp": "a text monitor", "agent": "the guest agent"}.get(connection.dialect, "this monitor")
        raise UsageError(f"{who} reports no events", advice="the VM's QMP monitor does")


class EventWatch:
    """Counts the events of a connection from the moment it is made, for ``--wait`` and ``.wait``.

    STOP comes before the reply of ``stop`` (QEMU-FACTS i), so the watch must be there before the command.
    """

    def __init__(self) -> None:
        self._seen: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._open = False

    def start(self) -> None:
        """Count events from now on."""
        self._open = True

    def __call__(self, message: Message) -> None:
        if self._open and isinstance(message, Event):
            self._seen.put(message)

    def wait(
        self, event: str, match: dict[str, str], *, seconds: float | None, alive: Callable[[], None]
    ) -> Event:
        """Return the first matching event; raises DeadlineError, and whatever ``alive`` raises.

        ``match`` maps dotted keys of the event's data to the wanted text. ``alive`` is called now and then
        to notice a lost connection, also in a flood of other events.
        """
        until = None if seconds is None else monotonic() + seconds
        look = monotonic() + POLL
        while True:
            now = monotonic()
            if now >= look:
                try:
                    alive()
                except ConnectionEndedError as error:
                    return self._queued(event, match, error)
                look = now + POLL
            if until is not None and now >= until:
                return self._queued(event, match, DeadlineError(event, seconds or 0, is_event=True))
            try:
                seen = self._seen.get(timeout=min(look, until or look) - now)
            except queue.Empty:
                continue
            if matches(seen, event, match):
                return seen

    def _queued(self, event: str, match: dict[str, str], error: QmonshError) -> Event:
        """Return the event when it has come by now, else raise the error; what comes meanwhile is late."""
        for _ in range(self._seen.qsize()):
            seen = self._seen.get()
            if matches(seen, event, match):
                return seen
        raise error


def matches(event: Event, name: str, match: dict[str, str]) -> bool:
    """Tell whether an event has this name and, at each dotted key of its data, this value as text."""
    return event.name == name and all(_text_at(event.data, key) == want for key, want in match.items())


def _text_at(data: Any, key: str) -> str | None:
    value = data
    for part in [key] if isinstance(data, dict) and key in data else key.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
