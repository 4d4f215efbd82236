"""Commands that are dangerous at some times only: what has to be asked of the monitor to know, as rows.

To have another command ask first, add a row; its ``judge`` names a function of the modules danger_*.py (or
unplug.py), which gets the Request and the arguments by their names in QMP. What is dangerous whatever the
monitor says is in danger.py. Must not know how a line says its arguments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from qmonsh.errors import LineError
from qmonsh.language.danger import JUDGES
from qmonsh.language.judge import name_of
from qmonsh.language.plan import Plan, Way
from qmonsh.language.rules import Rule, rule_for

if TYPE_CHECKING:
    from qmonsh.language.call import Request


class Live(NamedTuple):
    """One such command: ``judge`` is "module.function", ``when`` says in help when it asks."""

    judge: str
    when: str


_OVERWRITES = "the file it writes is there already, on QEMU's host"
_FORCED = "it is forced and the guest has locked the medium"

#: QMP command, or HMP command where QMP's differs -> when it asks first.
LIVE: Mapping[str, Live] = {
    "balloon": Live("danger_machine.balloon", "the guest is to have less than half of its memory"),
    "block_resize": Live("danger_block.shrink", "the image becomes smaller"),
    "blockdev-change-medium": Live("danger_block.locked_medium", _FORCED),
    "blockdev-create": Live("danger_file.created_image", _OVERWRITES),
    "blockdev-open-tray": Live("danger_block.locked_medium", _FORCED),
    "blockdev-snapshot-sync": Live("danger_file.new_image", _OVERWRITES),
    "chardev-add": Live("danger_file.chardev", _OVERWRITES),
    "chardev-change": Live("danger_file.chardev", _OVERWRITES),
    "cont": Live("danger_machine.wake", "the VM was migrated away"),
    "device_del": Live("unplug.unplug_danger", "it is a disk in use, or disks in use are behind it"),
    "drive-backup": Live("danger_file.new_image", _OVERWRITES),
    "drive-mirror": Live("danger_file.new_image", _OVERWRITES),
    "dump-skeys": Live("danger_file.named", _OVERWRITES),
    "dumpdtb": Live("danger_file.named", _OVERWRITES),
    "eject": Live("danger_block.locked_medium", _FORCED),
    "migrate": Live("danger_file.migration", _OVERWRITES),
    "migrate_cancel": Live("danger_machine.cancel", "the migration is in its postcopy phase"),
    "nbd-server-stop": Live("danger_block.exports", "something is exported"),
    "netdev_del": Live("danger_machine.unplug_network", "a network card uses it"),
    "object-add": Live("danger_file.dumped_packets", _OVERWRITES),
    "object-del": Live("danger_machine.monitor_object", "it is a monitor"),
    "qom-set": Live("danger_machine.unrealize", "the property is 'realized' and it is set to off"),
    "savevm": Live("danger_block.replaced_snapshot", "there is a snapshot of this name"),
    "screendump": Live("danger_file.named", _OVERWRITES),
    "wavcapture": Live("danger_file.named", _OVERWRITES),
    "xen-save-devices-state": Live("danger_file.named", _OVERWRITES),
}


def asks_first(always: str, names: Collection[str]) -> str:
    """Return in the words of help when a command of these names asks first, ``""`` for never.

    ``always`` is the reason of one that asks whatever its arguments are.
    """
    if always:
        return f"asks first: {always}"
    times = [next((table[name].when for name in names if name in table), "") for table in (JUDGES, LIVE)]
    when = ", or when ".join(filter(None, times))
    return f"asks first when {when}" if when else ""


def danger_of_plan(plan: Plan, request: Request) -> str:
    """Return why a plan should be confirmed as things are now, ``""`` when it need not be.

    ``savevm`` becomes commands that say less than it does, so it has a row by its own name.
    """
    if plan.way is Way.TEXT:
        return _of_line(request, plan.steps[0].command)
    steps = list(plan.steps)
    if plan.way is Way.TWIN and plan.name not in [step.command for step in steps]:
        steps.insert(0, steps[-1]._replace(command=plan.name))
    return next((why for step in steps if (why := _of_command(request, step.command, step.arguments))), "")


def _of_command(request: Request, command: str, arguments: Mapping[str, Any] | None) -> str:
    given = arguments if isinstance(arguments, Mapping) else {}
    if command == "human-monitor-command":
        line = given.get("command-line")
        return _of_line(request, line) if isinstance(line, str) else ""
    if command == "transaction":
        return _of_actions(request, given.get("actions"))
    row = LIVE.get(command)
    if row is None:
        return ""
    from importlib import import_module

    module, _, function = row.judge.partition(".")
    reason: str = getattr(import_module(f"qmonsh.language.{module}"), function)(request, given)
    return reason


def _of_line(request: Request, line: str) -> str:
    name, end = name_of(line)
    rule = rule_for(name)
    command = "" if rule is None else row_name(rule)
    if rule is None or not command:
        return ""
    from qmonsh.language.arguments import read_arguments

    try:
        arguments = read_arguments(rule, line, end)
    except LineError:  # the monitor is to say what is wrong with it
        return ""
    given = {one.member: arguments.get(one.name) for one in rule.arguments if arguments.has(one.name)}
    return _of_command(request, command, given)


def row_name(rule: Rule) -> str:
    """Return under which name the table has an HMP command, ``""`` when it has not."""
    return next((one for one in (rule.name, *rule.twin) if one in LIVE), "")


def _of_actions(request: Request, actions: Any) -> str:
    from qmonsh.language.call import records

    for action in records(actions):
        kind, data = action.get("type"), action.get("data")
        if isinstance(kind, str) and (reason := _of_command(request, kind, data)):
            return reason
    return ""
