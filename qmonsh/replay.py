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


class Record(NamedTuple):
    """One line of a transcript: when (seconds since 1970), "sent" or "received", the message, whose it is."""

    time: float
    direction: str
    message: Any
    own: bool = False


class Asked(NamedTuple):
    """A command whose reply is to come: its name, and whether it is shown."""

    name: str
    is_shown: bool


def replay(path: str, settings: Settings) -> int:
    """Print a transcript (``-`` is stdin) in the chosen output format and return the exit status.

    In text: every command with its time, its reply as it is shown, and events, all on stdout; in json and
    raw: the replies, one document a line, with --events the events among them. What qmonsh asked for itself
    is left out, but for -v. Raises UsageError naming file and line.
    """
    screen = Screen(Printer(settings), settings)
    try:
        for record in records(path, complain=screen.say):
            screen.show(record)
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
    if record.direction not in ("sent", "received") or not abs(record.time) < 1e11:
        raise UsageError(f"{line.origin}: this is no line of a transcript (--record)")
    return record


class Screen:
    """Shows records one after another; replies belong to the commands in the order these were sent."""

    def __init__(self, printer: Printer, settings: Settings) -> None:
        self._printer = printer
        self._settings = settings
        self._is_text = settings.output == "text"
        self._waiting: deque[Asked] = deque()
        self.say = printer.say

    def show(self, record: Record) -> None:
        """Print one record; messages that are neither command, reply nor event are passed over."""
        message = record.message
        if record.direction == "sent":
            self._command(record)
        elif isinstance(message, str):
            self._answer(message)
        elif not isinstance(message, dict):
            return
        elif "event" in message:
            self._event(message)
        elif "return" in message or "error" in message:
            self._reply(message)

    def _command(self, record: Record) -> None:
        message = record.message
        name = message.get("execute", message.get("exec-oob", "")) if isinstance(message, dict) else ""
        asked = Asked(str(name), self._settings.verbose or not record.own)
        self._waiting.append(asked)
        if self._is_text and asked.is_shown:
            said = message if isinstance(message, str) else dumps(message)
            seconds = int(record.time)
            self._printer.text(printable(f"{clock(seconds, int((record.time - seconds) * 1e6))} -> {said}"))

    def _answer(self, text: str) -> None:
        """Show the answer of a text monitor, or its banner, which nobody asked for."""
        if self._waiting:
            if self._waiting.popleft().is_shown:
                self._value({"return": text}, "")
        elif self._is_text:
            self._printer.text(printable(text))

    def _reply(self, message: dict[str, Any]) -> None:
        if not self._waiting:
            return  # the answer to the negotiation, which is not recorded
        asked = self._waiting.popleft()
        if not asked.is_shown:
            return
        # The id is qmonsh's own.
        message = {key: value for key, value in message.items() if key != "id"}
        error = message.get("error")
        if isinstance(error, dict):
            raised = CommandError(str(error.get("class", "")), str(error.get("desc", "")), reply=message)
            if self._is_text:
                self._printer.text(render_error(raised, self._printer.form))
            else:
                self._printer.failure(raised)
        else:
            self._value(message, asked.name)

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
