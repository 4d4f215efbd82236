"""An example of a command with what this VM has: live names from completion, and the QMP that it becomes.

Knows which argument takes what. Asks the monitor questions only; the example is never sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qmonsh.complete.engine import complete
from qmonsh.errors import QmonshError
from qmonsh.language.explain import explain
from qmonsh.language.rules import Rule, rule_for
from qmonsh.language.translate import translate
from qmonsh.qapi.entity import AlternateType, ArrayType, Builtin, EnumType, ObjectType

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Candidate
    from qmonsh.monitor.knowledge import LiveKnowledge
    from qmonsh.qapi.entity import Member, Type

#: Drivers that need nothing but a bus, one of them on any machine.
_ANYWHERE = ("virtio-rng-pci", "virtio-rng-ccw", "virtio-rng-device")
#: What stands for an argument of a kind that has no names (see language/rule.py's KINDS).
PLAIN = {
    "expr": "1",
    "mib": "512",
    "size": "1G",
    "decimal": "1",
    "seconds": "1",
    "word": "",
    "file": "/tmp/file",
    "image": "/tmp/disk.qcow2",
    "uri": "tcp:otherhost:4444",
    "inet": "localhost:10809",
    "time": "now",
    "keys": "ctrl-alt-f1",
    "hostfwd": "tcp::2222-:22",
    "snapshot": "snap1",
}
#: Values of arguments that QEMU takes only together: command -> argument -> value.
_TOGETHER: Mapping[str, Mapping[str, str]] = {
    "block_set_io_throttle": {
        "bps": "10485760",
        **dict.fromkeys(("bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr"), "0"),
    },
}
#: Kinds whose first candidate is as good as any other; the rest has too many parts to guess.
_NOT_GUESSED = frozenset({"password", "rest", "qom-value", "parameter-value", "fd", "command"})
#: Lines for commands whose arguments have too many parts to be found one by one; of several the first that
#: this monitor understands.
LINES: Mapping[str, tuple[str, ...]] = {
    ".apropos": (".apropos throttle",),
    ".events": (".events only BLOCK_*",),
    ".explain": (".explain device_del d0",),
    ".record": (".record session.txt",),
    ".set": (".set output json",),
    ".source": (".source steps.txt",),
    ".wait": (".wait DEVICE_DELETED device=d0 30",),
    ".watch": (".watch 2 info blockstats",),
    "blockdev-add": (
        "blockdev-add driver=qcow2 node-name=disk9 file.driver=file file.filename=/tmp/disk.qcow2",
    ),
    "block_passwd": ("block_passwd disk0 PASSWORD",),
    "chardev-add": ("chardev-add ringbuf,id=ring9",),
    "closefd": ("closefd fd9",),
    "device_add": tuple(f"device_add {one},id=rng9" for one in _ANYWHERE),
    "drive_add": ("drive_add 0 if=none,id=drive9,file=/tmp/disk.qcow2,format=qcow2",),
    "getfd": ("getfd fd9",),
    "help": ("help device_add",),
    "human-monitor-command": ('human-monitor-command command-line="info registers"',),
    "i": ("i /b 0x60",),
    "memsave": ('memsave 0x7c00 512 "/tmp/boot.bin"',),
    "migrate-set-capabilities": (
        "migrate-set-capabilities capabilities.0.capability=events capabilities.0.state=on",
    ),
    "migrate-set-parameters": ("migrate-set-parameters max-bandwidth=104857600",),
    "migrate_set_parameter": ("migrate_set_parameter max-bandwidth 100M",),
    "netdev_add": ("netdev_add user,id=net9",),
    "object-add": ("object-add qom-type=iothread id=io9",),
    "object_add": ("object_add iothread,id=io9",),
    "pmemsave": ('pmemsave 0x7c00 512 "/tmp/boot.bin"',),
    "qemu-io": ('qemu-io disk0 "read 0 4k"',),
    "qom-set": ("qom-set /objects/io0 poll-max-ns 0",),
    "query-cpu-model-expansion": ("query-cpu-model-expansion type=full model.name=qemu64",),
    "send-key": ('send-key keys=[{"type":"qcode","data":"ret"}]',),
    "set_password": ("set_password vnc PASSWORD",),
    "stopcapture": ("stopcapture 0",),
    "transaction": (
        'transaction actions=[{"type":"blockdev-snapshot-internal-sync",'
        '"data":{"device":"disk0","name":"snap1"}}]',
    ),
    "x": ("x /8xw 0x7c00",),
    "xp": ("xp /8xw 0x7c00",),
}
#: Made-up values are nested so far; a foreign schema may go in circles.
_DEEPEST = 6
#: Seconds that the questions for one example may take.
PATIENCE = 1.0


def example_of(name: str, known: LiveKnowledge) -> tuple[str, str]:
    """Return a line and the QMP that it becomes on this monitor, ("", "") when none can be made up."""
    for line in LINES.get(name) or (_made_up(name, known),):
        if line.startswith("."):
            return line, ""
        try:
            plan = translate(line, known, text_monitor=known.facts.dialect == "hmp") if line else None
        except QmonshError:
            continue
        if plan is not None:
            is_qmp = plan.steps and known.facts.dialect == "qmp"
            return line, explain(plan).strip() if is_qmp else ""
    return "", ""


def _made_up(name: str, known: LiveKnowledge) -> str:
    rule = rule_for(name)
    return _hmp_line(name, rule, known) if rule is not None else _qmp_line(name, known)


def _hmp_line(name: str, rule: Rule, known: LiveKnowledge) -> str:
    line, values = name, _TOGETHER.get(name, {})
    for argument in rule.arguments:
        if argument.optional or argument.flag:
            continue
        if argument.kind in _NOT_GUESSED:
            return ""
        found = values.get(argument.name) or PLAIN.get(argument.kind)
        found = found or (argument.values[0] if argument.values else "")
        found = found or _first(_candidates(f"{line} ", known))
        line = f"{line} {found or _stand_in(argument.name)}"
    return line


def _qmp_line(name: str, known: LiveKnowledge) -> str:
    schema = known.schema()
    command = schema.command(name) if schema is not None else None
    if schema is None or command is None:
        return ""
    given: dict[str, str] = {}
    while member := _next_required(schema.members_for(name, given), given):
        line = " ".join([name, *(f"{key}={value}" for key, value in given.items())])
        found = _TOGETHER.get(name, {}).get(member.name) or _value(member)
        found = found or _first(_candidates(f"{line} {member.name}=", known))
        if not found and not isinstance(member.type, Builtin):
            found = json.dumps(_nested(member.type, member.name), separators=(",", ":"))
        given[member.name] = found or _stand_in(member.name)
    return " ".join([name, *(f"{key}={value}" for key, value in given.items())])


def _next_required(members: Iterable[Member], given: Mapping[str, str]) -> Member | None:
    """Return the first argument that must be given and is not yet; a tag's value brings further ones."""
    return next((one for one in members if one.required and one.name not in given), None)


