"""A plan as something to paste: QMP objects, Python, virsh, a shell line.

Knows the spelling of each tool. Must not run anything nor know a connection.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from qmonsh.language.plan import MISSING, Plan, Step, Wait, Way
from qmonsh.language.secrets import mask_value

#: As settings.EXPLAINED_AS has them, which this layer must not know.
STYLES = ("qmp", "python", "virsh", "shell")


def explain(plan: Plan, style: str = "qmp", *, target: str = "") -> str:
    """Return the steps of a plan in the given style, one a line where the style has lines.

    ``target`` is the monitor as it would be typed. A plan that sends nothing gives "".
    """
    if plan.way is Way.LOCAL:
        return ""
    return {"qmp": _qmp, "python": _python, "virsh": _virsh, "shell": _shell}[style](plan, target)


def step_object(step: Step) -> dict[str, Any]:
    """Return the QMP object that a step becomes, without id."""
    sent: dict[str, Any] = {"exec-oob" if step.oob else "execute": step.command}
    if step.arguments is not None:
        sent["arguments"] = step.arguments
    return sent


def qmp_object(step: Step) -> dict[str, Any]:
    """Return the QMP object that a step sends; the id only when the user gave one."""
    sent = step_object(step)
    if step.id is not MISSING:
        sent["id"] = step.id
    return sent


def traced(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield what each step sends as ``-v`` shows it: without ids, secrets masked."""
    for step in plan.steps:
        yield mask_value(step_object(step), plan.secrets)


def _qmp(plan: Plan, target: str) -> str:
    if plan.way is Way.TEXT:
        return "\n".join(step.command for step in plan.steps)
    return "\n".join(json.dumps(qmp_object(step)) for step in plan.steps)


def _python(plan: Plan, target: str) -> str:
    is_oob = any(step.oob for step in plan.steps)
    where = f"{target or 'vm.sock'!r}" + (", oob=True" if is_oob else "")
    waits = [wait for wait in (*(step.wait for step in plan.steps), plan.wait) if wait is not None]
    lines = ["from time import sleep", ""] if waits else []
    lines += ["from qmonsh import connect", "", f"with connect({where}) as monitor:"]
    for step in plan.steps:
        lines.append(f"    print({_python_call(plan, step)})")
        lines += _python_wait(step.wait)
    return "\n".join([*lines, *_python_wait(plan.wait)])


def _python_call(plan: Plan, step: Step) -> str:
    if plan.way is Way.TEXT:
        return f"monitor.human({step.command!r})"
    arguments = "" if step.arguments is None else f", {step.arguments!r}"
    return f"monitor.execute({step.command!r}{arguments}{', oob=True' if step.oob else ''})"


def _python_wait(wait: Wait | None) -> list[str]:
    """Return the lines that wait for what HMP waits for."""
    if wait is None:
        return []
    if wait.kind == "migration":
        return [
            '    moving = ("setup", "active", "pre-switchover", "device", "postcopy-active")',
            '    while (state := monitor.execute("query-migrate"))["status"] in moving:',
            "        sleep(0.2)",
            "    print(state)",
        ]
    command, argument = wait.ready
    return [
        f'    while (job := next(j for j in monitor.execute("query-jobs") if j["id"] == {wait.job!r}))'
        '["status"] != "concluded":',
        '        if job["status"] == "ready":',
        f"            monitor.execute({command!r}, {{{argument!r}: {wait.job!r}}})",
        "        sleep(0.2)",
        f'    monitor.execute("job-dismiss", {{"id": {wait.job!r}}})',
        "    print(job)",
    ]


def _notes(plan: Plan) -> list[str]:
    """Return comments on what is waited for, for the styles that cannot wait."""
    said = {
        "migration": "wait until query-migrate tells its end",
        "job": "wait for the job {}, then job-dismiss it",
    }
    waits = [wait for wait in (*(step.wait for step in plan.steps), plan.wait) if wait is not None]
    return [f"# {said[wait.kind].format(wait.job)}" for wait in waits if wait.kind in said]


def _virsh(plan: Plan, target: str) -> str:
    domain = quote(target.removeprefix("libvirt:")) if target.startswith("libvirt:") else "DOMAIN"
    start = f"virsh qemu-monitor-command {domain}"
    if plan.way is Way.TEXT:
        return "\n".join(f"{start} --hmp {quote(step.command)}" for step in plan.steps)
    return "\n".join([f"{start} {quote(json.dumps(qmp_object(step)))}" for step in plan.steps] + _notes(plan))


def _shell(plan: Plan, target: str) -> str:
    start = f"qmonsh {quote(target or 'vm.sock')} -c"
    if plan.way is Way.TEXT:
        return "\n".join(f"{start} {quote(step.command)}" for step in plan.steps)
    return "\n".join([f"{start} {quote(json.dumps(qmp_object(step)))}" for step in plan.steps] + _notes(plan))


def quote(text: str) -> str:
    """Return the text as one word of a POSIX shell."""
    safe = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%_-+=:,./")
    if text and set(text) <= safe:
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"
