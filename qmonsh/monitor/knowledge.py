"""What this monitor knows, fetched by need and once over a live connection.

Implements language.knowledge.Knowledge on the FactStore, so that lines and completion share every answer.
Knows which QMP commands only read. Must not know what the answers are used for.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from qmonsh.complete.question import ABSENT, Question, question
from qmonsh.errors import RefusedError
from qmonsh.monitor.facts import COMMANDS, DRIVERS, FactStore

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.connection import Connection
    from qmonsh.qapi.property import Property
    from qmonsh.qapi.schema import Schema

T = TypeVar("T")

_SCHEMA = question("query-qmp-schema")
_AGENT = question("guest-info")
_HELP = question("hmp:help")
_HELP_INFO = question("hmp:help info")


class LiveKnowledge:
    """Facts about the monitor at the other end of ``connection``.

    ``deadline`` (seconds) bounds each question. ``introspect=False`` (--no-introspect) never asks for
    device properties. ``facts`` is the store behind, which completion reads. Safe to use from several
    threads: a fact asked for twice at once is fetched once.
    """

    def __init__(
        self, connection: Connection, *, deadline: float | None = None, introspect: bool = True
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self.facts = FactStore(connection, deadline=deadline, introspect=introspect)

    def commands(self) -> frozenset[str]:
        """Return the names of the monitor's QMP commands; empty on a text monitor."""
        if self._connection.dialect == "hmp":
            return frozenset()
        if self._connection.dialect == "agent":
            return self._derived("command names", _AGENT, _enabled_names)
        return self._derived("command names", COMMANDS, _names)

    def schema(self) -> Schema | None:
        """Return the index of the monitor's schema, or None when it has none."""
        self._fetch(_SCHEMA)
        from qmonsh.complete.inquiry import Inquiry

        return Inquiry(self.facts).schema()

    def has_hmp(self) -> bool:
        """Return whether an HMP line can be passed on."""
        return self._connection.dialect == "hmp" or "human-monitor-command" in self.commands()

    def hmp_help(self) -> Mapping[str, str]:
        """Return every HMP command, alias and info word with its help text."""
        self._fetch(_HELP)
        self._fetch(_HELP_INFO)
        from qmonsh.complete.inquiry import Inquiry

        return Inquiry(self.facts).hmp_help()

    def drivers(self) -> Mapping[str, tuple[str, str, str]]:
        """Return the drivers of ``device_add help``: name -> (bus, alias, description)."""
        return self._derived("driver rows", DRIVERS, _driver_rows)

    def resolve_driver(self, name: str) -> str:
        """Return the real name of a driver given by its alias, else ``name``."""
        return next((real for real, row in self.drivers().items() if row[1] == name), name)

    def device_properties(self, driver: str) -> Mapping[str, Property] | None:
        """Return a driver's properties, or None when they may not or cannot be asked for."""
        asked = question("device-list-properties", typename=driver)
        if self._fetch(asked) is None:
            return None
        from qmonsh.qapi.property import parse_properties

        return self._derived(("properties", driver), asked, parse_properties)

    def has_file(self, path: str) -> bool:
        """Return whether there is a file with something in it, or a disk, where QEMU would open ``path``."""
        found = self.facts.qemu_path(path)
        return found is not None and _has_content(found)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the value of a command that cannot change the VM; refuses any other."""
        if not is_question(command, arguments):
            raise RefusedError(command, "knowledge is only gathered by commands that cannot change the VM")
        return self._connection.execute(command, arguments, deadline=self._deadline)

    def usage_after(self, description: str, plan: Plan) -> str:
        """Return how the command is written, after an error about its arguments; asks nothing."""
        from qmonsh.language.usage import usage_after

        is_there = self.facts.get(_SCHEMA) not in (None, ABSENT)
        return usage_after(description, plan, self.schema() if is_there else None)

    def forget(self) -> None:
        """Drop all facts."""
        self.facts.forget()

    def _fetch(self, asked: Question) -> Any:
        """Return an answer, or None when the monitor has none."""
        answer = self.facts.fetch(asked)
        return None if answer is ABSENT else answer

    def _derived(self, name: Hashable, asked: Question, make: Callable[[Any], T]) -> T:
        """Return what is worked out of an answer, once (complete/inquiry.py keeps its results so too)."""
        answer = self._fetch(asked)
        known = self.facts.memo.get(name)
        if known is not None and known[0][0] is answer:
            value: T = known[1]
            return value
        made = make(answer)
        self.facts.memo[name] = ((answer,), made)
        return made


def is_question(command: str, arguments: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a QMP command only reads."""
    if command == "human-monitor-command":
        return (arguments or {}).get("command-line") in HMP_QUESTIONS
    return command.startswith(("query-", "x-query-")) or command in QUESTIONS


#: What HMP alone tells, of which a part is wanted (language/convert_machine.py).
HMP_QUESTIONS = frozenset({"info migrate", "info migrate -a"})


QUESTIONS = frozenset(
    {
        "qom-get",
        "qom-list",
        "qom-list-types",
        "qom-list-get",
        "device-list-properties",
        "trace-event-get-state",
        "x-debug-query-block-graph",
    }
)


def _has_content(path: str) -> bool:
    """Return whether a path leads to a file that is not empty, or to a disk."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISBLK(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_size > 0)


def _names(rows: Any) -> frozenset[str]:
    return frozenset(row["name"] for row in rows or ())


def _enabled_names(info: Any) -> frozenset[str]:
    return frozenset(row["name"] for row in (info or {}).get("supported_commands", ()) if row.get("enabled"))


def _driver_rows(text: Any) -> dict[str, tuple[str, str, str]]:
    from qmonsh.complete.help_text import parse_drivers

    found = parse_drivers(text or "").values()
    return {one.name: (one.bus, one.alias, one.description) for one in found}
