"""A line -> Plan: which of its readings is meant (DESIGN section 3).

Raw JSON, an HMP command, a QMP command with key=value words, or either by a prefix. What an HMP command
becomes is decided in native.py. What the monitor can do is told by its query-commands, where needed by its
schema and HMP help: never by its version. Must not do I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.call import Request
from qmonsh.language.judge import name_of
from qmonsh.language.native import plan_rule, plan_unlisted
from qmonsh.language.passing import not_for_agent, pass_on, plan_text, unknown
from qmonsh.language.plan import Plan, Way
from qmonsh.language.rules import Rule, rule_for

if TYPE_CHECKING:
    from qmonsh.language.knowledge import Knowledge
    from qmonsh.language.plan import Output

_PREFIXES = ("hmp", "qmp")
#: What every guest agent and no monitor of QEMU has.
_AGENTS_OWN = "guest-info"


def translate(
    line: str,
    knowledge: Knowledge,
    *,
    cpu: int | None = None,
    text_monitor: bool = False,
    careful: bool = False,
) -> Plan:
    """Return what ``line`` becomes on the monitor that ``knowledge`` tells of.

    ``cpu`` is the CPU chosen by an earlier ``cpu N``; on a ``text_monitor`` lines go as they are typed.
    ``careful`` is for who asks before dangerous lines: danger is also what the monitor alone can tell. Asks
    only questions. Raises LineError, IncompleteLineError, and what knowledge raises; no secret is quoted.
    """
    try:
        plan = _plan_line(line, knowledge, cpu, text_monitor)
    except LineError as error:
        from qmonsh.language.secrets import without_secrets

        raise without_secrets(error) from None
    if not careful or plan.danger or not plan.steps:
        return plan
    from qmonsh.language.danger_live import danger_of_plan

    return plan._replace(danger=danger_of_plan(plan, Request(line, line, knowledge)))


def _plan_line(line: str, knowledge: Knowledge, cpu: int | None, text_monitor: bool) -> Plan:
    text, output = _read_line(line)
    request = Request(line, text, knowledge, cpu, output)
    start = skip_blanks(text, 0)
    if start >= len(text):
        return Plan(line, "", Way.LOCAL, why="nothing was typed", acts=False, output=output)
    if text_monitor:
        return plan_text(request, start)
    if text[start] == "{":
        from qmonsh.language.raw import plan_json

        return plan_json(request)
    if text[start] == "." and text[start + 1 : start + 2].isalpha():
        raise request.error("this is a command of the shell itself", start, name_of(text, start)[1])
    name, end = name_of(text, start)
    if name in _PREFIXES:
        return _plan_forced(request, name, skip_blanks(text, end))
    return _plan_command(request, name, start, end)


def _read_line(line: str) -> tuple[str, Output | None]:
    """Return the line without its redirection; what looks closer is loaded only when there is cause."""
    if not line.isascii():
        from qmonsh.language.lookalike import check_characters

        check_characters(line)
    if "|" not in line and ">" not in line:
        return line, None
    from qmonsh.language.redirect import split_output

    return split_output(line)


# -- which reading -----------------------------------------------------------------------------------


def _plan_forced(request: Request, dialect: str, start: int) -> Plan:
    """Return the plan of ``hmp LINE`` or ``qmp LINE``."""
    if start >= len(request.text.rstrip()):
        raise request.error(f"a line is expected after {dialect}", start)
    if dialect == "hmp":
        if _AGENTS_OWN in request.knowledge.commands():
            raise not_for_agent(request, "hmp", 0, start)
        if not request.knowledge.has_hmp():
            raise request.error("this monitor has no HMP: it lacks human-monitor-command", 0, start)
        name = name_of(request.text, start)[0]
        return pass_on(request, name, start, "'hmp' asks for it")
    name, end = name_of(request.text, start)
    if name.startswith("transaction") and _is_block(request, start):
        return _plan_transaction(request, start)
    commands = request.knowledge.commands()
    if commands and name not in commands and name != "qmp_capabilities":
        if rule_for(name) is not None:
            raise request.error(
                f"'{name}' is a command of HMP, not of this QMP monitor",
                start,
                end,
                advice="without 'qmp' before it, it is carried out",
            )
        raise unknown(request, name, start, end, commands)
    from qmonsh.language.qmp_words import plan_words

    return plan_words(request, name, end)


def _is_block(request: Request, start: int) -> bool:
    """Tell whether ``transaction`` is followed by a parenthesis."""
    return request.text[skip_blanks(request.text, start + len("transaction")) :].startswith("(")


def _plan_transaction(request: Request, start: int) -> Plan:
    from qmonsh.language.qmp_words import plan_transaction

    return plan_transaction(request, request.text.index("(", start))


def _plan_command(request: Request, name: str, start: int, end: int) -> Plan:
    if name.startswith("transaction") and _is_block(request, start):
        return _plan_transaction(request, start)
    rule = rule_for(name)
    commands = request.knowledge.commands()
    if rule is None and (name in commands or name == "qmp_capabilities"):
        from qmonsh.language.qmp_words import plan_words

        return plan_words(request, name, end)
    if _AGENTS_OWN in commands and not name.startswith("guest-"):
        raise not_for_agent(request, name, start, end)
    if rule is None:
        return plan_unlisted(request, name, start, end)
    if name in commands and (reading := _qmp_reading(request, rule, name, end)) is not None:
        return reading
    return plan_rule(request, rule, name, start, end)


def _qmp_reading(request: Request, rule: Rule, name: str, end: int) -> Plan | None:
    """Return the QMP plan of a name that is both, when its words are key=value as HMP would not take them."""
    if "=" not in request.text[end:]:
        return None
    from qmonsh.language.reader import read_assignments

    try:
        words = read_assignments(request.text, end)
    except LineError:
        return None
    if not words or any(word.value is None for word in words):
        return None
    from qmonsh.language.qmp_words import plan_words

    if any(argument.kind.endswith("-options") for argument in rule.arguments):
        first = words[0].value or ""
        if len(words) > 1 and "," not in first:
            return plan_words(request, name, end)
        return None
    if words[0].key.partition(".")[0] in {argument.member for argument in rule.arguments}:
        return plan_words(request, name, end)
    schema = request.knowledge.schema()
    members = () if schema is None else schema.members_for(name, {})
    if any(words[0].key.partition(".")[0] == member.name for member in members):
        return plan_words(request, name, end)
    from qmonsh.language.arguments import read_arguments

    try:
        read_arguments(rule, request.text, end)
    except LineError:
        return plan_words(request, name, end)
    return None
