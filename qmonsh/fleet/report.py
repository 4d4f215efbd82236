"""What many monitors answered: identical answers folded together, a table, or JSON lines with the target.

Knows the three forms and the worst status. Must not know how anything was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from qmonsh.errors import ConnectError, ConnectionLostError, QmonshError
from qmonsh.fleet.names import fold_names
from qmonsh.printer import Printer, deliver
from qmonsh.render.error import render_error
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.json_text import dumps
from qmonsh.render.layout import table
from qmonsh.render.shape import cell
from qmonsh.render.style import finish
from qmonsh.render.text import human_text, render_text
from qmonsh.wire.message import Event

if TYPE_CHECKING:
    from qmonsh.fleet.consent import Ask
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.carrying import Outcome
    from qmonsh.settings import Settings

#: Columns that the answers of several lines are moved in by.
INDENT = 2
CLEAR_LINE = "\r\x1b[K"


class Report:
    """Takes results as they come; JSON lines go out at once, text and tables in ``finish``.

    ``names`` are all members in the order to show. ``status`` is the worst so far.
    """

    def __init__(self, names: Iterable[str], settings: Settings, *, table: bool = False) -> None:
        self.settings = settings
        self.printer = Printer(settings)
        self.status = 0
        self.waiting = dict.fromkeys(names)
        self._order: dict[str, int | None] = {name: place for place, name in enumerate(self.waiting)}
        self._table = table
        self._answers: dict[str, tuple[Plan, Any]] = {}
        self._values: dict[str, Any] = {}
        self._failures: dict[str, QmonshError] = {}
        self._lines: list[str] = []
        self._output: Plan | None = None
        self._is_progress_shown = False
        self._is_asking = False

    # -- as it comes ---------------------------------------------------------------------------

    def replace(self, pattern: str, names: Iterable[str]) -> None:
        """Put the names that a pattern turned out to stand for in its place."""
        names = list(names)
        for kept in (self.waiting, self._order):
            before = list(kept)
            kept.clear()
            kept.update((new, None) for name in before for new in (names if name == pattern else [name]))
        self._order.update((name, place) for place, name in enumerate(self._order))

    def result(self, name: str, plan: Plan, outcome: Outcome) -> None:
        """Take what one monitor's line came to."""
        self.waiting.pop(name, None)
        if plan.output is not None:
            self._output = plan
        if self.settings.output == "raw":
            for reply in outcome.replies:
                self._document({"target": name, **reply})
        elif self.settings.output == "json":
            self._document({"target": name, "return": outcome.value})
        else:
            # Equal answers are kept once: the schema of 200 monitors would fill a gigabyte.
            self._answers[name] = (plan, self._values.setdefault(dumps(outcome.value), outcome.value))

    def failure(self, name: str, error: QmonshError) -> None:
        """Take why one monitor has no answer."""
        self.waiting.pop(name, None)
        self.status = max(self.status, error.status)
        if self.settings.output == "text":
            self._failures[name] = error
            return
        reply = getattr(error, "reply", None)
        document = reply if reply and self.settings.output == "raw" else error.document()
        self._document({"target": name, **document})

    def event(self, name: str, event: Event) -> None:
        """Print an event of one monitor (--events)."""
        if self.settings.output != "text":
            self._document({"target": name, **event.raw})
            return
        from qmonsh.render.event import render_event

        self._complain(f"{one_line(name)}: {render_event(event, self.printer.error_form).strip()}\n")

    def trace(self, name: str, text: str) -> None:
        """Print what is sent to one monitor (-v)."""
        self.clear_progress()
        self.printer.say(f"{name} -> {text}")

    def progress(self) -> None:
        """Show on the terminal how far it is; the line is overwritten by whatever comes next."""
        if self._is_asking:
            return
        total = len(self._order)
        names = fold_names(self.unanswered())
        text = f"{total - len(self.waiting)} of {total} done, waiting for {names}"
        width = (self.printer.error_form.width or 80) - 1
        self._is_progress_shown = True
        self._write_error(CLEAR_LINE + text[:width])

    def asking(self, ask: Ask) -> Ask:
        """Return a way to ask that no progress line writes over."""

        async def put(question: str) -> str:
            self.clear_progress()
            self._is_asking = True
            try:
                return await ask(question)
            finally:
                self._is_asking = False

        return put

    def unanswered(self) -> list[str]:
        """Return the names, fit to be shown, of those from whom nothing has come yet."""
        return [one_line(name) for name in self.waiting]

    def clear_progress(self) -> None:
        """Take the progress line away."""
        if self._is_progress_shown:
            self._is_progress_shown = False
            self._write_error(CLEAR_LINE)

    # -- at the end ----------------------------------------------------------------------------

    def finish(self) -> None:
        """Print what was kept: answers to stdout or where the line says, failures to stderr."""
        self.clear_progress()
        if self._output is not None:
            deliver(self._lines or self._text(Form()), self._output)
        else:
            for piece in self._text(self.printer.form):
                self.printer.text(piece)
        for label, text in self._grouped(self._failure_texts()):
            self._complain(_labelled(label, text))
        if self._failures:
            self.printer.say(f"{len(self._failures)} of {len(self._order)} failed")

    def _text(self, form: Form) -> Iterator[str]:
        if self._table and self._answers:
            yield _table_text(((name, value) for name, (_, value) in self._sorted(self._answers)), form)
            return
        narrow = Form(width=None if form.width is None else form.width - INDENT, colour=form.colour)
        texts: dict[str, str] = {}
        rendered: dict[tuple[int, str, str], str] = {}
        for name, (plan, value) in self._answers.items():
            key = id(value), plan.view, repr(plan.options)
            if key not in rendered:
                rendered[key] = render_text(value, view=plan.view, form=narrow, options=plan.options)
            texts[name] = rendered[key]
        for label, text in self._grouped(texts):
            yield _labelled(label, text)

    def _failure_texts(self) -> dict[str, str]:
        """Return what to say of each failure: where the causes are alike, the words of the first of them."""
        alike: dict[tuple[str, str], dict[str, str]] = {}
        for name, error in self._sorted(self._failures):
            text = failure_text(error)
            cause = error.cause if isinstance(error, ConnectError) else ""
            alike.setdefault((error.class_name, cause or text), {})[name] = text
        found: dict[str, str] = {}
        for texts in alike.values():
            first = next(iter(texts.values()))
            are_equal = len(set(texts.values())) == 1
            shown = first if are_equal else f"{first.rstrip()} (the first of them; the others are alike)"
            found.update(dict.fromkeys(texts, shown))
        return found

    def _grouped(self, texts: dict[str, str]) -> Iterator[tuple[str, str]]:
        """Return each text once, with the names of all that gave it, in the order of the members."""
        names: dict[str, list[str]] = {}
        for name, text in self._sorted(texts):
            names.setdefault(text, []).append(one_line(name))
        return ((fold_names(those), text) for text, those in names.items())

    def _sorted(self, found: dict[str, Any]) -> list[tuple[str, Any]]:
        return sorted(found.items(), key=lambda item: self._order.get(item[0]) or 0)

    # -- writing -------------------------------------------------------------------------------

    def _document(self, value: Any) -> None:
        if self._output is not None:
            self._lines.append(dumps(value) + "\n")
            return
        self.clear_progress()
        self.printer.text(dumps(value))

    def _complain(self, text: str) -> None:
        self.clear_progress()
        self._write_error(text)

    def _write_error(self, text: str) -> None:
        try:
            self.printer.stderr.write(text)
            self.printer.stderr.flush()
        except (OSError, ValueError):
            return  # nobody to tell


