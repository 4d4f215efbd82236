"""A one-shot or a script from beginning to end: options become a session, readers of lines and a Batch.

Knows in which order -c, -f, COMMAND and stdin are read, and what is closed when. Must not know how a line
runs or what stops a script (batch.py), nor import prompt_toolkit, pygments or asyncio.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qmonsh.batch import Batch, event_watch, parse_wait
from qmonsh.monitor.session import Session
from qmonsh.printer import OutputClosed, Printer
from qmonsh.script import Script, Statements, script_lines, typed_lines

if TYPE_CHECKING:
    from qmonsh.settings import Settings
    from qmonsh.target import Target


def run_lines(
    target: Target,
    sources: Sequence[tuple[str, str]],
    command: str,
    wait: str,
    settings: Settings,
) -> int:
    """Connect, run -c and -f in the order given, COMMAND last, or stdin; returns the exit status.

    ``sources`` are ("command_lines", LINE) or ("files", PATH); ``wait`` is the text of --wait.
    """
    statements = Statements(*_scripts(sources, command, read_stdin=not wait))
    printer = Printer(settings)

    event, match = parse_wait(wait) if wait else ("", {})
    watch = event_watch() if wait else None
    batch: Batch  # made of the session, which tells it what goes over the wire
    observers = (printer.observe, lambda message: batch.recent.observe(message))
    session = Session(
        target,
        dialect=settings.dialect,
        connect_timeout=settings.connect_timeout,
        max_reply=settings.max_reply << 20,
        max_depth=settings.max_depth,
        deadline=settings.timeout,
        introspect=settings.introspect,
        oob=any("exec-oob" in text for _, text in (*sources, ("", command))),
        observers=observers if watch is None else (*observers, watch),
        tap=lambda direction, message, own: batch.tap(direction, message, own),
    )
    batch = Batch(session, printer, settings)
    if settings.record:
        batch.record(settings.record)
    try:
        session.connect()
        waiting = threading.current_thread()
        printer.on_closed = lambda: session.connection.interrupt(waiting)
        if session.connection.note:
            printer.say(session.connection.note)
        if watch is not None:
            from qmonsh.monitor.event_names import raise_if_unknown
            from qmonsh.monitor.waiting import raise_if_eventless

            raise_if_eventless(session.connection)
            raise_if_unknown(event, session.knowledge.schema)
            watch.start()
        status = batch.run(statements)
        if watch is not None and (status == 0 or settings.keep_going):
            status = batch.wait(watch, event, match)
        return status
    except OutputClosed:
        return batch.status
    finally:
        statements.close()
        session.close()
        batch.record("")


def _scripts(sources: Sequence[tuple[str, str]], command: str, *, read_stdin: bool) -> list[Script]:
    """Return where lines come from, in their order; unreadable files are said before anything is sent."""
    scripts = [typed_lines(text) if kind == "command_lines" else script_lines(text) for kind, text in sources]
    if command:
        scripts.append(typed_lines(command))
    if not scripts and read_stdin:
        scripts.append(script_lines("-"))
    return scripts
