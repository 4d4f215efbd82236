"""Help on commands, info words, events and devices of this monitor, and the search in all of it.

Knows where descriptions come from: HMP's help, the schema, the rule rows, the lists of devices. May ask the
monitor questions (it is called in a waiting thread). Must not know the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from qmonsh.complete.help_text import description_of, synopsis_of
from qmonsh.help.columns import table
from qmonsh.help.example import example_of
from qmonsh.help.qemu_manual import NAME, find_section
from qmonsh.language.danger import REASONS
from qmonsh.language.judge import judge_line
from qmonsh.language.rule import KINDS, Argument, Rule
from qmonsh.language.rules import all_rules, rule_for
from qmonsh.qapi.entity import EnumType
from qmonsh.qapi.property import NO_DEFAULT, Kind, property_kind, property_values
from qmonsh.qapi.signature import type_word
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap
from qmonsh.render.style import finish, paint

if TYPE_CHECKING:
    from qmonsh.monitor.knowledge import LiveKnowledge
    from qmonsh.qapi.entity import Member
    from qmonsh.qapi.schema import Schema

class OwnWord(Protocol):
    """A command of qmonsh itself (``.word``), as far as help shows it."""

    @property
    def synopsis(self) -> str:
        """The command with its arguments."""
        ...

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        ...


Builtins = Mapping[str, OwnWord]

_INTRODUCTION = (
    "Type what you would type at QEMU's monitor (info network), QMP commands with key=value words "
    "(query-block, block_resize device=d0 size=10G), or a whole JSON object. Tab completes everything.",
    "LINE | COMMAND and LINE > FILE send the answer on. Ctrl-C clears the line or stops the waiting, "
    "Ctrl-D leaves: neither harms the VM. help WORD, WORD ? and .apropos WORD tell more.",
)


def overview(known: LiveKnowledge, builtins: Builtins, form: Form) -> str:
    """Return what there is help on: the shell's commands, HMP's and QMP's."""
    lines = [line for text in _INTRODUCTION for line in wrap(text, form.width)]
    lines += ["", paint("head", "The shell's own commands")]
    lines += table(((one.synopsis, one.summary) for one in builtins.values()), form)
    words = {key: text for key, text in known.hmp_help().items() if not key.startswith("info ")}
    if words:
        lines += ["", paint("head", "Commands of the human monitor (help COMMAND tells more)")]
        lines += table(_hmp_rows(words), form)
    elif not known.has_hmp() and known.commands():
        rules = (rule for rule in all_rules() if _is_there(rule, known) and not rule.name.startswith("info "))
        lines += ["", paint("head", "Commands as the human monitor has them (this QEMU is built without it)")]
        lines += table(((rule.synopsis, rule.summary) for rule in rules), form)
    if known.commands():
        lines += ["", paint("head", "QMP commands (with key=value words)")]
        lines += wrap("  ".join(sorted(map(one_line, known.commands()))), form.width)
    return _finished(lines, form)


