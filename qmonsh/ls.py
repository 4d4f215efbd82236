"""``qmonsh ls``: the machines that run here and how each can be reached.

Knows what is worth a column. Must not know how machines are found.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qmonsh.discover import HOW_TO_BEGIN, Machine, MonitorFound, machines
from qmonsh.printer import Printer

if TYPE_CHECKING:
    from qmonsh.settings import Settings

KINDS = {"vm": "VM", "storage": "storage daemon", "agent": "guest agent"}


def run_ls(settings: Settings, *, everything: bool = False) -> int:
    """Print the running machines, VMs only unless ``everything``; status 0 even when there is none."""
    printer = Printer(settings)
    found = [one for one in machines() if everything or one.kind == "vm"]
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
    head = {"name": machine.title, "pid": machine.pid, "what": KINDS[machine.kind], "state": machine.state}
    monitors = machine.monitors or (MonitorFound("", "no monitor", None),)
    return [{**head, "monitor": one.address, "dialect": one.dialect, "use": use_of(one)} for one in monitors]


def use_of(monitor: MonitorFound) -> str:
    """Return in words whether a monitor is free."""
    if monitor.holders:
        return "busy: " + ", ".join(str(who) for who in monitor.holders)
    if monitor.is_busy:
        return "busy"
    return "free" if monitor.is_free else "not to be connected to"
