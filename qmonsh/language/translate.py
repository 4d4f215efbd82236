"""A line -> Plan: which way it goes, and what is sent (DESIGN sections 3 and 4).

The decision is here; rows and conversions say what a single command becomes. What the monitor can do is
told by its query-commands, where needed by its schema and HMP help: never by its version. Must not do I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.call import Arguments, Call, Inexact, Request, Twin, records
from qmonsh.language.judge import judge_line, judge_rule, name_of
from qmonsh.language.plan import Plan, Step, Wait, Way
from qmonsh.language.rules import Rule, all_rules, rule_for

if TYPE_CHECKING:
    from qmonsh.language.arguments import ArgumentError
    from qmonsh.language.knowledge import Knowledge
    from qmonsh.language.plan import Output

_HMC = "human-monitor-command"
_PREFIXES = ("hmp", "qmp")


def translate(line: str, knowledge: Knowledge, *, cpu: int | None = None, text_monitor: bool = False) -> Plan:
    """Return what ``line`` becomes on the monitor that ``knowledge`` tells of.

    ``cpu`` is the CPU chosen by an earlier ``cpu N``; on a ``text_monitor`` lines go as they are typed. Asks
    only questions. Raises LineError, IncompleteLineError, and what knowledge raises.
    """
    text, output = _read_line(line)
    request = Request(line, text, knowledge, cpu, output)
    start = skip_blanks(text, 0)
    if start >= len(text):
        return Plan(line, "", Way.LOCAL, why="nothing was typed", acts=False, output=output)
    if text_monitor:
        return _plan_text(request, start)
    if text[start] == "{":
        from qmonsh.language.raw import plan_json

        return plan_json(request)
    if text[start] == "." and text[start + 1 : start + 2].isalpha():
        raise request.error("this is a command of the shell itself", start, name_of(text, start)[1])
    prefix, end = name_of(text, start)
    if prefix in _PREFIXES:
        return _plan_forced(request, prefix, skip_blanks(text, end))
    return _plan_command(request, start)


def _read_line(line: str) -> tuple[str, Output | None]:
    """Return the line without its redirection; what looks closer is loaded only when there is cause."""
    if not line.isascii():
        from qmonsh.language.reader import check_characters

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
        if not request.knowledge.has_hmp():
            raise request.error("this QEMU has no HMP: it lacks human-monitor-command", 0, start)
        name = name_of(request.text, start)[0]
        return _passthrough(request, name, start, "'hmp' asks for it")
    name, end = name_of(request.text, start)
    if name.startswith("transaction") and _is_block(request, start):
        return _plan_transaction(request, start)
    commands = request.knowledge.commands()
    if commands and name not in commands and name != "qmp_capabilities":
        raise _unknown(request, name, start, end, commands)
    from qmonsh.language.qmp_words import plan_words

    return plan_words(request, name, end)


def _is_block(request: Request, start: int) -> bool:
    """Tell whether ``transaction`` is followed by a parenthesis."""
    return request.text[skip_blanks(request.text, start + len("transaction")) :].startswith("(")


def _plan_transaction(request: Request, start: int) -> Plan:
    from qmonsh.language.qmp_words import plan_transaction

    return plan_transaction(request, request.text.index("(", start))


def _plan_command(request: Request, start: int) -> Plan:
    name, end = name_of(request.text, start)
    if name.startswith("transaction") and _is_block(request, start):
        return _plan_transaction(request, start)
    rule = rule_for(name)
    commands = request.knowledge.commands()
    if rule is None and (name in commands or name == "qmp_capabilities"):
        from qmonsh.language.qmp_words import plan_words

        return plan_words(request, name, end)
    if rule is None:
        return _plan_unlisted(request, name, start, end)
    if name in commands and (reading := _qmp_reading(request, rule, name, end)) is not None:
        return reading
    return _plan_rule(request, rule, name, start, end)


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


def _plan_text(request: Request, start: int) -> Plan:
    """Return the plan of a line for an HMP text monitor: as it is typed."""
    text = request.text
    if text[start] == "{":
        raise request.error("this monitor speaks HMP text: it takes no JSON", start, len(text.rstrip()))
    prefix, end = name_of(text, start)
    if prefix == "qmp":
        raise request.error("this monitor speaks HMP text: it has no QMP commands", start, end)
    if prefix == "hmp":
        start = skip_blanks(text, end)
    typed = text[start:].rstrip()
    if not typed:
        raise request.error("a line is expected after hmp", start)
    control = next(
        (at for at, char in enumerate(typed) if char < " " and char != "\t" or char == "\x7f"), None
    )
    if control is not None:
        at = start + control
        raise request.error("a text monitor would take this control character for a key", at, at + 1)
    danger, acts = judge_line(typed)
    name = name_of(typed)[0]
    rule = rule_for(name)
    return Plan(
        request.line,
        rule.name if rule is not None else name,
        Way.TEXT,
        (Step(typed, text=True),),
        why="this monitor speaks HMP text",
        view=name if name.startswith("info ") else "",
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=request.secrets,
    )


# -- an HMP command ----------------------------------------------------------------------------------------


def _plan_rule(request: Request, rule: Rule, name: str, start: int, end: int) -> Plan:
    """Return the plan of an HMP command: (a) its twin, (b) a text twin, (c) passed on."""
    arguments = _read(request, rule, name, end)
    if rule.name == "cpu":
        return _plan_cpu(request, arguments)
    twin = _twin_of(request, rule)
    call = Call(request, rule, arguments, twin)
    has_hmp = request.knowledge.has_hmp()
    reason = f"this QEMU has no QMP twin of '{rule.name}'"
    if rule.twin and not twin:
        reason = f"this QEMU lacks {' and '.join(rule.twin)}"
    if twin or (rule.convert and not rule.twin):
        if rule.is_exact or not has_hmp:
            try:
                return _native(call, _convert(call))
            except Inexact as inexact:
                reason = inexact.reason
                if inexact.argument:
                    _check_flag(call, name, inexact)
        else:
            reason = f"'{rule.name}' has no exact QMP twin"
    if has_hmp and _is_there(request, rule, name):
        return _pass_rule(request, call, name, start, reason)
    raise _neither(request, rule, start, end, reason)


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


def _cpu_indices(request: Request) -> set[int]:
    """Return the indices of the VM's CPUs, or nothing when the monitor does not tell."""
    for command, member in (("query-cpus-fast", "cpu-index"), ("query-cpus", "CPU")):
        rows = records(request.ask(command))
        if rows:
            return {row[member] for row in rows if isinstance(row.get(member), int)}
    return set()


