"""What a line may begin with: HMP and QMP commands, info words, what help can be asked about.

Knows HMP's help, the schema, and the rules where there is no HMP. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import description_of, synopsis_of
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.schema_values import flag_of, marked
from qmonsh.complete.sources import Place, items, source
from qmonsh.language.rules import all_rules, rule_for
from qmonsh.qapi.schema import Schema

#: Commands as completion offers them end with a blank.
_BLANK = " "
_PREFIXES = (
    Candidate("hmp", "read the rest as an HMP line", "word", _BLANK, rank=2),
    Candidate("qmp", "read the rest as a QMP command", "word", _BLANK, rank=2),
)


@source("command")
def commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give everything that a line may begin with: HMP commands and aliases, then QMP commands."""
    prefixes = _PREFIXES if look.has_hmp else _PREFIXES[1:]
    return look.joined("command", hmp_commands(look, place), _qmp_only(look), prefixes)


@source("hmp-command")
def hmp_commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give this monitor's HMP commands with its help; those of the rules where it has no HMP."""
    found = look.derived("hmp-command", _from_help, look.hmp_help())
    if found:
        return found
    if look.facts.dialect != "qmp" or look.has_hmp:
        return []
    return look.derived("rule commands", _from_rules, look.commands())


@source("qmp-command")
def qmp_commands(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the QMP commands with their signatures."""
    return look.derived("qmp-command", _qmp_commands, look.commands(), look.schema())


@source("info-word")
def info_words(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the words after ``info``."""
    found = look.derived("info-word", _info_words, look.hmp_help())
    if found or look.facts.dialect != "qmp" or look.has_hmp:
        return found
    return look.derived("rule words", _rule_words, look.commands())


@source("help-topic")
def help_topics(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what help can be asked about."""
    return look.joined("help-topic", hmp_commands(look, place), _qmp_only(look), _TOPICS)


def _from_help(texts: Mapping[str, str]) -> tuple[Candidate, ...]:
    found = []
    for name, entry in sorted(texts.items()):
        if name.startswith("info ") or not re.match(r"[A-Za-z0-9_?]", name):
            continue
        flag = _flag_of_text(entry)
        real = _real_name(name, entry)
        alias = f"alias of {real}" if real != name else ""
        meta = items(alias, description_of(entry) or synopsis_of(entry))
        found.append(Candidate(name, meta, "hmp-command", _BLANK, rank=1 if alias else 0, flag=flag))
    return tuple(found)


def _real_name(name: str, entry: str) -> str:
    """Return which of "c|cont" is the command and not its alias."""
    rule = rule_for(name)
    return rule.name if rule is not None else max(entry.split(" ", 1)[0].split("|"), key=len)


def _flag_of_text(entry: str) -> str:
    if re.search(r"\(deprecated|\bdeprecated\)", entry, re.IGNORECASE):
        return "deprecated"
    return "unstable" if entry.startswith(("x_", "x-")) else ""


def _from_rules(commands: frozenset[str]) -> tuple[Candidate, ...]:
    """Return the HMP words that QMP commands of this monitor stand in for."""
    found = [Candidate("info", "what is known about the VM", "hmp-command", _BLANK, rank=0)]
    for rule in all_rules():
        if not rule.name.startswith("info ") and any(twin in commands for twin in rule.twin):
            found.append(Candidate(rule.name, rule.summary, "hmp-command", _BLANK, rank=0))
    return tuple(found)


def _qmp_only(look: Inquiry) -> Sequence[Candidate]:
    return look.derived("qmp only", _without, qmp_commands(look, Place()), hmp_commands(look, Place()))


def _without(qmp: Sequence[Candidate], hmp: Sequence[Candidate]) -> tuple[Candidate, ...]:
    names = {one.text for one in hmp}
    return tuple(one for one in qmp if one.text not in names)


def _qmp_commands(names: frozenset[str], schema: Schema | None) -> tuple[Candidate, ...]:
    found = []
    for name in sorted(names):
        command = schema.command(name) if schema is not None else None
        flag = flag_of(command) if command is not None else "unstable" if name.startswith("x-") else ""
        signature = schema.signature(name)[len(name) :].strip() if schema is not None and command else ""
        found.append(Candidate(name, marked(flag, signature or "QMP"), "qmp-command", _BLANK, flag=flag))
    return tuple(found)


def _info_words(texts: Mapping[str, str]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(name[5:], description_of(entry), "info-word", _BLANK, rank=0, flag=_flag_of_text(entry))
        for name, entry in sorted(texts.items())
        if name.startswith("info ")
    )


def _rule_words(commands: frozenset[str]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(rule.name[5:], rule.summary, "info-word", _BLANK, rank=0)
        for rule in all_rules()
        if rule.name.startswith("info ") and any(twin in commands for twin in rule.twin)
    )


#: Topics that are no commands.
_TOPICS = (Candidate("info", "what is known about the VM", "word", _BLANK, rank=1),)
