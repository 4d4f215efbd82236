"""One-shot and scripts: lines in, results out, an exit status at the end; asks nothing, shows no prompt.

Knows the order of output, what stops a script and what --json promises (DESIGN sections 1 and 10). Must
not know how options are spelled, nor import prompt_toolkit, pygments or asyncio.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from qmonsh.errors import (
    IncompleteLineError,
    InterruptError,
    LineError,
    QmonshError,
    RefusedError,
    UsageError,
)
from qmonsh.monitor.connection import sent_object
from qmonsh.monitor.session import Outcome, Session
from qmonsh.monitor.waiting import EventWatch
from qmonsh.render.error import render_error
from qmonsh.render.form import Form
from qmonsh.wire.message import Command, ErrorReply, Event, Ignored, Message, Return

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan, Step
    from qmonsh.settings import Settings
    from qmonsh.target import Target
    from qmonsh.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input and where it stands ("script.qm:3", "" for COMMAND)."""

    text: str
    origin: str = ""


class OutputClosed(Exception):
    """stdout was closed by its reader (``| head``); not an error worth a word."""


class Printer:
    """Writes results to stdout and diagnostics to stderr, events in wire order among them.

    Events come in the reader thread; from a reply until its result is printed they are held back, so that
    the order on stdout is the order on the wire.
    """

    def __init__(
        self, settings: Settings, *, stdout: TextIO | None = None, stderr: TextIO | None = None
    ) -> None:
        self.settings = settings
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        terminal = settings.terminal
        self.form = Form(
            width=_columns() if terminal.stdout else None, colour=settings.colour_for(terminal.stdout)
        )
        self.error_form = Form(
            width=_columns() if terminal.stderr else None, colour=settings.colour_for(terminal.stderr)
        )
        self._lock = threading.Lock()
        self._holding = False
        self._held: list[Message] = []
        self.closed = False

    # -- called in the reader thread ---------------------------------------------------------------

    def observe(self, message: Message) -> None:
        """Take a message from the wire: print events, hold them back behind a reply."""
        if isinstance(message, Return | ErrorReply):
            self._holding = True
        elif isinstance(message, Event | Ignored):
            with self._lock:
                if self._holding:
                    self._held.append(message)
                    return
            self._report(message)

    def release(self) -> None:
        """Print what was held back while a result was on its way."""
        with self._lock:
            held, self._held = self._held, []
            self._holding = False
        for message in held:
            self._report(message)

    def _report(self, message: Message) -> None:
        if isinstance(message, Ignored):
            if self.settings.verbose:
                self.say(f"ignored: {message.reason}")
        elif isinstance(message, Event) and self.settings.events and not self.closed:
            try:
                self.event(message)
            except (OutputClosed, UsageError):  # said by the next result; the reader thread goes on
                self.closed = True

    # -- results -----------------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """Print an event: a document of the stream, or a line on stderr."""
        if self.settings.output != "text":
            self._document(event.raw)
            return
        from qmonsh.render.event import render_event

        self._write(self.stderr, render_event(event, self.error_form).rstrip("\n") + "\n")

    def result(self, plan: Plan, outcome: Outcome) -> None:
        """Print what a line came to, to stdout or where the line says."""
        if plan.output is not None:
            deliver(self.render(plan, outcome, Form()), plan)
            return
        if self.settings.output == "text":
            from qmonsh.render.text import stream_text

            for piece in stream_text(outcome.value, view=plan.view, form=self.form):
                self._write(self.stdout, piece)
            self._flush()
        else:
            self._write(self.stdout, self.render(plan, outcome, self.form))
            self._flush()

    def render(self, plan: Plan, outcome: Outcome, form: Form) -> str:
        """Return the result as text in the chosen output format."""
        from qmonsh.render.json_text import dumps

        if self.settings.output == "json":
            return dumps(outcome.value) + "\n"
        if self.settings.output == "raw":
            return "".join(dumps(reply) + "\n" for reply in outcome.replies)
        from qmonsh.render.text import render_text

        return render_text(outcome.value, view=plan.view, form=form)

    def failure(self, error: QmonshError) -> None:
        """Print an error: the document on stdout (json, raw), and words on stderr in text."""
        if self.settings.output == "text":
            self._write(self.stderr, render_error(error, self.error_form))
        else:
            reply = getattr(error, "reply", None)
            self._document(reply if reply and self.settings.output == "raw" else error.document())
        if self.settings.debug:
            import traceback

            self._write(self.stderr, "".join(traceback.format_exception(error)))

    def say(self, text: str) -> None:
        """Print a diagnostic line to stderr, foreign text made visible."""
        from qmonsh.render.escape import printable

        self._write(self.stderr, printable(f"qmonsh: {text}") + "\n")

    def text(self, text: str) -> None:
        """Print text of our own making to stdout."""
        self._write(self.stdout, text if text.endswith("\n") else text + "\n")
        self._flush()

    def _document(self, value: Any) -> None:
        from qmonsh.render.json_text import dumps

        self._write(self.stdout, dumps(value) + "\n")
        self._flush()

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
        except (BrokenPipeError, ValueError):
            if stream is self.stdout:
                raise OutputClosed from None
        except OSError as error:
            raise UsageError(f"cannot write to stdout: {error.strerror}") from None

    def _flush(self) -> None:
        try:
            self.stdout.flush()
        except (BrokenPipeError, ValueError):
            raise OutputClosed from None
        except OSError as error:
            raise UsageError(f"cannot write to stdout: {error.strerror}") from None


