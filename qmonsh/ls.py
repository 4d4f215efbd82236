"""``qmonsh ls``: the machines that run here and how each can be reached.

Knows what is worth a column. Must not know how machines are found.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qmonsh.discover import HOW_TO_BEGIN, machines
from qmonsh.domains import with_domains
from qmonsh.machine import Machine, MonitorFound
from qmonsh.printer import Printer
from qmonsh.transport.libvirt_list import SHUT_OFF

if TYPE_CHECKING:
    from qmonsh.settings import Settings

KINDS = {"vm": "VM", "storage": "storage daemon", "agent": "guest agent"}


def run_ls(settings: Settings, *, everything: bool = False) -> int:
    """Print the running machines; status 0 even when there is none.

    ``everything``: storage daemons and guest agents too, and libvirt's domains that are shut off.
    """
    printer = Printer(settings)
    seen = with_domains(machines(versions=True))
    found = [one for one in seen if everything or (one.kind == "vm" and one.state != SHUT_OFF)]
    if settings.output != "text":
        from qmonsh.render.json_text import dumps

        printer.text(dumps([one.document() for one in found]))
        return 0
    if not found:
        printer.say(f"no QEMU runs here that this user may see: {HOW_TO_BEGIN}")
        return 0
    from qmonsh.render.text import render_text

    rows = [row for machine in found for row in rows_of(machine)]
    sys.stdout.write(render_text(rows, view="", form=printer.form))
    return 0


def rows_of(machine: Machine) -> list[dict[str, Any]]:
    """Return a table row for each monitor of a machine, one without monitor when it has none."""
    head = {
        "name": machine.title,
        "pid": machine.pid or "",
        "what": KINDS[machine.kind],
        "version": machine.version.partition(" ")[0],
        "state": machine.state + (", replaced" if machine.is_replaced else ""),
    }
    monitors = machine.monitors or (MonitorFound("", "no monitor", None),)
    return [{**head, "monitor": one.address, "dialect": one.dialect, "use": use_of(one)} for one in monitors]


def use_of(monitor: MonitorFound) -> str:
    """Return in words whether a monitor is free."""
    if monitor.holders:
        return "busy: " + ", ".join(str(who) for who in monitor.holders)
    if monitor.is_busy:
        return "busy"
    return "free" if monitor.is_free else "not to be connected to"
