"""A question to a monitor, and the list of those that may be asked: what completion knows it by.

Knows which commands only read, which answers cannot change while QEMU runs, which events say that one
changed, and which are dangerous to ask a QEMU whose files were replaced (QEMU-FACTS 0.1). A question that is
not on the list is never sent. Must not know what the answers mean (sources) nor how they travel. Imported by
every one-shot: kept free of what takes time to load.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple


class Absent(Enum):
    """The type of ABSENT: the monitor was asked and has no answer (no such command, an error)."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

#: Commands of this form are HMP lines: "hmp:device_add help".
HMP = "hmp:"


class Question(NamedTuple):
    """Something to ask: a QMP command, ``hmp:LINE``, or what this host knows (``files``, ``programs``).

    ``arguments`` are sorted pairs, so that a question is a key of a cache.
    """

    command: str
    arguments: tuple[tuple[str, Any], ...] = ()

    @property
    def line(self) -> str:
        """The HMP line of an ``hmp:`` question, else ``""``."""
        return self.command[len(HMP) :] if self.command.startswith(HMP) else ""

    @property
    def is_human(self) -> bool:
        """Whether it is an HMP line."""
        return self.command.startswith(HMP)


def question(command: str, **arguments: Any) -> Question:
    """Return a question; ``_`` in argument names stands for ``-``."""
    pairs = sorted((name.replace("_", "-"), value) for name, value in arguments.items())
    return Question(command, tuple(pairs))


class Ask(NamedTuple):
    """How a question is treated.

    ``arguments`` are those it may have. ``is_fixed`` says that the answer cannot change while QEMU runs.
    ``events`` are patterns of the events that change it. ``loads_modules`` says that QEMU loads every module
    file for it, which ends a QEMU of another build; ``introspects`` that QEMU creates a device for it, which
    ends QEMU when a part of the device is missing. ``is_local`` says that this host is asked, not QEMU.
    """

    arguments: frozenset[str] = frozenset()
    is_fixed: bool = False
    events: tuple[str, ...] = ()
    loads_modules: bool = False
    introspects: bool = False
    is_local: bool = False


_DEVICES = ("DEVICE_DELETED", "DEVICE_UNPLUG*", "MEM*", "ACPI_*", "CPU*", "RESET")
_BLOCK = ("BLOCK_*", "JOB_*", "DEVICE_TRAY_MOVED", "DEVICE_DELETED", "QUORUM_*", "RESUME")
_FIXED = Ask(is_fixed=True)
_LISTS_TYPES = Ask(is_fixed=True, loads_modules=True)


def _live(*events: str) -> Ask:
    return Ask(events=events)


QUESTIONS: dict[str, Ask] = {
    # what this QEMU is
    "query-commands": _FIXED,
    "query-qmp-schema": _FIXED,
    "query-target": _FIXED,
    "query-cpu-definitions": _LISTS_TYPES,
    "query-command-line-options": Ask(frozenset({"option"}), is_fixed=True),
    "query-stats-schemas": _FIXED,
    "qom-list-types": Ask(frozenset({"abstract", "implements"}), is_fixed=True, loads_modules=True),
    "device-list-properties": Ask(
        frozenset({"typename"}), is_fixed=True, loads_modules=True, introspects=True
    ),
    "guest-info": _FIXED,
    "hmp:help": _FIXED,
    "hmp:help info": _FIXED,
    "hmp:help log": _FIXED,
    "hmp:device_add help": _LISTS_TYPES,
    "hmp:object_add help": _LISTS_TYPES,
    "hmp:netdev_add help": _FIXED,
    "hmp:chardev-add help": _LISTS_TYPES,
    "hmp:print $rax": _FIXED,
    # what the VM is made of now
    "query-block": _live(*_BLOCK),
    "query-named-block-nodes": _live(*_BLOCK),
    "query-block-jobs": _live(*_BLOCK),
    "x-debug-query-block-graph": _live(*_BLOCK),
    "query-block-exports": _live("BLOCK_EXPORT_*", "DEVICE_DELETED"),
    "query-jobs": _live("JOB_*", "BLOCK_JOB_*"),
    "query-chardev": _live("VSERPORT_CHANGE", "DEVICE_DELETED"),
    "query-memdev": _live(*_DEVICES),
    "query-memory-devices": _live(*_DEVICES),
    "query-iothreads": _live(),
    "query-hotpluggable-cpus": _live(*_DEVICES),
    "query-cpus-fast": _live(*_DEVICES),
    "query-pci": _live(*_DEVICES),
    "query-rx-filter": _live("NIC_RX_FILTER_CHANGED", *_DEVICES),
    "query-tpm": _live(*_DEVICES),
    "query-audiodevs": _live(),
    "query-vnc-servers": _live("VNC_*"),
    "query-mice": _live(*_DEVICES),
    "query-fdsets": _live(),
    "query-yank": _live("MIGRATION"),
    "query-migrate-capabilities": _live("MIGRATION"),
    "query-migrate-parameters": _live("MIGRATION"),
    "trace-event-get-state": Ask(frozenset({"name"})),
    "qom-list": Ask(frozenset({"path"}), events=_DEVICES),
    "qom-get": Ask(frozenset({"path", "property"}), events=("*",)),
    "x-query-network": _live("NETDEV_*", "NIC_*", *_DEVICES),
    "hmp:info network": _live("NETDEV_*", "NIC_*", *_DEVICES),
    "hmp:info usernet": _live("NETDEV_*"),
    "hmp:info qtree": _live(*_DEVICES),
    "hmp:info qtree -b": _live(*_DEVICES),
    # the same on a monitor that speaks HMP text only
    "hmp:info block": _live(*_BLOCK),
    "hmp:info block-jobs": _live(*_BLOCK),
    "hmp:info chardev": _live(),
    "hmp:info snapshots": _live(*_BLOCK),
    "hmp:info cpus": _live(*_DEVICES),
    "hmp:info mice": _live(*_DEVICES),
    "hmp:info iothreads": _live(),
    "hmp:info memdev": _live(),
    "hmp:info trace-events": _live(),
    "hmp:info migrate_capabilities": _live(),
    "hmp:info migrate_parameters": _live(),
    # what this host knows
    "files": Ask(frozenset({"directory", "of"}), is_local=True),
    "programs": Ask(is_local=True),
}


@lru_cache(maxsize=1024)
def rule_of(asked: Question) -> Ask | None:
    """Return how a question is treated, or None when it must not be asked."""
    ask = QUESTIONS.get(asked.command)
    if ask is None and asked.is_human:
        ask = _of_line(asked.line)
    if ask is None or not {name for name, _ in asked.arguments} <= ask.arguments:
        return None
    return ask


def _of_line(line: str) -> Ask | None:
    """Return how an HMP line with a word in it is treated."""
    import re

    if re.fullmatch(r"qom-list /[^\s,\"]*", line):
        return Ask(events=_DEVICES)
    if re.fullmatch(r"device_add [A-Za-z0-9][\w.+-]*,help", line):
        return Ask(is_fixed=True, loads_modules=True, introspects=True)
    return None


def driver_of(asked: Question) -> str:
    """Return the driver that an introspecting question is about."""
    if asked.is_human:
        return asked.line.split(" ", 1)[1].split(",", 1)[0]
    return str(dict(asked.arguments).get("typename", ""))