class Batch:
    """Runs lines on a session and keeps the worst status."""

    def __init__(self, session: Session, printer: Printer, settings: Settings) -> None:
        self._session = session
        self._printer = printer
        self._settings = settings
        self.status = 0
        self.ended = False

    def run(self, lines: Iterable[Line]) -> int:
        """Run the lines until one fails (all of them with --keep-going); returns the exit status."""
        for line in statements(lines):
            try:
                if isinstance(line, LineError):
                    raise line
                self._run_line(line)
            except QmonshError as error:
                self._fail(error, line)
            finally:
                self._printer.release()
            if self.ended or (self.status and not self._settings.keep_going):
                break
        return self.status

    def wait(self, watch: EventWatch, event: str, match: dict[str, str]) -> int:
        """Wait for the event of --wait, print it, and return the exit status."""
        connection = self._session.connection

        def alive() -> None:
            if self._printer.closed:
                raise OutputClosed
            if connection.lost is not None:
                raise connection.lost

        try:
            seen = watch.wait(event, match, seconds=self._settings.timeout, alive=alive)
            if not self._settings.events:
                self._printer.event(seen)
        except KeyboardInterrupt:
            self._fail(InterruptError(f"the wait for {event}"), Line(""))
        except QmonshError as error:
            self._fail(error, Line(""))
        return self.status

    def _run_line(self, line: Line) -> None:
        plan = self._session.plan(line.text)
        if self._settings.explain:
            self._explain(plan)
            return
        if self._settings.read_only and plan.acts:
            raise RefusedError(plan.name, "--read-only allows only what cannot change the VM")
        if self._settings.verbose:
            self._trace(plan)
        outcome = self._session.run(plan, progress=None)
        self._printer.result(plan, outcome)
        if plan.name == "quit":
            self.ended = True

    def _explain(self, plan: Plan) -> None:
        from qmonsh.language.explain import explain

        text = explain(plan, self._settings.explain_as, target=self._session.target.address)
        self._printer.text(text)
        if plan.why and self._settings.output == "text":
            self._printer.say(f"{plan.way.value}: {plan.why}")

    def _trace(self, plan: Plan) -> None:
        from qmonsh.language.secrets import mask_value
        from qmonsh.render.json_text import dumps

        for step in plan.steps:
            sent = mask_value(step_object(step), plan.secrets)
            self._printer.say(f"-> {dumps(sent)}")

    def _fail(self, error: QmonshError, line: Line | LineError) -> None:
        if isinstance(line, Line) and line.origin and not getattr(error, "origin", ""):
            error.origin = line.origin  # type: ignore[attr-defined]
        self._printer.failure(error)
        self.status = max(self.status, error.status)
        if self._session.connection.lost is not None:
            self.ended = True


def step_object(step: Step) -> dict[str, Any]:
    """Return the QMP object that a step becomes, without id."""
    return sent_object(Command(step.command, step.arguments, step.oob))