def _read(request: Request, rule: Rule, name: str, end: int) -> Arguments:
    """Return the arguments; what only this table does not know is for the monitor to judge."""
    if not rule.args and skip_blanks(request.text, end) == len(request.text):
        return Arguments({})
    from qmonsh.language.arguments import ArgumentError, read_arguments

    try:
        return read_arguments(rule, request.text, end)
    except LineError as error:
        error.line = request.line
        if isinstance(error, ArgumentError) and error.is_surplus and _help_allows(request, name, error):
            return Arguments({})
        raise


def _help_allows(request: Request, name: str, error: ArgumentError) -> bool:
    """Tell whether the monitor's own help knows the flag, or more words, than the table."""
    if not request.knowledge.has_hmp():
        return False
    line = request.knowledge.hmp_help().get(name, "")
    if error.flag:
        return _help_has_flag(line, f"-{error.flag}")
    rule = rule_for(name)
    parameters = line.partition(" -- ")[0].split()[len(name.split()) :]
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


def _twin_of(request: Request, rule: Rule) -> str:
    """Return the QMP command that stands in for an HMP command on this monitor, or ``""``."""
    commands = request.knowledge.commands()
    listed = next((twin for twin in rule.twin if twin in commands), "")
    return listed or _text_twin(request, rule.name)


def _text_twin(request: Request, name: str) -> str:
    """Return a command that is called as an info word and returns HMP's text, or ``""``.

    The schema is looked into only when there is a command of such a name.
    """
    word = name.removeprefix("info ")
    if word == name:
        return ""
    commands = request.knowledge.commands()
    for candidate in _candidates(word):
        if candidate in commands and (schema := request.knowledge.schema()) is not None:
            known = schema.command(candidate)
            if known is not None and known.returns_text:
                return candidate
    return ""


def _candidates(word: str) -> tuple[str, ...]:
    plain = word.replace("_", "-")
    return (f"x-query-{plain}", f"query-{plain}", f"x-info-{plain}", f"x-{plain}")


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


