"""Events as one line each: when, what, and its data as name=value words.

Knows the shape of an event (qmp-spec, "Asynchronous events"). Must not know what any event means.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from qmonsh.render.escape import one_line
from qmonsh.render.form import PLAIN, Form
from qmonsh.render.json_text import dumps
from qmonsh.render.number import plain
from qmonsh.render.style import finish, paint

#: An event is one line even when a guest fills its data; the rest is counted, ``--json`` has it all.
_LONGEST = 4000
_DEEPEST = 6


class EventLike(Protocol):
    """What is needed of an event; wire.message.Event has it."""

    @property
    def name(self) -> str:
        """Return the event's name ("STOP")."""
        ...

    @property
    def data(self) -> dict[str, Any]:
        """Return its data, ``{}`` when it has none."""
        ...

    @property
    def seconds(self) -> int:
        """Return the host's time, -1 when unknown."""
        ...

    @property
    def microseconds(self) -> int:
        """Return the fraction of the second."""
        ...


def render_event(event: EventLike, form: Form = PLAIN) -> str:
    """Return "12:03:04.567 STOP key=value ..." in local time, without a line end."""
    line = " ".join(_words(event))
    if len(line) > _LONGEST:
        line = f"{line[:_LONGEST]}... ({len(line) - _LONGEST} more characters)"
    return finish(line, form)


def _words(event: EventLike) -> Iterator[str]:
    yield paint("dim", clock(event.seconds, event.microseconds))
    yield paint("head", one_line(event.name))
    yield from _data(event.data, "", 0)


def clock(seconds: int, microseconds: int) -> str:
    """Return local time of day with milliseconds, dashes when the time is unknown or impossible."""
    from datetime import datetime

    try:
        if seconds < 0:
            raise ValueError("QEMU gives -1 when it does not know the time")
        moment = datetime.fromtimestamp(seconds)
        return f"{moment:%H:%M:%S}.{microseconds // 1000 % 1000:03}"
    except (ValueError, OverflowError, OSError, TypeError):
        return "--:--:--.---"


def _data(data: Any, prefix: str, depth: int) -> Iterator[str]:
    for key, value in data.items() if isinstance(data, dict) else ():
        name = f"{prefix}{one_line(str(key))}"
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _data(value, f"{name}.", depth + 1)
        else:
            yield f"{paint('key', name)}={_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, str) and (not value or set(value) & set(" \"'=\\")):
        return one_line(dumps(value))
    return one_line(dumps(value)) if isinstance(value, list | dict) else plain(value)
