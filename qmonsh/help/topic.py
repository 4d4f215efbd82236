"""Help on commands, info words, events and devices of this monitor, and the search in all of it.

Knows where descriptions come from: HMP's help, the schema, the rule rows, the lists of devices. May ask the
monitor questions (it is called in a waiting thread). Must not know the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from qmonsh.complete.help_text import description_of, synopsis_of
from qmonsh.help.columns import table
from qmonsh.help.device_part import device_section
from qmonsh.help.example import example_of
from qmonsh.help.hmp_part import hmp_section, indented
from qmonsh.help.qemu_manual import NAME, find_edition, find_section, find_summaries
from qmonsh.help.schema_part import (
    command_section,
    event_section,
    heading,
    short_usage,
    tag_key,
    words_of,
)
from qmonsh.language.rule import Rule
from qmonsh.language.rules import all_rules, rule_for
from qmonsh.render.escape import one_line
from qmonsh.render.form import Form
from qmonsh.render.layout import wrap
from qmonsh.render.style import finish, paint

if TYPE_CHECKING:
    from qmonsh.monitor.knowledge import LiveKnowledge


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

#: Words of no monitor: synopsis and what they do.
_READINGS = {
    "hmp": ("hmp LINE", "reads LINE as the human monitor does, and sends it as human-monitor-command"),
    "qmp": ("qmp LINE", "reads LINE as a QMP command with key=value words, where a name is HMP's too"),
}


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
    topic = _without_flags(topic)
    if not topic:
        return ""
    for section in _SECTIONS:
        lines = list(section(topic, known, builtins, form))
        if lines:
            return _finished(lines, form)
    return ""


def find_more(topic: str, known: LiveKnowledge, form: Form) -> str:
    """Return an example from this VM and what the installed manual says on a topic, ``""`` for neither."""
    topic = _without_flags(topic)
    is_name = topic.startswith(".") or rule_for(topic) is not None or topic in known.commands()
    name = topic if is_name else f"info {topic}"
    line, qmp = example_of(name, known)
    lines = list(_example_lines(line, qmp, form))
    rule = rule_for(name)
    for command in dict.fromkeys((topic, *(rule.twin if rule is not None else ()))):
        text = find_section(command)
        if text:
            edition = find_edition()
            of = f" of QEMU {edition}" if edition else ""
            lines += ["", *heading(f"The installed manual {NAME}(7){of} on {command}", form)]
            lines += [part for one in text.splitlines() for part in _wrapped(one, form)]
            break
    return _finished(lines, form) if lines else ""


def _without_flags(topic: str) -> str:
    """Return the words of a topic in one line; what is typed before a question mark may have flags (-d)."""
    first, *rest = topic.split() or [""]
    return " ".join([first, *(word for word in rest if not word.startswith("-"))])


def _example_lines(line: str, qmp: str, form: Form) -> Iterator[str]:
    if line:
        yield from _wrapped(f"  for example: {line}", form)
    if qmp:
        yield from _wrapped(f"  which is {qmp}", form)


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
    return _finished(table(((shown, text) for shown, text, _ in found), form), form) if found else ""


# -- sections ----------------------------------------------------------------------------------------


def _of_builtin(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    command = builtins.get(topic)
    if command is not None:
        yield from heading(command.synopsis, form)
        yield from indented(command.summary, form)


def _of_info(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    if topic != "info":
        return
    words = {key: text for key, text in known.hmp_help().items() if key.startswith("info ")}
    rows: Iterable[tuple[str, str]] = _hmp_rows(words)
    if not words:
        rules = (rule for rule in all_rules() if rule.name.startswith("info ") and _can_be_shown(rule, known))
        rows = ((rule.synopsis, rule.summary) for rule in rules)
    rows = list(rows)
    yield paint("head", "info WORD shows:" if rows else "this monitor has no words for info")
    yield from table(rows, form)


def _of_command(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    rule, entry = rule_for(topic), known.hmp_help().get(topic)
    name = rule.name if rule is not None else topic
    if entry is not None or (rule is not None and _is_there(rule, known)):
        yield from hmp_section(name, rule, entry or known.hmp_help().get(name, ""), known, form)
    for command in dict.fromkeys((topic, _command_of(name, known))):
        if command in known.commands():
            yield from command_section(command, known.schema(), {}, form)


def _command_of(name: str, known: LiveKnowledge) -> str:
    """Return the QMP command that a command becomes, the first twin that the monitor has, or that it is."""
    rule = rule_for(name)
    names = (*(rule.twin if rule is not None else ()), name)
    return next((one for one in names if one in known.commands()), "")


def _of_branch(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    """Yield the help on a command with tags chosen: "blockdev-add driver=qcow2", "netdev_add user"."""
    name, *words = topic.split()
    command, schema = _command_of(name, known), known.schema()
    if name == "device_add" and len(words) == 1:
        yield from _of_device(words[0].partition("driver=")[2] or words[0], known, builtins, form)
        return
    if not (command and schema is not None and words):
        return
    key = tag_key(command, schema)
    pairs = (word.partition("=") if "=" in word else (key, "", word) for word in words)
    given = {name: value for name, _, value in pairs}
    if "" not in given:
        yield from command_section(command, schema, given, form)


def _of_info_word(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    if not topic.startswith("info "):
        yield from _of_command(f"info {topic}", known, builtins, form)


def _of_event(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    schema = known.schema()
    if schema is not None:
        yield from event_section(topic.upper(), schema, form)


def _of_own_word(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    yield from _of_builtin(f".{topic}", known, builtins, form)


def _of_device(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    yield from device_section(topic, known, form)


def _of_reading(topic: str, known: LiveKnowledge, builtins: Builtins, form: Form) -> Iterator[str]:
    """Yield the help on a word that says how the line behind it is read."""
    if topic in _READINGS:
        synopsis, summary = _READINGS[topic]
        yield from heading(synopsis, form)
        yield from indented(summary, form)


_SECTIONS = (
    _of_builtin,
    _of_reading,
    _of_info,
    _of_command,
    _of_info_word,
    _of_event,
    _of_device,
    _of_own_word,
    _of_branch,
)

# -- rows and tables -----------------------------------------------------------------------------------


def _all_rows(known: LiveKnowledge, builtins: Builtins) -> Iterator[tuple[str, str, str]]:
    """Yield (usage, description, what else is looked through) of every topic."""
    yield from ((one.synopsis, one.summary, "") for one in builtins.values())
    yield from ((usage, text, "") for usage, text in _hmp_rows(known.hmp_help()))
    schema = known.schema()
    if schema is not None:
        said = find_summaries()
        for name in schema.command_names():
            text = f"QMP {said.get(name, '')}".rstrip()
            yield short_usage(name, schema), text, words_of(name, schema)
        for name in schema.event_names():
            yield name, f"event {said.get(name, '')}".rstrip(), ""
    else:  # before QEMU 2.5 there are names only
        yield from ((name, "QMP", "") for name in sorted(known.commands()))
    for name, (bus, alias, description) in known.drivers().items():
        where = f"device{f' on {bus}' if bus else ''}{f', alias {alias}' if alias else ''}"
        yield name, f"{where}: {description}", ""


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


def _can_be_shown(rule: Rule, known: LiveKnowledge) -> bool:
    """Return whether an info word of the rules has an answer on a monitor without HMP; an agent has none."""
    if rule.twin:
        return any(twin in known.commands() for twin in rule.twin)
    return bool(rule.convert) and any(name.startswith("query-") for name in known.commands())


def _finished(lines: Iterable[str], form: Form) -> str:
    return finish("\n".join(lines) + "\n", form)
