"""An example of a command with what this VM has: live names from completion, and the QMP that it becomes.

Knows which argument takes what. Asks the monitor questions only; the example is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qmonsh.complete.engine import complete
from qmonsh.errors import QmonshError
from qmonsh.language.explain import explain
from qmonsh.language.rules import Rule, rule_for
from qmonsh.language.translate import translate
from qmonsh.qapi.entity import Builtin, EnumType

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Candidate
    from qmonsh.monitor.knowledge import LiveKnowledge
    from qmonsh.qapi.entity import Member

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
#: Kinds whose first candidate is as good as any other; the rest has too many parts to guess.
_NOT_GUESSED = frozenset({"password", "rest", "qom-value", "parameter-value", "fd", "command"})
#: Seconds that the questions for one example may take.
PATIENCE = 1.0


def example_of(name: str, known: LiveKnowledge) -> tuple[str, str]:
    """Return a line and the QMP that it becomes on this monitor, ("", "") when none can be made up."""
    rule = rule_for(name)
    line = _hmp_line(name, rule, known) if rule is not None else _qmp_line(name, known)
    if not line:
        return "", ""
    try:
        plan = translate(line, known, text_monitor=known.facts.dialect == "hmp")
    except QmonshError:
        return "", ""
    return line, explain(plan).strip() if plan.steps and known.facts.dialect == "qmp" else ""


def _hmp_line(name: str, rule: Rule, known: LiveKnowledge) -> str:
    line = name
    for argument in rule.arguments:
        if argument.optional or argument.flag:
            continue
        if argument.kind in _NOT_GUESSED:
            return ""
        found = PLAIN.get(argument.kind) or (argument.values[0] if argument.values else "")
        found = found or _first(_candidates(f"{line} ", known))
        if not found:
            return ""
        line = f"{line} {found}"
    return line


def _qmp_line(name: str, known: LiveKnowledge) -> str:
    schema = known.schema()
    command = schema.command(name) if schema is not None else None
    if schema is None or command is None:
        return ""
    line = name
    for member in schema.members_for(name, {}):
        if not member.required:
            continue
        found = _value(member) or _first(_candidates(f"{line} {member.name}=", known))
        if not found:
            return ""
        line = f"{line} {member.name}={found}"
    return line


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
