"""--replay: a recorded transcript printed as the session was; nothing is connected.

Knows the lines that transcript.py writes. Must not know how they came about, and must not trust them: a
transcript may come from somebody else.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from qmonsh.errors import CommandError, QmonshError, UsageError
from qmonsh.printer import OutputClosed, Printer
from qmonsh.render.error import render_error
from qmonsh.render.escape import printable
from qmonsh.render.event import clock, render_event
from qmonsh.render.json_text import dumps
from qmonsh.render.text import render_text
from qmonsh.script import Line, script_lines
from qmonsh.settings import Settings
from qmonsh.wire.message import Event

#: How every line that --record writes begins.
BEGINNING = '{"time": '
#: What a record is: a message, or what messages do not tell of a line (monitor/retelling.py).
DIRECTIONS = ("sent", "received", "line", "result")


class Record(NamedTuple):
    """One line of a transcript: when (seconds since 1970), one of DIRECTIONS, the message, whose it is."""

    time: float
    direction: str
    message: Any
    own: bool = False


class Asked(NamedTuple):
    """A command whose reply is to come: its name, whose it is, whether it is shown, the user's id for it."""

    name: str
    is_own: bool
    is_shown: bool
    id: dict[str, Any]


class Retold(NamedTuple):
    """A line whose result follows its messages: the view of the result, and the replies so far."""

    view: str
    replies: list[dict[str, Any]]


def replay(path: str, settings: Settings) -> int:
    """Print a transcript (``-`` is stdin) in the chosen output format and return the exit status.

    In text: every command, or the line that became several, with its time, its result as it is shown, and
    events, all on stdout; in json and raw: the results, one document a line, with --events the events among
    them. What qmonsh asked for itself is left out, but for -v. Raises UsageError naming file and line.
    """
    screen = Screen(Printer(settings), settings)
    try:
        for record in records(path, complain=screen.say):
            screen.show(record)
        screen.end_line()
    except OutputClosed:
        pass
    return 0


def records(path: str, *, complain: Callable[[str], None]) -> Iterator[Record]:
    """Return the records of a transcript as they are read; raises UsageError naming file and line.

    A line that a kill or a full disk has cut is told to ``complain`` and left out.
    """
    with closing(script_lines(path)) as lines:
        for line in lines:
            if not line.text.strip():
                continue
            try:
                yield _record(line)
            except UsageError:
                if not _is_cut(line.text):
                    raise
                complain(f"{line.origin}: this line was cut while it was written, and is left out")


def _is_cut(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text.startswith(BEGINNING)
    return False


def _record(line: Line) -> Record:
    try:
        found = json.loads(line.text)
        record = Record(float(found["time"]), found["direction"], found["message"], found.get("own") is True)
        dumps(record.message)  # what JSON cannot carry was never written by --record
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError, QmonshError):
        raise UsageError(f"{line.origin}: this is no line of a transcript (--record)") from None
    if record.direction not in DIRECTIONS or not abs(record.time) < 1e11:
        raise UsageError(f"{line.origin}: this is no line of a transcript (--record)")
    return record


