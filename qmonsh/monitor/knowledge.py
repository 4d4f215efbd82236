"""What this monitor knows, fetched by need and once over a live connection.

Implements language.knowledge.Knowledge. Knows which questions are safe to ask a QEMU (QEMU-FACTS 0.1)
and which answers cannot change while it runs. Must not know what the answers are used for.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from qmonsh.errors import CommandError, RefusedError

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection
    from qmonsh.qapi.property import Property
    from qmonsh.qapi.schema import Schema

T = TypeVar("T")

#: One driver of ``device_add help``: its name, bus, alias and description.
DRIVER_LINE = re.compile(
    r'^name "(?P<name>[^"]+)"(?:, bus (?P<bus>[^,\n]+))?'
    r'(?:, alias "(?P<alias>[^"]+)")?(?:, desc "(?P<desc>.*)")?'
)


class LiveKnowledge:
    """Facts about the monitor at the other end of ``connection``.

    ``deadline`` (seconds) bounds each question. ``introspect=False`` (--no-introspect) never asks for
    device properties. Safe to use from several threads: a fact asked for twice at once is fetched once.
    """

    def __init__(
        self, connection: Connection, *, deadline: float | None = None, introspect: bool = True
    ) -> None:
        self._connection = connection
        self._deadline = deadline
        self._introspect = introspect
        self._facts: dict[str, Any] = {}
        self._lock = threading.RLock()

    def commands(self) -> frozenset[str]:
        """Return the names of the monitor's QMP commands; empty on a text monitor."""
        return self._once("commands", self._fetch_commands)

    def schema(self) -> Schema | None:
        """Return the index of the monitor's schema, or None when it has none."""
        return self._once("schema", self._fetch_schema)

    def has_hmp(self) -> bool:
        """Return whether an HMP line can be passed on."""
        return self._connection.dialect == "hmp" or "human-monitor-command" in self.commands()

    def hmp_help(self) -> Mapping[str, str]:
        """Return every HMP command, alias and info word with its help text."""
        return self._once("hmp_help", self._fetch_hmp_help)

    def drivers(self) -> Mapping[str, tuple[str, str, str]]:
        """Return the drivers of ``device_add help``: name -> (bus, alias, description)."""
        return self._once("drivers", self._fetch_drivers)

    def resolve_driver(self, name: str) -> str:
        """Return the real name of a driver given by its alias, else ``name``."""
        return next((real for real, row in self.drivers().items() if row[1] == name), name)

    def device_properties(self, driver: str) -> Mapping[str, Property] | None:
        """Return a driver's properties, or None when they may not or cannot be asked for."""
        return self._once(f"properties of {driver}", lambda: self._fetch_properties(driver))

    def device_types(self) -> frozenset[str]:
        """Return all concrete QOM types, parts of devices included (qom-list-types)."""
        return self._once("types", self._fetch_types)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the value of a command that cannot change the VM; refuses any other."""
        if not is_question(command):
            raise RefusedError(command, "knowledge is only gathered by commands that cannot change the VM")
        return self._connection.execute(command, arguments, deadline=self._deadline)

    def forget(self, *names: str) -> None:
        """Drop the given facts, or all."""
        with self._lock:
            for name in names or tuple(self._facts):
                self._facts.pop(name, None)

    def known(self, name: str) -> Any:
        """Return a fact if it is there already, else None; never asks the monitor."""
        return self._facts.get(name)

    # -- fetching ------------------------------------------------------------------------------

    def _once(self, name: str, fetch: Callable[[], T]) -> T:
        if name in self._facts:
            value: T = self._facts[name]
            return value
        with self._lock:
            if name not in self._facts:
                self._facts[name] = fetch()
            value = self._facts[name]
            return value

    def _fetch_commands(self) -> frozenset[str]:
        if self._connection.dialect == "hmp":
            return frozenset()
        if self._connection.dialect == "agent":
            info = self._connection.execute("guest-info", deadline=self._deadline)
            return frozenset(row["name"] for row in info.get("supported_commands", ()) if row.get("enabled"))
        return frozenset(row["name"] for row in self.ask("query-commands"))

    def _fetch_schema(self) -> Schema | None:
        if "query-qmp-schema" not in self.commands():
            return None
        from qmonsh.qapi.schema import Schema

        return Schema(self.ask("query-qmp-schema"))

    def _fetch_hmp_help(self) -> dict[str, str]:
        if not self.has_hmp():
            return {}
        found = parse_hmp_help(self._human("help"))
        found.update(parse_hmp_help(self._human("help info")))
        return found

    def _fetch_drivers(self) -> dict[str, tuple[str, str, str]]:
        if not self.has_hmp():
            return {}
        matches = map(DRIVER_LINE.match, self._human("device_add help").splitlines())
        return {m["name"]: (m["bus"] or "", m["alias"] or "", m["desc"] or "") for m in matches if m}

    def _fetch_types(self) -> frozenset[str]:
        if "qom-list-types" not in self.commands() or self._binary_replaced():
            return frozenset()
        return frozenset(row["name"] for row in self.ask("qom-list-types", {"abstract": False}))

    def _fetch_properties(self, driver: str) -> Mapping[str, Property] | None:
        if not self._introspect or "device-list-properties" not in self.commands() or self._binary_replaced():
            return None
        from qmonsh.qapi.danger import may_introspect
        from qmonsh.qapi.property import parse_properties

        if may_introspect(driver, self.device_types()) is not None:
            return None
        try:
            return parse_properties(self.ask("device-list-properties", {"typename": driver}))
        except CommandError:
            return None

    def _binary_replaced(self) -> bool:
        """Tell whether the QEMU on disk is not the one that runs (a host upgrade).

        QEMU 10 and 11 abort when they load modules of another build, and listing types loads all of them
        (QEMU-FACTS 0.1).
        """
        pid = self._connection.peer_pid
        if pid is None:
            return False
        try:
            return os.readlink(f"/proc/{pid}/exe").endswith(" (deleted)")
        except OSError:
            return False

    def _human(self, line: str) -> str:
        return self._connection.human(line, deadline=self._deadline)


def is_question(command: str) -> bool:
    """Tell whether a QMP command only reads."""
    return command.startswith(("query-", "x-query-")) or command in QUESTIONS


QUESTIONS = frozenset(
    {
        "qom-get",
        "qom-list",
        "qom-list-types",
        "qom-list-get",
        "device-list-properties",
        "trace-event-get-state",
    }
)


def parse_hmp_help(text: str) -> dict[str, str]:
    """Return the commands of an HMP ``help`` text, aliases too, each with its (joined) help line.

    A command's line is "name|alias args -- description"; lines that begin with a blank or "[" continue it.
    """
    entries: list[list[str]] = []
    for line in text.splitlines():
        if line[:1] in ("\t", " ", "[") and entries:
            entries[-1].append(line.strip())
        elif line.strip():
            entries.append([line.strip()])
    found = {}
    for entry in entries:
        whole = " ".join(entry)
        head = whole.split(" ", 2)
        prefix = "info " if head[0] == "info" and len(head) > 1 and not head[1].startswith("[") else ""
        for name in head[1 if prefix else 0].split("|"):
            found[prefix + name] = whole
    return found