def _native(call: Call, twin: Twin) -> Plan:
    request, rule = call.request, call.rule
    last = twin.steps[twin.result]
    is_text = rule.is_text or (bool(call.twin) and call.twin not in rule.twin)
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
        danger=danger if twin.danger is None else twin.danger,
        acts=acts if twin.acts is None else twin.acts,
        wait=twin.wait,
        output=request.output,
        secrets=request.secrets,
        result=twin.result,
        options=twin.options,
        undo=twin.undo,
    )


def _as_text(step: Step) -> Step:
    return Step(step.command, step.arguments, text=True)


def _is_there(request: Request, rule: Rule, name: str) -> bool:
    """Tell whether the monitor's HMP has the command: sure of the common ones, else by its help."""
    if rule.is_common:
        return True
    known = request.knowledge.hmp_help()
    return not known or name in known or rule.name in known


def _pass_rule(request: Request, call: Call, name: str, start: int, reason: str) -> Plan:
    typed = None
    if not call.arguments.as_typed:
        from qmonsh.language.arguments import spelled

        typed = spelled(call.rule, name, request.text, call.arguments)
    plan = _passthrough(request, name, start, reason, typed=typed)
    if call.rule.name == "migrate" and not call.has("d"):
        # human-monitor-command cannot block as HMP's own monitor does: it detaches.
        return plan._replace(wait=Wait("migration", what="migrate"))
    return plan


def _passthrough(request: Request, name: str, start: int, why: str, *, typed: str | None = None) -> Plan:
    """Return the plan that passes the line on to the monitor's own HMP, as it was typed."""
    line = request.text[start:].rstrip() if typed is None else typed
    arguments: dict[str, object] = {"command-line": line}
    if request.cpu is not None:
        arguments["cpu-index"] = request.cpu
    danger, acts = judge_line(line)
    rule = rule_for(name)
    return Plan(
        request.line,
        rule.name if rule is not None else name,
        Way.PASSTHROUGH,
        (Step(_HMC, arguments, text=True),),
        why=why,
        view=name if name.startswith("info ") else "",
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=request.secrets,
    )


# -- names that no row has -----------------------------------------------------------------------------------


def _plan_unlisted(request: Request, name: str, start: int, end: int) -> Plan:
    """Return the plan of a command that the table does not know: a text twin, or the monitor's own HMP."""
    twin = _text_twin(request, name)
    if twin and not request.text[end:].strip():
        rule = Rule(name, "", twin=(twin,), is_text=True, acts=False)
        return _native(Call(request, rule, Arguments({}), twin), Twin((Step(twin),)))
    knowledge = request.knowledge
    if knowledge.has_hmp() and name in knowledge.hmp_help():
        return _passthrough(request, name, start, "this QEMU's HMP has it")
    raise _unknown(request, name, start, end, _known_names(request, name))


def _known_names(request: Request, name: str) -> Iterable[str]:
    known = set(request.knowledge.commands()) | set(request.knowledge.hmp_help())
    has_hmp = request.knowledge.has_hmp()
    for rule in all_rules():
        if rule.is_common and (has_hmp or any(twin in known for twin in rule.twin)):
            known.update((rule.name, *rule.aliases))
    if name.startswith("info "):
        return {one for one in known if one.startswith("info ")}
    return {one for one in known if not one.startswith("info ")}


def _unknown(request: Request, name: str, start: int, end: int, known: Iterable[str]) -> LineError:
    from qmonsh.qapi.nearest import nearest

    # Of words equally near, one that goes on where the typed one ends is likelier.
    likely = nearest(name, sorted(known, key=lambda one: (not one.startswith(name), one)))
    return request.error(f"unknown command '{name}'", start, end, nearest=likely)


def _neither(request: Request, rule: Rule, start: int, end: int, reason: str) -> LineError:
    """Return the error for a command that this QEMU cannot carry out in any way."""
    has_twin = any(twin in request.knowledge.commands() for twin in rule.twin)
    if request.knowledge.has_hmp():
        if has_twin:
            return request.error(f"{reason}, nor does its HMP know '{rule.name}'", start, end)
        return _unknown(request, rule.name, start, end, _known_names(request, rule.name))
    twins = " or ".join(rule.twin) if rule.twin else f"a QMP twin of '{rule.name}'"
    problem = f"this QEMU has neither {twins} nor HMP to pass the line on to"
    if has_twin:
        problem = f"{reason}, and there is no HMP to pass the line on to"
    return request.error(problem, start, end)