def statements(lines: Iterable[Line]) -> Iterator[Line | LineError]:
    """Join the lines of JSON objects and transactions that span several; skip blanks and comments.

    A statement that is still open at the end of the input is returned as the error that says so.
    """
    from qmonsh.language.reader import is_complete

    pending: Line | None = None
    for line in lines:
        text = line.text.rstrip("\r\n")
        if pending is not None:
            pending = Line(f"{pending.text}\n{text}", pending.origin)
        elif not text.strip() or text.lstrip().startswith("#"):
            continue
        else:
            pending = Line(text, line.origin)
        if is_complete(pending.text):
            yield pending
            pending = None
    if pending is not None:
        error = IncompleteLineError("the input ends inside this statement", line=pending.text)
        error.origin = pending.origin
        yield error


def script_lines(path: str) -> Iterator[Line]:
    """Return the lines of a script as they arrive; ``-`` is stdin. Raises UsageError when unreadable."""
    name = "stdin" if path == "-" else path
    try:
        stream = sys.stdin if path == "-" else open(path, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return _numbered(stream, name)


def _numbered(stream: TextIO, name: str) -> Iterator[Line]:
    number = 0
    try:
        while text := stream.readline():
            number += 1
            yield Line(text, f"{name}:{number}")
    except UnicodeDecodeError:
        raise UsageError(f"{name}:{number + 1}: this is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"cannot read {name}: {error.strerror}") from None


def deliver(text: str, plan: Plan) -> None:
    """Give a rendered result to the file or shell command that the line names; raises UsageError."""
    assert plan.output is not None
    operator, operand = plan.output.operator, plan.output.operand
    if operator == "|":
        import subprocess

        sys.stdout.flush()
        # A shell is what the user asked for by typing a pipe; the reply travels on its stdin only.
        subprocess.run(["/bin/sh", "-c", operand], input=text, text=True, check=False)
        return
    try:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if operator == ">>" else os.O_TRUNC)
        with open(os.open(os.path.expanduser(operand), flags, 0o666), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {operand}: {error.strerror}") from None


def _columns() -> int:
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


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
    lines = _chain(sources, command, read_stdin=not wait)
    printer = Printer(settings)
    watch = EventWatch()
    event, match = parse_wait(wait) if wait else ("", {})
    transcript = _transcript(settings, printer)
    session = Session(
        target,
        dialect=settings.dialect,
        connect_timeout=settings.connect_timeout,
        deadline=settings.timeout,
        introspect=settings.introspect,
        oob=any("exec-oob" in text for _, text in (*sources, ("", command))),
        observers=(printer.observe, watch),
        tap=transcript,
    )
    batch = Batch(session, printer, settings)
    try:
        session.connect()
        watch.start()
        status = batch.run(lines)
        if wait and (status == 0 or settings.keep_going):
            status = batch.wait(watch, event, match)
        return status
    except OutputClosed:
        return batch.status
    finally:
        session.close()
        if transcript is not None:
            transcript.close()


def _chain(sources: Sequence[tuple[str, str]], command: str, *, read_stdin: bool) -> Iterator[Line]:
    """Return all input lines in their order; unreadable files are said before anything is sent."""
    readers: list[Iterator[Line]] = []
    for kind, text in sources:
        lines = (Line(part) for part in [text]) if kind == "command_lines" else script_lines(text)
        readers.append(iter(lines))
    if command:
        readers.append(iter([Line(command)]))
    if not readers and read_stdin:
        readers.append(script_lines("-"))
    return (line for reader in readers for line in reader)


def _transcript(settings: Settings, printer: Printer) -> Transcript | None:
    if not settings.record:
        return None
    from qmonsh.transcript import Transcript

    return Transcript(settings.record, printer.say)


def parse_wait(text: str) -> tuple[str, dict[str, str]]:
    """Return the event name and the wanted data of ``--wait EVENT[,key=value...]``; raises UsageError."""
    name, *pairs = text.split(",")
    match = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--wait {text}: '{pair}' is not key=value")
        match[key] = value
    if not name:
        raise UsageError("--wait needs an event name", advice="for example --wait STOP")
    return name.strip(), match
