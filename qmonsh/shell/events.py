"""Events as the user wants to see them: all, some or none, floods folded, the last ones kept.

Knows names, patterns and rates. Must not know the terminal: lines go through ``emit``, time comes from
``clock`` and later from ``call_later``.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from fnmatch import fnmatchcase
from time import monotonic

from qmonsh.errors import UsageError
from qmonsh.monitor.recent import RecentEvents
from qmonsh.render.form import Form
from qmonsh.wire.message import Event

#: So many events of one name within a second are shown; what follows is counted.
MOST = 10
#: So many events of all names are: a monitor may call each of its events differently.
MOST_OF_ALL = 200
#: Names whose rate is remembered; those that have been quiet are forgotten.
NAMES = 1000
#: Seconds between two counts while a flood lasts.
WINDOW = 1.0


class Flood:
    """Events of one name that were counted instead of shown."""

    def __init__(self) -> None:
        self.count = 0
        self.last: Event | None = None


class Folder:
    """Decides which events are shown and which are only counted; one per reporter, not thread-safe."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}
        self._recent: deque[float] = deque(maxlen=MOST_OF_ALL)
        #: By name; None is the flood of all names.
        self.floods: dict[str | None, Flood] = {}

    def take(self, event: Event, now: float) -> bool:
        """Return whether the event is to be shown; ``now`` is in seconds."""
        flood = self.floods.get(event.name) or self.floods.get(None)
        if flood is not None:
            flood.count += 1
            flood.last = event
            return False
        times = self._times.setdefault(event.name, deque(maxlen=MOST))
        times.append(now)
        if len(times) == MOST and now - times[0] < WINDOW:
            self.floods[event.name] = Flood()
        self._recent.append(now)
        if len(self._recent) == MOST_OF_ALL and now - self._recent[0] < WINDOW:
            self.floods[None] = Flood()
        if len(self._times) > NAMES:
            self._times = {name: times for name, times in self._times.items() if now - times[-1] < WINDOW}
        return True

    def tick(self) -> list[Flood]:
        """Return what was counted since the last tick; a flood without anything new is over."""
        for name in [name for name, flood in self.floods.items() if not flood.count]:
            del self.floods[name]
            if name is not None:
                self._times.pop(name, None)
        told = list(self.floods.values())
        self.floods = {name: Flood() for name in self.floods}
        return told


class EventReporter(RecentEvents):
    """Shows events through ``emit``; ``call_later(seconds, function)`` is for the counts of floods.

    ``shown`` are the patterns of names that are shown ("*" is all). Called from the reader thread.
    """

    def __init__(
        self,
        emit: Callable[[str], None],
        call_later: Callable[[float, Callable[[], None]], None],
        *,
        colour: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__()
        self.shown: tuple[str, ...] = ("*",)
        self.form = Form(colour=colour)
        self._emit = emit
        self._call_later = call_later
        self._clock = clock
        self._reporting = threading.Lock()
        self._folder = Folder()
        self._ticking = False
        self._file = -1
        self.path = ""

    def take(self, event: Event) -> None:
        """Take an event: keep it, write it to the file, show or count it."""
        super().take(event)
        with self._reporting:
            self._write_file(event)
            if not any(fnmatchcase(event.name, pattern) for pattern in self.shown):
                return
            show = self._folder.take(event, self._clock())
            start = bool(self._folder.floods) and not self._ticking
            self._ticking = self._ticking or start
        if show:
            self._emit(self._line(event) + "\n")
        if start:
            self._call_later(WINDOW, self._tick)

    def show_last(self, count: int) -> list[str]:
        """Return the last ``count`` events as lines."""
        return [self._line(event) for event in self.last(count)]

    def to_file(self, path: str) -> None:
        """Append every event to a file as JSON lines from now on, ``""`` ends it; raises UsageError."""
        with self._reporting:
            if self._file >= 0:
                os.close(self._file)
            self._file, self.path = -1, ""
            if not path:
                return
            try:
                # Opening a fifo that nobody reads must fail, not hang the shell.
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
                self._file = os.open(os.path.expanduser(path), flags, 0o600)
                os.set_blocking(self._file, True)
            except OSError as error:
                raise UsageError(f"cannot write events to {path}: {error.strerror}") from None
            self.path = path

    def _write_file(self, event: Event) -> None:
        if self._file < 0:
            return
        from qmonsh.render.json_text import dumps

        try:
            os.write(self._file, (dumps(event.raw) + "\n").encode())
        except OSError as error:
            os.close(self._file)
            self._file = -1
            self._emit(f"qmonsh: events are no longer written to {self.path}: {error.strerror}\n")

    def _line(self, event: Event) -> str:
        from qmonsh.render.event import render_event  # the prompt must not wait for it

        return render_event(event, self.form)

    def _tick(self) -> None:
        with self._reporting:
            told = self._folder.tick()
            self._ticking = bool(self._folder.floods)
            again = self._ticking
        for flood in told:
            if flood.last is not None:
                line = self._line(flood.last)
                self._emit(f"{line}   (the last of {flood.count} more in {WINDOW:g} s)\n")
        if again:
            self._call_later(WINDOW, self._tick)
