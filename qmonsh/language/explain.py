"""A plan as something to paste: QMP objects, Python, virsh, a shell line.

Knows the spelling of each tool. Must not run anything nor know a connection.
"""

from __future__ import annotations

import json
from typing import Any

from qmonsh.language.plan import MISSING, Plan, Step, Way

STYLES = ("qmp", "python", "virsh", "shell")


def explain(plan: Plan, style: str = "qmp", *, target: str = "") -> str:
    """Return the steps of a plan in the given style, one a line where the style has lines.

    ``target`` is the monitor as it would be typed. A plan that sends nothing gives "".
    """
    if plan.way is Way.LOCAL:
        return ""
    return {"qmp": _qmp, "python": _python, "virsh": _virsh, "shell": _shell}[style](plan, target)


def qmp_object(step: Step) -> dict[str, Any]:
    """Return the QMP object that a step sends; the id only when the user gave one."""
    sent: dict[str, Any] = {"exec-oob" if step.oob else "execute": step.command}
    if step.arguments is not None:
        sent["arguments"] = step.arguments
    if step.id is not MISSING:
        sent["id"] = step.id
    return sent


def _qmp(plan: Plan, target: str) -> str:
    if plan.way is Way.TEXT:
        return "\n".join(step.command for step in plan.steps)
    return "\n".join(json.dumps(qmp_object(step)) for step in plan.steps)


def _python(plan: Plan, target: str) -> str:
    lines = ["from qmonsh import connect", "", f"with connect({target or 'vm.sock'!r}) as monitor:"]
    for step in plan.steps:
        if plan.way is Way.TEXT:
            lines.append(f"    print(monitor.human({step.command!r}))")
            continue
        arguments = "" if step.arguments is None else f", {step.arguments!r}"
        oob = ", oob=True" if step.oob else ""
        lines.append(f"    print(monitor.execute({step.command!r}{arguments}{oob}))")
    return "\n".join(lines)


def _virsh(plan: Plan, target: str) -> str:
    domain = quote(target.removeprefix("libvirt:")) if target.startswith("libvirt:") else "DOMAIN"
    if plan.way is Way.TEXT:
        return "\n".join(f"virsh qemu-monitor-command {domain} --hmp {quote(s.command)}" for s in plan.steps)
    return "\n".join(
        f"virsh qemu-monitor-command {domain} {quote(json.dumps(qmp_object(step)))}" for step in plan.steps
    )


def _shell(plan: Plan, target: str) -> str:
    where = quote(target or "vm.sock")
    if plan.way is Way.TEXT:
        return "\n".join(f"qmonsh {where} -c {quote(step.command)}" for step in plan.steps)
    return "\n".join(f"qmonsh {where} -c {quote(json.dumps(qmp_object(step)))}" for step in plan.steps)


def quote(text: str) -> str:
    """Return the text as one word of a POSIX shell."""
    safe = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_-+=:,./")
    if text and set(text) <= safe:
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"
