"""What a command sets going and an event will end: said when it begins, reported when it is over.

Knows what is waited for (endings.py: for which events). Must not know the terminal. The user goes on typing
meanwhile; giving up the watching changes nothing in the VM.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from qmonsh.errors import QmonshError
from qmonsh.render.escape import one_line
from qmonsh.wire.message import Event

if TYPE_CHECKING:
    from qmonsh.shell.endings import Ask, Ending


class Watch(NamedTuple):
    """One thing that is waited for: the words it was set going with, and its endings."""

    words: str
    thing: str
    endings: tuple[Ending, ...]
    refusal: str = ""
    is_awaited: Callable[[Ask, str], bool] | None = None

    @property
    def events(self) -> str:
        """The names of the events, for people."""
        return " or ".join(dict.fromkeys(one.event for one in self.endings))

    def ending(self, event: Event) -> Ending | None:
        """Return which of the endings an event is."""
        for one in self.endings:
            key, value = one.match
            if (
                one.event == event.name
                and (not key or event.data.get(key) == value)
                and self._is_mine(one, event)
            ):
                return one
        return None

    def _is_mine(self, one: Ending, event: Event) -> bool:
        if not one.key or not self.thing:
            return True
        named = {str(event.data[key]) for key in (one.key, "device", "id", "path") if key in event.data}
        # A device is called by its id or by its QOM path; without an id it has only that.
        return not named.isdisjoint((self.thing, self.thing.rpartition("/")[2]))


class Follower:
    """The things waited for; ``report(text)`` is called in the reader thread when one is over."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._watches: list[Watch] = []

    def begin(self, command: str, arguments: Mapping[str, Any] | None) -> Watch | None:
        """Wait for what a QMP command will set going; to be called before it is sent."""
        from qmonsh.shell.endings import RULES

        rule = RULES.get(command)
        if rule is None or (command == "dump-guest-memory" and not (arguments or {}).get("detach")):
            return None
        given = arguments or {}
        thing = next((str(given[name]) for name in rule.arguments if name in given), "")
        words = one_line(f"{command} {thing}".strip())
        watch = Watch(words, thing, rule.endings, rule.refusal, rule.is_awaited)
        with self._lock:
            self._watches.append(watch)
        return watch

    def is_open(self, watch: Watch) -> bool:
        """Return whether it is still waited for."""
        return any(one is watch for one in self._watches)

    def end(self, watches: Iterable[Watch] | None = None) -> list[Watch]:
        """Wait no longer, for these or for all; returns those that were waited for."""
        # By identity: a command that was given twice is waited for twice, until one of the two is refused.
        chosen = None if watches is None else {id(watch) for watch in watches}
        with self._lock:
            ended = [one for one in self._watches if chosen is None or id(one) in chosen]
            self._watches = [one for one in self._watches if chosen is not None and id(one) not in chosen]
        return ended

    def answered(self, watches: Iterable[Watch], refusal: str | None) -> None:
        """End those watches of an answered command that nothing is to come for; success has no refusal."""
        if refusal is None:
            self.end(one for one in watches if one.refusal)
        else:
            self.end(one for one in watches if not one.refusal or one.refusal not in refusal)

    def end_idle(self, watches: Iterable[Watch], ask: Ask) -> None:
        """End those watches of a command that has succeeded for which, by a question, nothing is to come."""
        for watch in watches:
            with suppress(QmonshError):  # nobody answers: perhaps something is
                if watch.is_awaited and self.is_open(watch) and not watch.is_awaited(ask, watch.thing):
                    self.end([watch])

    def take(self, event: Event) -> None:
        """Take an event: report what it ends."""
        found = [(watch, ending) for watch in tuple(self._watches) if (ending := watch.ending(event))]
        ended = self.end(watch for watch, _ in found)
        said = {watch.words: ending for watch, ending in found if any(watch is one for one in ended)}
        for words, ending in said.items():
            self._report(f"{words}: {_outcome(ending, event)} ({event.name})")

    def words(self) -> str:
        """Return what is waited for, in a few words."""
        return ", ".join(dict.fromkeys(watch.words for watch in self._watches))


def _outcome(ending: Ending, event: Event) -> str:
    """Return what an event says of the thing, and why where it tells."""
    failed, why = event.data.get("error"), event.data.get("msg")
    if isinstance(failed, str) and failed:
        return f"it has failed: {failed}"
    return f"{ending.meaning}: {why}" if isinstance(why, str) and why else ending.meaning