def find_help(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> str:
    """Return the help on a topic, ``""`` when there is none."""
    topic = " ".join(topic.split())
    if not topic:
        return ""
    for section in (_of_builtin, _of_info, _of_command, _of_info_word, _of_event, _of_device):
        lines = list(section(topic, known, builtins, form))
        if lines:
            return _finished(lines, form)
    return ""


def find_more(topic: str, known: LiveKnowledge, form: Form) -> str:
    """Return an example from this VM and what the installed manual says on a topic, ``""`` for neither."""
    topic = " ".join(topic.split())
    name = topic if rule_for(topic) is not None or topic in known.commands() else f"info {topic}"
    line, qmp = example_of(name, known)
    lines = [f"  for example: {one_line(line)}", f"  which is {one_line(qmp)}" if qmp else ""] if line else []
    rule = rule_for(name)
    for command in dict.fromkeys((topic, *(rule.twin if rule is not None else ()))):
        text = find_section(command)
        if text:
            lines += ["", paint("head", f"The installed manual, {NAME}(7), on {one_line(command)}")]
            lines += [part for one in text.splitlines() for part in _wrapped(one, form)]
            break
    return _finished([one for n, one in enumerate(lines) if one or n > 1], form) if lines else ""


def _wrapped(line: str, form: Form) -> list[str]:
    """Return a line in as many as it needs, each as far in as the first."""
    text = one_line(line.rstrip())
    margin = len(text) - len(text.lstrip())
    room = None if form.width is None else max(form.width - margin, 20)
    return [" " * margin + part for part in wrap(text[margin:], room)] or [""]


def topics(known: LiveKnowledge, builtins: Builtins) -> list[str]:
    """Return everything there is help on by its name."""
    schema = known.schema()
    events = schema.event_names() if schema is not None else ()
    return [*builtins, *known.hmp_help(), *known.commands(), *events]


def search(word: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> str:
    """Return each topic whose name, arguments or description has the word, one a line; ``""`` for none."""
    wanted = word.lower()
    found = [row for row in _all_rows(known, builtins) if any(wanted in part.lower() for part in row)]
    found.sort(key=lambda row: wanted not in row[0].split()[0].lower())
    return _finished(table(found, form), form) if found else ""


# -- sections ----------------------------------------------------------------------------------------


def _of_builtin(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    command = builtins.get(topic)
    if command is not None:
        yield paint("head", command.synopsis)
        yield f"  {command.summary}"


def _of_info(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    if topic != "info":
        return
    words = {key: text for key, text in known.hmp_help().items() if key.startswith("info ")}
    rows: Iterable[tuple[str, str]] = _hmp_rows(words)
    if not words:
        rules = (rule for rule in all_rules() if rule.name.startswith("info ") and _is_there(rule, known))
        rows = ((rule.synopsis, rule.summary) for rule in rules)
    yield paint("head", "info WORD shows:")
    yield from table(rows, form)


def _of_command(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    rule, entry = rule_for(topic), known.hmp_help().get(topic)
    name = rule.name if rule is not None else topic
    if entry is not None or (rule is not None and _is_there(rule, known)):
        yield from _hmp_section(name, rule, entry or known.hmp_help().get(name), form)
        yield from _becomes(rule, known, form)
    twins = rule.twin if rule is not None else ()
    schema = known.schema()
    for command in dict.fromkeys((topic, *twins)):
        if command in known.commands():
            yield from _qmp_section(command, schema, form)
            if command != topic:
                break  # the first twin that the monitor has is the one that is sent


def _of_info_word(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    if not topic.startswith("info "):
        yield from _of_command(f"info {topic}", known, builtins, form)


def _of_event(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    schema = known.schema()
    event = schema.event(topic.upper()) if schema is not None else None
    if event is None:
        return
    yield f"{paint('head', topic.upper())}  an event"
    yield from _members(event.data.members if event.data is not None else (), form)
    yield f"  .wait {topic.upper()} waits for it, .events only {topic.upper()} shows no other"


def _of_device(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    drivers = known.drivers()
    name = known.resolve_driver(topic)
    if name not in drivers:
        return
    bus, alias, description = drivers[name]
    facts = [description, f"bus {bus}" if bus else "", f"alias {alias}" if alias else ""]
    yield "  ".join([paint("head", one_line(name)), *(one_line(fact) for fact in facts if fact)])
    yield f"  device_add {one_line(name)}[,property=value...]"
    properties = known.device_properties(name)
    if properties is None:
        yield "  its properties are not asked for: QEMU could end"
        return
    rows = []
    for one in sorted(properties.values(), key=lambda one: one.name):
        if property_kind(one) is Kind.HIDDEN:
            continue
        values = "|".join(property_values(one)) or one.type
        default = "" if one.default is NO_DEFAULT else f" (default {_short(one.default)})"
        rows.append((f"{one.name}={values}", f"{one.description}{default}".strip()))
    yield from table(rows, form)


def _hmp_section(name: str, rule: Rule | None, entry: str | None, form: Form) -> Iterator[str]:
    usage = f"{name} {synopsis_of(entry)}".rstrip() if entry else rule.synopsis if rule else name
    yield paint("head", one_line(usage))
    text = description_of(entry) if entry else ""
    yield from _indented(text or (rule.summary if rule else ""), form)
    if rule is not None:
        yield from table(((str(one), _meaning(one)) for one in rule.arguments), form)
        if rule.aliases:
            yield f"  also: {', '.join(rule.aliases)}"
    danger, acts = judge_line(name)
    if danger:
        yield from _indented(f"asks first: {danger}", form)
    if not acts:
        yield "  cannot change the VM"


def _meaning(one: Argument) -> str:
    if one.flag and not one.kind:
        return one.name if one.name != one.flag else "a flag"
    words = "|".join(one.values) or KINDS[one.kind][1]
    return f"{words}{', optional' if one.optional else ''}"


def _becomes(rule: Rule | None, known: LiveKnowledge, form: Form) -> Iterator[str]:
    """Say how the line travels on this monitor."""
    twin = next((one for one in rule.twin if one in known.commands()), "") if rule is not None else ""
    if not known.commands():
        return
    if twin and rule is not None and (rule.is_exact or not known.has_hmp()):
        yield from _indented(
            f"sent as QMP {twin} where it can be said in it, else as human-monitor-command", form
        )
    elif known.has_hmp() and not (rule is not None and rule.convert):
        yield "  sent as human-monitor-command"


def _qmp_section(command: str, schema: Schema | None, form: Form) -> Iterator[str]:
    known = schema.command(command) if schema is not None else None
    if schema is None or known is None:
        yield f"{paint('head', command)}  a QMP command"
        return
    marks = [word for word in ("deprecated", "unstable") if getattr(known, word)]
    yield "  ".join([paint("head", "QMP " + one_line(schema.signature(command))), *marks])
    if command in REASONS:
        yield from _indented(f"asks first: {REASONS[command]}", form)
    yield from _members(schema.members_for(command, {}), form)
    element = getattr(known.returns, "element", known.returns)
    names = [one.name for one in getattr(element, "members", ())]
    if names or not hasattr(element, "members"):
        members = f" with {', '.join(names)}" if names else ""
        yield from _indented(f"returns {type_word(known.returns)}{members}", form)


def _members(members: Iterable[Member], form: Form) -> list[str]:
    rows = []
    for one in sorted(members, key=lambda one: not one.required):
        marks = [word for word in ("deprecated", "unstable") if getattr(one, word)]
        values = ", ".join(one.type.values) if isinstance(one.type, EnumType) else ""
        need = "required" if one.required else "optional"
        text = "; ".join(part for part in (need, *marks, values and f"one of {values}") if part)
        rows.append((f"{one.name}={type_word(one.type)}", text))
    return table(rows, form)


# -- rows and tables -----------------------------------------------------------------------------------


def _all_rows(known: LiveKnowledge, builtins: Builtins) -> Iterator[tuple[str, str]]:
    yield from ((one.synopsis, one.summary) for one in builtins.values())
    yield from _hmp_rows(known.hmp_help())
    schema = known.schema()
    if schema is not None:
        yield from ((schema.signature(name), "QMP") for name in schema.command_names())
        yield from ((name, "event") for name in schema.event_names())
    else:  # before QEMU 2.5 there are names only
        yield from ((name, "QMP") for name in sorted(known.commands()))
    for name, (bus, alias, description) in known.drivers().items():
        yield name, f"device{f' on {bus}' if bus else ''}{f', alias {alias}' if alias else ''}: {description}"


def _hmp_rows(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (synopsis, description), aliases beside the command they stand for."""
    groups: dict[str, list[str]] = {}
    for key, entry in words.items():
        groups.setdefault(entry, []).append(key)
    for entry, names in sorted(groups.items(), key=lambda item: max(item[1], key=len)):
        name = max(names, key=len)
        others = f" ({', '.join(one for one in names if one != name)})" if len(names) > 1 else ""
        yield f"{name} {synopsis_of(entry)}".rstrip() + others, description_of(entry)


def _is_there(rule: Rule, known: LiveKnowledge) -> bool:
    return bool(rule.convert) or any(twin in known.commands() for twin in rule.twin)


def _indented(text: str, form: Form) -> list[str]:
    room = None if form.width is None else form.width - 2
    return [f"  {line}" for line in wrap(one_line(text), room)] if text else []


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    text = '""' if value == "" else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _finished(lines: Iterable[str], form: Form) -> str:
    return finish("\n".join(lines) + "\n", form)
