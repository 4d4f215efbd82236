"""Results to stdout, diagnostics to stderr, events among them in wire order; the output of scripts.

Knows the output formats of DESIGN sections 1 and 10. Must not know where lines come from or how they are
carried out.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from qmonsh.errors import OutputError, QmonshError, UsageError
from qmonsh.monitor.session import Outcome
from qmonsh.render.form import Form
from qmonsh.wire.message import ErrorReply, Event, Ignored, Message, Return

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.settings import Settings


_REPLIES = (Return, ErrorReply)
_REPORTED = (Event, Ignored)


class OutputClosed(Exception):
    """stdout was closed by its reader (``| head``); not an error worth a word."""


class Printer:
    """Writes results to stdout and diagnostics to stderr, events in wire order among them.

    Events come in the reader thread; from a reply until its result is printed (or the next command is
    sent) they are held back, so that the order on stdout is the order on the wire.
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
        #: Called when events find stdout closed, in the thread that reads: no result will be read either.
        self.on_closed: Callable[[], None] = lambda: None

    def observe(self, message: Message) -> None:
        """Take a message from the wire, in the reader thread: print events, hold them back behind a reply."""
        with self._lock:
            if isinstance(message, _REPLIES):
                self._holding = True
            elif isinstance(message, _REPORTED):
                if self._holding:
                    self._held.append(message)
                else:
                    self._report(message)

    def release(self) -> None:
        """Print what was held back while a result was on its way."""
        if not self._holding and not self._held:
            return
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
            except OutputClosed:
                self.closed = True
                self.on_closed()
            except OutputError:  # said by the next result; the reader thread goes on
                self.closed = True

    # -- results -----------------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        """Print an event: a document of the stream, or a line on stderr."""
        if self.settings.output != "text":
            self._document(event.raw)
            return
        from qmonsh.render.event import render_event

        self._write(self.stderr, render_event(event, self.error_form).rstrip("\n") + "\n")

    def result(self, plan: Plan, outcome: Outcome, file: TextIO | None = None) -> int:
        """Print what a line came to, to stdout or where the line says (``file`` is what it reserved).

        Returns the exit status of the shell command behind ``|``, 0 where there is none.
        """
        if plan.output is not None:
            return deliver(self.render(plan, outcome, Form()), plan, file)
        for piece in self.render(plan, outcome, self.form):
            self._write(self.stdout, piece)
        self._flush()
        return 0

    def render(self, plan: Plan, outcome: Outcome, form: Form) -> Iterator[str]:
        """Yield the result in the chosen output format, piece by piece: all of a huge one is never held."""
        if self.settings.output == "text":
            from qmonsh.render.text import stream_text

            yield from stream_text(outcome.value, view=plan.view, form=form, options=plan.options)
            return
        from qmonsh.render.json_text import stream_dumps

        for value in [outcome.value] if self.settings.output == "json" else outcome.replies:
            yield from stream_dumps(value)

    def failure(self, error: QmonshError) -> None:
        """Print an error: the document on stdout (json, raw), and words on stderr in text."""
        if self.settings.output == "text":
            from qmonsh.render.error import render_error

            self._write(self.stderr, render_error(error, self.error_form))
        else:
            reply = getattr(error, "reply", None)
            self._document(reply if reply and self.settings.output == "raw" else error.document())
        if self.settings.debug:
            from qmonsh.render.error import render_traceback

            self._write(self.stderr, render_traceback(error))

    def say(self, text: str) -> None:
        """Print a diagnostic line to stderr, foreign text made visible."""
        from qmonsh.render.escape import printable

        self._write(self.stderr, printable(f"qmonsh: {text}") + "\n")

    def page(self, text: str) -> None:
        """Print a page of help to stdout: a document of the stream, or text."""
        if self.settings.output == "text":
            self.text(text)
        else:
            self._document(text)

    def value(self, value: Any) -> None:
        """Print data of our own making to stdout: a document of the stream, or text."""
        if self.settings.output != "text":
            self._document(value)
            return
        from qmonsh.render.text import stream_text

        text = "".join(stream_text(value, form=self.form))
        if text:
            self.text(text)

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
            # A diagnostic that cannot be written can be told to nobody; the result counts.
            if stream is self.stdout:
                raise OutputError("stdout", error.strerror or str(error)) from None

    def _flush(self) -> None:
        try:
            self.stdout.flush()
        except (BrokenPipeError, ValueError):
            raise OutputClosed from None
        except OSError as error:
            raise OutputError("stdout", error.strerror or str(error)) from None


def reserve(plan: Plan) -> TextIO | None:
    """Open the file that a line sends its result to, before anything is sent; raises UsageError.

    What the file holds stays until there is a result.
    """
    if plan.output is None or plan.output.operator == "|":
        return None
    path = plan.output.operand
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_APPEND if plan.output.operator == ">>" else 0)
        return open(os.open(os.path.expanduser(path), flags, 0o666), "w", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {path}: {getattr(error, 'strerror', error)}") from None


def deliver(pieces: Iterable[str], plan: Plan, file: TextIO | None = None) -> int:
    """Give a rendered result to the file or shell command that the line names, as it comes.

    ``file`` is what ``reserve`` returned, if it was called. Returns the shell command's exit status (that of
    a signal negative), 0 for a file. Raises UsageError and OutputError.
    """
    assert plan.output is not None
    operator, operand = plan.output.operator, plan.output.operand
    if operator == "|":
        return _piped(pieces, operand)
    file = file or reserve(plan)
    assert file is not None
    pieces = iter(pieces)
    try:
        with file:
            first = next(pieces, "")
            if operator == ">" and os.path.isfile(file.fileno()):
                file.truncate()
            file.write(first)
            file.writelines(pieces)
    except OSError as error:
        raise OutputError(operand, error.strerror or str(error)) from None
    return 0


def _piped(pieces: Iterable[str], command: str) -> int:
    """Feed a shell command and return its exit status; one that does not read all of it may."""
    import subprocess
    from contextlib import suppress

    sys.stdout.flush()
    # A shell is what the user asked for by typing a pipe; the reply travels on its stdin only.
    with subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.PIPE, text=True, encoding="utf-8"
    ) as child:
        assert child.stdin is not None
        try:
            with suppress(BrokenPipeError):
                child.stdin.writelines(pieces)
            with suppress(BrokenPipeError):
                child.stdin.close()
            return child.wait()
        except BaseException:
            child.kill()
            with suppress(BrokenPipeError):
                child.stdin.close()
            raise


def _columns() -> int:
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80