class Screen:
    """Shows records one after another; replies belong to the commands in the order these were sent."""

    def __init__(self, printer: Printer, settings: Settings) -> None:
        self._printer = printer
        self._settings = settings
        self._is_text = settings.output == "text"
        self._waiting: deque[Asked] = deque()
        self._line: Retold | None = None
        self.say = printer.say

    def show(self, record: Record) -> None:
        """Print one record; messages that are neither command, reply nor event are passed over."""
        message = record.message
        if record.direction == "sent":
            self._command(record)
        elif record.direction == "line":
            self._begin_line(record)
        elif record.direction == "result":
            self._result(message)
        elif isinstance(message, str):
            self._answer(message)
        elif not isinstance(message, dict):
            return
        elif "QMP" in message:  # a new connection: nothing is to come from the one before
            self._waiting.clear()
        elif "event" in message:
            self._event(message)
        elif "return" in message or "error" in message:
            self._reply(message)

    def _begin_line(self, record: Record) -> None:
        """Begin a line whose result is told when it has ended; what was sent for it is not shown in text."""
        self.end_line()
        said = record.message if isinstance(record.message, dict) else {}
        self._line = Retold(str(said.get("view", "")), [])
        if self._is_text:
            self._arrow(record, str(said.get("line", "")))

    def end_line(self) -> None:
        """Show what came for a line whose result was never told: the recording ended before."""
        line, self._line = self._line, None
        for reply in line.replies if line is not None else ():
            self._shown(reply, "")

    def _result(self, message: Any) -> None:
        line, self._line = self._line, None
        # What was not answered then is answered too late now.
        self._waiting = deque(asked._replace(is_shown=False) for asked in self._waiting)
        if not isinstance(message, dict):
            return
        if self._settings.output == "raw" and line is not None and line.replies and "error" not in message:
            for reply in line.replies:
                self._shown(reply, "")
        else:
            self._shown(message, "" if line is None else line.view)

    def _command(self, record: Record) -> None:
        message = record.message if isinstance(record.message, dict) else {}
        name = message.get("execute", message.get("exec-oob", ""))
        is_shown = self._settings.verbose or not record.own
        self._waiting.append(
            Asked(str(name), record.own, is_shown, {key: message[key] for key in message if key == "id"})
        )
        if self._is_text and is_shown and (self._line is None or self._settings.verbose):
            self._arrow(record, record.message if isinstance(record.message, str) else dumps(record.message))

    def _arrow(self, record: Record, said: str) -> None:
        seconds = int(record.time)
        at = clock(seconds, int((record.time - seconds) * 1e6))
        self._printer.text(printable(f"{at} -> {said}"))

    def _answer(self, text: str) -> None:
        """Show the answer of a text monitor, or its banner, which nobody asked for."""
        if self._waiting:
            self._answered({"return": text})
        elif self._is_text:
            self._printer.text(printable(text))

    def _reply(self, message: dict[str, Any]) -> None:
        if self._waiting:  # else the answer to the negotiation, which is not recorded
            self._answered(message)

    def _answered(self, message: dict[str, Any]) -> None:
        asked = self._waiting.popleft()
        if not asked.is_shown:
            return
        # The id of the message is qmonsh's own.
        message = {**{key: value for key, value in message.items() if key != "id"}, **asked.id}
        if self._line is None or asked.is_own:
            self._shown(message, asked.name)
        else:
            self._line.replies.append(message)

    def _shown(self, message: dict[str, Any], view: str) -> None:
        """Show a reply, or the result of a line."""
        error = message.get("error")
        if isinstance(error, dict):
            raised = CommandError(str(error.get("class", "")), str(error.get("desc", "")), reply=message)
            if self._is_text:
                self._printer.text(render_error(raised, self._printer.form))
            else:
                self._printer.failure(raised)
        else:
            self._value(message, view)

    def _value(self, message: dict[str, Any], name: str) -> None:
        value = message.get("return")
        if self._is_text:
            if isinstance(value, str):
                value = value.replace("\r\n", "\n")
            text = render_text(value, view=name, form=self._printer.form)
            if text:
                self._printer.text(text)
        else:
            self._printer.text(dumps(value if self._settings.output == "json" else message))

    def _event(self, message: dict[str, Any]) -> None:
        data, stamp = message.get("data"), message.get("timestamp")
        at = stamp if isinstance(stamp, dict) else {}
        numbers = [at.get(key) for key in ("seconds", "microseconds")]
        seconds, micro = (number if isinstance(number, int) else -1 for number in numbers)
        fields = data if isinstance(data, dict) else {}
        event = Event(str(message["event"]), fields, seconds, micro, message)
        if self._is_text:
            self._printer.text(render_event(event, self._printer.form))
        elif self._settings.events:
            self._printer.event(event)
