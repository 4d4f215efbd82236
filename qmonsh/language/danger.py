"""Which QMP commands are dangerous and why, and which cannot change the VM.

Knows names and reasons; what is not listed acts (--read-only refuses it) and is not asked about. Must not
know HMP: the rules of HMP commands take their reasons from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

#: QMP command -> why one asks first; the sentence goes on from "quit: ".
REASONS: Mapping[str, str] = {
    "quit": "it ends QEMU and the VM at once, as pulling the plug does; Ctrl-D leaves this shell",
    "system_reset": "it resets the VM as the reset button does; what the guest has not written is lost",
    "system_powerdown": "it asks the guest to shut down",
    "inject-nmi": "a non-maskable interrupt makes many guests dump or panic",
    "snapshot-load": "it throws away the present state of the VM and of its disks",
    "snapshot-delete": "it deletes the snapshot for good",
    "blockdev-snapshot-delete-internal-sync": "it deletes the snapshot for good",
    "block-commit": "it writes the changes into the backing file, which cannot be taken back",
    "blockdev-del": "it takes the block node away",
    "block-dirty-bitmap-remove": "it deletes the bitmap that incremental backups need",
    "block-dirty-bitmap-clear": "it clears the bitmap that incremental backups need",
    "memsave": "it overwrites the file on QEMU's host with guest memory",
    "pmemsave": "it overwrites the file on QEMU's host with guest memory",
    "dump-guest-memory": "it overwrites the file on QEMU's host, and the VM stands still meanwhile",
    "x-colo-lost-heartbeat": "it makes COLO fail over",
    "x-query-virtio-status": "it ends some versions of QEMU: reading a virtio device's status crashed 11.1",
    "yank": "it cuts the connections of the given instances",
    "guest-shutdown": "it shuts the guest down",
    "guest-suspend-disk": "it suspends the guest",
    "guest-suspend-ram": "it suspends the guest",
    "guest-suspend-hybrid": "it suspends the guest",
    "guest-fsfreeze-freeze": "the guest's file systems stand still until they are thawed",
}

#: Names of read-only commands; patterns as in a shell.
READ_ONLY: tuple[str, ...] = (
    "query-*",
    "x-query-*",
    "x-debug-query-block-graph",
    "x-debug-block-dirty-bitmap-sha256",
    "x-accel-stats",
    "qom-get",
    "qom-list",
    "qom-list-get",
    "qom-list-types",
    "device-list-properties",
    "trace-event-get-state",
    "xen-event-list",
    "qmp_capabilities",
    "guest-get-*",
    "guest-network-get-*",
    "guest-info",
    "guest-ping",
    "guest-sync",
    "guest-sync-delimited",
    "guest-fsfreeze-status",
)

#: Types whose properties must not be asked for: some versions of QEMU end (QEMU-FACTS 0.1).
_DEADLY_TYPES = (
    "colo-compare",
    "x-remote-object",
    "chardev-msmouse",
    "chardev-wctablet",
    "microvm-machine",
    "qio-net-listener",
    "memory-region-portio-list",
    "qemu-text-console",
)
_DEADLY_DRIVERS = ("*-gl", "*-gl-*")
_DEADLY = "asking for this type's properties ends some versions of QEMU"
_EXEC = "it runs a command on QEMU's host"


def danger_of(command: str, arguments: Mapping[str, Any] | None = None) -> str:
    """Return why a QMP command with these arguments should be confirmed, or ``""``."""
    given = arguments if isinstance(arguments, Mapping) else {}
    judge = JUDGES.get(command)
    if judge is not None:
        found = given.get(judge.argument)
        if isinstance(found, str) and _matches(found, judge.patterns) or _has_program(given):
            return judge.reason
        return ""
    if command == "transaction":
        return _of_actions(given.get("actions"))
    return REASONS.get(command, "")


class Judge(NamedTuple):
    """A command that is dangerous when an argument matches a pattern; ``when`` says so in help."""

    argument: str
    patterns: tuple[str, ...]
    reason: str
    when: str


_PROGRAM = ("uri", ("exec:*",), _EXEC, "the address is exec:")
_ENDS = "some versions of QEMU end over the type"

#: QMP command -> the argument that decides.
JUDGES: Mapping[str, Judge] = {
    "qom-list-properties": Judge("typename", _DEADLY_TYPES, _DEADLY, _ENDS),
    "device-list-properties": Judge("typename", _DEADLY_DRIVERS, _DEADLY, _ENDS),
    "migrate": Judge(*_PROGRAM),
    "migrate-incoming": Judge(*_PROGRAM),
    "migrate-recover": Judge(*_PROGRAM),
}


def _has_program(arguments: Mapping[str, Any]) -> bool:
    """Return whether the channels of a migration (since QEMU 8.2) lead into a program."""
    channels = arguments.get("channels")
    if not isinstance(channels, list):
        return False
    addresses = [one.get("addr") for one in channels if isinstance(one, Mapping)]
    return any(isinstance(one, Mapping) and one.get("transport") == "exec" for one in addresses)


def introspection_danger(driver: str) -> str:
    """Return why asking for the options of a driver ("DRIVER,help") is dangerous, or ``""``."""
    return _DEADLY if _matches(driver, _DEADLY_DRIVERS) else ""


def can_act(command: str, arguments: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a QMP command may change or end the VM; what is unknown may."""
    return not _matches(command, READ_ONLY) or bool(danger_of(command, arguments))


@lru_cache(maxsize=1024)  # a script says the same few names again and again
def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _of_actions(actions: Any) -> str:
    if not isinstance(actions, list):
        return ""
    kinds = [action.get("type") for action in actions if isinstance(action, Mapping)]
    return next((REASONS[kind] for kind in kinds if isinstance(kind, str) and kind in REASONS), "")