def failure_text(error: QmonshError) -> str:
    """Return an error without the address, which its label names, so that equal ones are folded together."""
    text = render_error(error).removeprefix("qmonsh: ")
    if isinstance(error, ConnectError | ConnectionLostError) and error.address:
        text = text.replace(f" to {one_line(error.address)}", "", 1)
    return text


def _labelled(label: str, text: str) -> str:
    """Return a text under its label: beside it when it is a line, moved in when it is more."""
    body = text.strip("\n")
    if "\n" not in body:
        return f"{label}: {body or 'done'}\n"
    lines = (" " * INDENT + line if line else "" for line in body.split("\n"))
    return "\n".join([f"{label}:", *lines]) + "\n"


def _table_text(answers: Iterable[tuple[str, Any]], form: Form) -> str:
    """Return a row for each monitor, its name in front; the columns are the members of the answers, a-z."""
    rows = [(name, _members(value)) for name, value in answers]
    keys = sorted({key for _, members in rows for key in members})
    heads = ["target", *(one_line(key) for key in keys)]
    cells = ([one_line(name), *(cell(had[k], k) if k in had else "" for k in keys)] for name, had in rows)
    lines = table(cells, heads, width=form.width)
    return finish("\n".join(lines) + "\n", form)


def _members(value: Any) -> dict[str, Any]:
    """Return an answer as members of a row; what is no record is one member."""
    text = human_text(value)
    if text is not None:
        return {"answer": text.replace("\r\n", "\n").strip("\n")}
    if isinstance(value, dict):
        return value or {"answer": "done"}
    return {"answer": value}
