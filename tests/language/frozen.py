"""Knowledge frozen in captured replies: what the language and the completer may ask, without a QEMU.

``frozen("7.2")`` answers as the captured VM would; ``has_hmp=False`` takes human-monitor-command away,
``answers`` adds or replaces replies ("query-block", or "qom-list /machine" where the argument decides),
``files`` are those on QEMU's host.
``asked`` lists every question that was put, in order.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import pytest

from qmonsh.complete.help_text import parse_drivers, parse_help
from qmonsh.errors import CommandError
from qmonsh.language.knowledge import Knowledge
from qmonsh.language.plan import Plan
from qmonsh.language.translate import translate
from qmonsh.qapi.danger import may_introspect
from qmonsh.qapi.property import Property, parse_properties
from qmonsh.qapi.schema import Schema
from tests.conftest import SHARED

CAPTURES = SHARED / "captures"
VERSIONS = ("5.2", "7.2", "10.0", "11.1")


def reply(version: str, command: str) -> Any:
    """Return what the captured QEMU returned to a command; raises FileNotFoundError."""
    with open(CAPTURES / version / f"{command}.json", encoding="utf-8") as file:
        return json.load(file)["return"]


def text(version: str, name: str) -> str:
    """Return the captured text of an HMP line ("help", "info-block")."""
    return (CAPTURES / version / f"hmp-{name}.txt").read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def schema_of(version: str) -> Schema:
    """Return the schema of a captured QEMU, built once."""
    return Schema(reply(version, "query-qmp-schema"))


@cache
def properties_of(version: str) -> dict[str, Any]:
    """Return the device-list-properties of every driver of a captured QEMU."""
    with gzip.open(CAPTURES / version / "device-list-properties.json.gz", "rt", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


@cache
def help_of(version: str) -> Mapping[str, str]:
    """Return HMP's help of a captured QEMU by name."""
    return parse_help(text(version, "help")) | parse_help(text(version, "help_info"))


@cache
def drivers_of(version: str) -> Mapping[str, tuple[str, str, str]]:
    """Return driver -> (bus, alias, description), as ``device_add help`` lists them."""
    found = parse_drivers(text(version, "device_add_help")).values()
    return {one.name: (one.bus, one.alias, one.description) for one in found}


@cache
def types_of(version: str) -> frozenset[str]:
    """Return the concrete QOM types of a captured QEMU."""
    return frozenset(row["name"] for row in reply(version, "qom-list-types-all"))


Answer = Any | Callable[[Mapping[str, Any]], Any]


class FrozenKnowledge:
    """The Knowledge of one captured QEMU."""

    def __init__(
        self,
        version: str,
        *,
        has_hmp: bool = True,
        introspects: bool = True,
        drop: Collection[str] = (),
        answers: Mapping[str, Answer] | None = None,
        files: Collection[str] = (),
    ) -> None:
        self.version = version
        self.asked: list[str] = []
        self._has_hmp = has_hmp
        self._introspects = introspects
        self._drop = frozenset(drop)
        self._answers = dict(answers or {})
        self._files = frozenset(files)

    def commands(self) -> frozenset[str]:
        names = {row["name"] for row in reply(self.version, "query-commands")} | {
            name for name in self._answers if " " not in name
        }
        if not self._has_hmp:
            names.discard("human-monitor-command")
        return frozenset(names - self._drop)

    def schema(self) -> Schema | None:
        self.asked.append("query-qmp-schema")
        return schema_of(self.version)

    def hmp_help(self) -> Mapping[str, str]:
        if not self._has_hmp:
            return {}
        self.asked.append("help")
        return help_of(self.version)

    def has_hmp(self) -> bool:
        return self._has_hmp

    def device_properties(self, driver: str) -> Mapping[str, Property] | None:
        self.asked.append(f"device-list-properties {driver}")
        if not self._introspects or may_introspect(driver, types_of(self.version)) is not None:
            return None
        found = properties_of(self.version).get(driver)
        return parse_properties(found) if isinstance(found, list) else None

    def resolve_driver(self, name: str) -> str:
        if not self._has_hmp:
            return name
        return next((real for real, row in self.drivers().items() if row[1] == name), name)

    def drivers(self) -> Mapping[str, tuple[str, str, str]]:
        return drivers_of(self.version) if self._has_hmp else {}

    def has_file(self, path: str) -> bool:
        return path in self._files

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        given = arguments or {}
        where = next((str(value) for value in given.values()), "")
        self.asked.append(f"{command} {where}".rstrip())
        for key in (f"{command} {where}", command):
            if key in self._answers:
                answer = self._answers[key]
                return answer(given) if callable(answer) else answer
        try:
            return reply(self.version, command)
        except (FileNotFoundError, KeyError):  # not captured, or refused when it was
            raise CommandError("GenericError", f"{command} was not answered", command=command) from None


def frozen(version: str = "7.2", **more: Any) -> FrozenKnowledge:
    """Return the knowledge of a captured QEMU; the test is skipped where captures are missing."""
    if not (CAPTURES / version).is_dir():
        pytest.skip("no ../shared/captures beside this checkout")
    return FrozenKnowledge(version, **more)


def careful(line: str, known: Knowledge, *, text_monitor: bool = False) -> Plan:
    """Return what a line becomes for who asks before dangerous ones."""
    return translate(line, known, text_monitor=text_monitor, careful=True)


#: A small VM's drives: "dr0" on virtio-blk, "nod" only a node, "cd0" an empty CD drive without a name.
BLOCK = {
    "query-block": [
        {
            "device": "dr0",
            "qdev": "/machine/peripheral/vd0/virtio-backend",
            "inserted": {"node-name": "#block1", "drv": "qcow2", "ro": False, "image": {"snapshots": []}},
        },
        {
            "device": "",
            "qdev": "/machine/peripheral/vd1/virtio-backend",
            "inserted": {
                "node-name": "disk1",
                "drv": "qcow2",
                "ro": False,
                "backing_file": "base.qcow2",
                "image": {"snapshots": [{"name": "old"}]},
            },
        },
        {"device": "", "qdev": "cd0", "removable": True},
        {"device": "ide1-cd0", "qdev": "/machine/unattached/device[9]", "removable": True},
    ],
    "query-named-block-nodes": [{"node-name": "#block1"}, {"node-name": "disk1"}, {"node-name": "nod"}],
}
