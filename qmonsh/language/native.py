"""An HMP command -> Plan: (a) its typed twin, (b) a text twin, (c) passed on, else why not (DESIGN 4).

Which twin a monitor has is told by query-commands and, where needed, by its schema and its own HMP help.
What a single command becomes is said by its row and its conversion (convert_*.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.call import Arguments, Call, Inexact, Request, Twin, records
from qmonsh.language.judge import judge_rule, name_of
from qmonsh.language.passing import is_there, known_names, neither, pass_on, unknown
from qmonsh.language.plan import Plan, Step, Wait, Way
from qmonsh.language.rules import Rule, rule_for

if TYPE_CHECKING:
    from qmonsh.language.argument_reader import ArgumentError


def plan_rule(request: Request, rule: Rule, name: str, start: int, end: int) -> Plan:
    """Return the plan of an HMP command: (a) its twin, (b) a text twin, (c) passed on.

    ``name`` is the command or alias as typed, which stands from ``start`` to ``end``. Raises LineError.
    """
    arguments = _read(request, rule, name, end)
    if arguments is None:
        return pass_on(request, name, start, f"the HMP of this QEMU takes more than is known of '{name}'")
    if rule.name == "cpu":
        return _plan_cpu(request, arguments)
    twin, is_text = _twin_of(request, rule)
    call = Call(request, rule, arguments, twin)
    has_hmp = request.knowledge.has_hmp()
    reason = f"this monitor has no QMP twin of '{rule.name}'"
    if rule.twin and not twin:
        reason = f"this monitor lacks {' and '.join(rule.twin)}"
    if twin or (rule.convert and not rule.twin):
        if rule.is_exact or not has_hmp:
            try:
                return _native(call, _convert(call), is_text=is_text)
            except Inexact as inexact:
                reason = inexact.reason
                if inexact.argument:
                    _check_flag(call, name, inexact)
        else:
            reason = f"'{rule.name}' has no exact QMP twin"
    if has_hmp and is_there(request, rule, name):
        return _pass_rule(request, call, name, start, reason)
    if rule.name == "print":
        return _plan_print(call)
    raise neither(request, rule, start, end, reason)


def _plan_cpu(request: Request, arguments: Arguments) -> Plan:
    """Return the plan of ``cpu N``, which is this shell's state: QEMU would forget it at once."""
    place = arguments.values["index"]
    index = place.value
    if index is None:
        raise request.error("the index of a CPU is expected", place.start, place.end)
    known = _cpu_indices(request)
    if index < 0 or (known and index not in known):
        raise request.error(
            f"there is no CPU {index}", place.start, place.end, expected=[str(one) for one in sorted(known)]
        )
    why = "kept here and sent with each line as cpu-index"
    return Plan(request.line, "cpu", Way.LOCAL, why=why, acts=False, output=request.output, cpu=index)


def _plan_print(call: Call) -> Plan:
    """Return the plan of ``print EXPR`` where there is no HMP: what needs no CPU is computed here."""
    if call.get("expr") is None:
        raise call.error("a CPU register is known to HMP only, and there is no HMP", "expr")
    from qmonsh.language.print_value import printed

    answer = printed(call.get("expr"), call.get("format") or "") + "\n"
    why = "computed here, as this QEMU has no HMP"
    return Plan(
        call.request.line, "print", Way.LOCAL, why=why, acts=False, output=call.request.output, answer=answer
    )


def _cpu_indices(request: Request) -> set[int]:
    """Return the indices of the VM's CPUs, or nothing when the monitor does not tell."""
    for command, member in (("query-cpus-fast", "cpu-index"), ("query-cpus", "CPU")):
        rows = records(request.ask(command))
        if rows:
            return {row[member] for row in rows if isinstance(row.get(member), int)}
    return set()


def _read(request: Request, rule: Rule, name: str, end: int) -> Arguments | None:
    """Return the arguments, None when they are of a newer HMP than this table: it is to judge them."""
    if not rule.args and skip_blanks(request.text, end) == len(request.text):
        return Arguments({})
    from qmonsh.language.argument_reader import ArgumentError
    from qmonsh.language.arguments import read_arguments

    try:
        return read_arguments(rule, request.text, end)
    except LineError as error:
        error.line = request.line
        if isinstance(error, ArgumentError) and error.is_surplus and _help_allows(request, name, error):
            return None
        raise


def _help_allows(request: Request, name: str, error: ArgumentError) -> bool:
    """Tell whether the monitor's own help knows the flag, or more words, than the table."""
    if not request.knowledge.has_hmp():
        return False
    line = request.knowledge.hmp_help().get(name, "")
    if error.flag:
        return _help_has_flag(line, f"-{error.flag}")
    rule = rule_for(name)
    # Some help lines repeat the command's own name where its parameters should be.
    parameters = [one for one in line.partition(" -- ")[0].split()[len(name.split()) :] if one != name]
    return rule is not None and len(parameters) > len(rule.arguments)