def _nested(kind: Type, name: str, depth: int = 0) -> Any:
    """Return a value of a type with what it must have and no more, of several kinds the first."""
    if isinstance(kind, AlternateType) and kind.members:
        kind = next((one for one in kind.members if one == Builtin("str")), kind.members[0])
    if isinstance(kind, EnumType) and kind.values:
        return kind.values[0]
    if isinstance(kind, ArrayType):
        return [_nested(kind.element, name, depth + 1)] if depth < _DEEPEST else []
    if isinstance(kind, ObjectType):
        return _record(kind, depth) if depth < _DEEPEST else {}
    values = {"int": 1, "number": 1, "bool": True, "null": None}
    return values.get(kind.name, _stand_in(name))


def _record(kind: ObjectType, depth: int) -> dict[str, Any]:
    """Return an object with what it must have; of a union's variants the first that has members."""
    case = next((case for case, variant in kind.variants.items() if variant.members), None)
    members, _ = kind.chosen(lambda tag: case if tag == kind.tag else None)
    made = {one.name: _nested(one.type, one.name, depth + 1) for one in members if one.required}
    return {**made, kind.tag: case} if kind.tag and case else made


def _stand_in(name: str) -> str:
    """Return what stands for a name when the VM has none of the kind now: ``DEVICE``."""
    return name.upper().replace("-", "_")


def _value(member: Member) -> str:
    if isinstance(member.type, EnumType) and member.type.values:
        return member.type.values[0]
    if isinstance(member.type, Builtin):
        return {"int": "1", "bool": "on", "number": "1"}.get(member.type.name, "")
    return ""


def _candidates(line: str, known: LiveKnowledge) -> Iterable[Candidate]:
    found = complete(line, len(line), known.facts)
    if found.wanted and known.facts.ensure(found.wanted, deadline=PATIENCE):
        found = complete(line, len(line), known.facts)
    return found.candidates


def _first(candidates: Iterable[Candidate]) -> str:
    return next((one.text for one in candidates if one.kind != "flag" and one.suffix in ("", " ", ",")), "")
