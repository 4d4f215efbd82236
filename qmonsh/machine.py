"""A running machine as a value: what it is, and each of its monitors with who holds it.

Knows which monitor is the best to open. Must not know how machines are found or shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qmonsh.target import Target
from qmonsh.transport.processes import Process

_WORST_LAST = {"qmp": 0, "hmp": 1, "agent": 2, "": 3}


@dataclass(frozen=True, slots=True)
class MonitorFound:
    """A monitor of a running machine.

    ``dialect`` is "qmp", "hmp", "agent" or "" when the command line does not tell. ``target`` is None when it
    cannot be connected to from here (stdio, a client-mode chardev). ``holders`` are those connected to it.
    """

    dialect: str
    address: str
    target: Target | None
    is_busy: bool = False
    holders: tuple[Process, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether a connection would be greeted at once."""
        return self.target is not None and not self.is_busy

    @property
    def is_libvirts(self) -> bool:
        """Whether it is libvirt that passes commands on: slower than a monitor of its own, and it taints."""
        return self.target is not None and self.target.scheme == "libvirt"

    def document(self) -> dict[str, Any]:
        """Return the monitor as JSON data."""
        return {
            "dialect": self.dialect or "unknown",
            "address": self.address,
            "reachable": self.target is not None,
            "busy": self.is_busy,
            "holders": [
                {"pid": who.pid, "command": " ".join(who.arguments) or who.name} for who in self.holders
            ],
        }


@dataclass(frozen=True, slots=True)
class Machine:
    """A running QEMU ("vm"), storage daemon ("storage") or guest agent ("agent").

    ``name`` is that of ``-name``, or "". ``state`` is the process's ("running", "stopped"), or libvirt's
    where that was asked: the run state of the guest is only known to the monitor. ``is_replaced``: the
    program's file changed since it started. ``version`` is "" where it is not known or was not looked for.
    A domain that libvirt does not run has the pid 0.
    """

    kind: str
    pid: int
    name: str
    user: int
    state: str
    program: str
    is_replaced: bool
    monitors: tuple[MonitorFound, ...]
    version: str = ""

    @property
    def title(self) -> str:
        """The name, or "pid:N" for a machine without one."""
        return self.name or f"pid:{self.pid}"

    @property
    def libvirt_uri(self) -> str | None:
        """The URI of the libvirt that runs it ("" is libvirt's default), None when libvirt does not."""
        return next((one.target.uri for one in self.monitors if one.target and one.is_libvirts), None)

    def best(self) -> MonitorFound | None:
        """Return the monitor to open: a free one before a busy one, QMP before HMP, libvirt's way last."""
        ways = [one for one in self.monitors if one.target is not None]
        return min(
            ways, key=lambda one: (one.is_busy, _WORST_LAST[one.dialect], one.is_libvirts), default=None
        )

    def document(self) -> dict[str, Any]:
        """Return the machine as JSON data (``qmonsh ls --json``); null is what is not known."""
        return {
            "kind": self.kind,
            "name": self.name,
            "pid": self.pid or None,
            "uid": self.user if self.user >= 0 else None,
            "version": self.version or None,
            "state": self.state,
            "program": self.program,
            "replaced": self.is_replaced,
            "monitors": [one.document() for one in self.monitors],
        }