def _check_flag(call: Call, name: str, inexact: Inexact) -> None:
    """Refuse a flag that neither the twin nor the HMP of this monitor knows."""
    argument = next((one for one in call.rule.arguments if one.name == inexact.argument), None)
    if argument is None or not argument.flag:
        return
    line = call.knowledge.hmp_help().get(name, "")
    if not call.knowledge.has_hmp() or (line and not _help_has_flag(line, f"-{argument.flag}")):
        raise call.error(inexact.reason, argument.name)


def _help_has_flag(line: str, flag: str) -> bool:
    words = line.partition(" -- ")[0].replace("][", "] [").split()
    return any(word.lstrip("[").startswith(flag) for word in words)


def _twin_of(request: Request, rule: Rule) -> tuple[str, bool]:
    """Return the QMP command that stands in for an HMP command on this monitor, and whether it returns text.

    ``("", False)`` when there is none. For info words that the table has no twin of, commands are found by
    name; the schema is looked into only when there is one.
    """
    commands = request.knowledge.commands()
    for twin in rule.twin:
        if twin in commands:
            return twin, rule.is_text
    if not rule.name.startswith("info "):
        return "", False
    word = rule.name.removeprefix("info ").replace("_", "-")
    for candidate in (f"x-query-{word}", f"query-{word}", f"x-info-{word}", f"x-{word}"):
        if candidate in commands and (schema := request.knowledge.schema()) is not None:
            known = schema.command(candidate)
            if known is not None and known.returns_text:
                return candidate, True
    typed = f"query-{word}"
    if typed in commands and not request.knowledge.has_hmp():
        # Unknown data is better than nothing, but not better than HMP's own words.
        return typed, False
    return "", False


def _convert(call: Call) -> Twin:
    """Return the native way of a call; raises Inexact, LineError."""
    if call.twin and call.twin not in call.rule.twin:
        for argument in call.rule.arguments:
            if call.has(argument.name):
                call.need_member(argument.member)
    elif call.rule.convert:
        from importlib import import_module

        module, _, function = call.rule.convert.partition(".")
        found: Twin = getattr(import_module(f"qmonsh.language.convert_{module}"), function)(call)
        return found
    return Twin((Step(call.twin, call.members() or None),))


def _native(call: Call, twin: Twin, *, is_text: bool) -> Plan:
    request, rule = call.request, call.rule
    last = twin.steps[twin.result]
    steps = tuple(_as_text(step) for step in twin.steps) if is_text else twin.steps
    danger, acts = judge_rule(rule, request.text[name_of(request.text)[1] :])
    way = Way.TEXT_TWIN if is_text else Way.TWIN
    return Plan(
        request.line,
        rule.name,
        way,
        steps,
        why=twin.why or f"this QEMU has {last.command}",
        view=twin.view or (rule.name if is_text else last.command),
        danger=danger,
        acts=acts if twin.acts is None else twin.acts,
        wait=twin.wait,
        output=request.output,
        secrets=request.secrets,
        result=twin.result,
        options={**last.hints, **twin.options},
        undo=twin.undo,
    )


def _as_text(step: Step) -> Step:
    return Step(step.command, step.arguments, text=True)


def _pass_rule(request: Request, call: Call, name: str, start: int, reason: str) -> Plan:
    typed = None
    if not call.arguments.as_typed:
        from qmonsh.language.arguments import spelled

        typed = spelled(call.rule, name, request.text, call.arguments)
    plan = pass_on(request, name, start, reason, typed=typed)
    if call.rule.name == "migrate" and not call.has("d"):
        # human-monitor-command cannot block as HMP's own monitor does: it detaches.
        return plan._replace(wait=Wait("migration", what="migrate"))
    return plan


def plan_unlisted(request: Request, name: str, start: int, end: int) -> Plan:
    """Return the plan of a command that the table does not know: a text twin, or the monitor's own HMP."""
    rule = Rule(name, "", acts=False)
    twin, is_text = _twin_of(request, rule)
    if twin and not request.text[end:].strip():
        return _native(Call(request, rule, Arguments({}), twin), Twin((Step(twin),)), is_text=is_text)
    knowledge = request.knowledge
    if knowledge.has_hmp() and name in knowledge.hmp_help():
        return pass_on(request, name, start, "this QEMU's HMP has it")
    raise unknown(request, name, start, end, known_names(request, name))
