"""The arguments of an HMP command: flags, words of each kind, option lists.

Knows how HMP's arguments follow each other, from the rule of the command or, for a command that has no rule,
from the monitor's own help. Must not know kinds of values nor QMP.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import flag_help, synopsis_of
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import of_kind
from qmonsh.complete.option_list import complete_list
from qmonsh.complete.schema_values import of_type
from qmonsh.complete.sources import Place
from qmonsh.complete.words import Typed, read_typed
from qmonsh.language.rules import Argument, rule_for


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates for the end of a line, not yet matched: they replace what is typed from ``start`` on."""

    start: int
    typed: str
    candidates: Sequence[Candidate]


#: (command, argument) -> kind, for arguments that are plain words to the language.
_WORD_KINDS: Mapping[tuple[str, str], str] = {
    ("gdbserver", "device"): "gdb",
    ("pcie_aer_inject_error", "error_status"): "aer-error",
    ("client_migrate_info", "protocol"): "protocol",
}
#: (command, argument) -> the kind that may stand there instead, when the argument is left out.
_INSTEAD: Mapping[tuple[str, str], str] = {
    ("hostfwd_add", "netdev_id"): "hostfwd",
    ("hostfwd_remove", "netdev_id"): "hostfwd",
}
_SYNOPSIS = re.compile(r"\[?-(?P<flag>\w)[^\]\s]*\]?|\[?(?P<name>/?[\w|+-]+)[^\s]*\]?")
_LAST_RANK = 4
#: A candidate that ends so is the beginning of a word.
_UNFINISHED = ":/=,"
_NEEDS_QUOTES = re.compile(r'[\s"]')


def complete_arguments(look: Inquiry, name: str, text: str, position: int) -> Found:
    """Return what may stand at the end of ``text`` after the command ``name``, which ends at ``position``."""
    if name == "info":
        typed = read_typed(text, position)
        if not typed.words:
            return Found(typed.start, typed.current, of_kind(look, "info-word", Place(typed.current))[1])
    arguments = arguments_of(look, name)
    rule = rule_for(name)
    command = rule.name if rule is not None else name
    typed, format_typed = _format(read_typed(text, position), text, position, arguments)
    if format_typed is not None:
        return Found(position, format_typed, of_kind(look, "format", Place(format_typed))[1])
    return _Line(look, command, arguments, typed, text).complete()


def arguments_of(look: Inquiry, name: str) -> tuple[Argument, ...]:
    """Return the arguments of a command: its rule's, else what the monitor's help shows."""
    rule = rule_for(name)
    if rule is not None:
        return rule.arguments
    entry = look.hmp_help().get(name, "")
    return look.derived(("synopsis", name), _arguments_of, synopsis_of(entry))


def _arguments_of(synopsis: str) -> tuple[Argument, ...]:
    """Return the arguments that a synopsis shows; "[on|off]" is one of two words."""
    found = []
    for match in _SYNOPSIS.finditer(synopsis):
        optional = match[0].startswith("[")
        if match["flag"]:
            found.append(Argument(match["flag"], "", "", optional=True, flag=match["flag"]))
            continue
        name = match["name"]
        values = tuple(name.split("|")) if "|" in name else ()
        kind = "enum" if values else "format" if name == "/fmt" else "word"
        found.append(Argument(name, kind, "", optional=optional or kind == "format", values=values))
    return tuple(found)


def _format(
    typed: Typed, text: str, position: int, arguments: Sequence[Argument]
) -> tuple[Typed, str | None]:
    """Split off the format that may stick to the name (``x/4xb 0``): its text when it is being typed."""
    if not any(one.kind == "format" for one in arguments) or text[position : position + 1] != "/":
        return typed, None
    if not typed.words:
        return typed, typed.current
    return typed, None


class _Line:
    """One pass over the finished words, to find which argument the cursor is at."""

    def __init__(
        self, look: Inquiry, command: str, arguments: Sequence[Argument], typed: Typed, text: str
    ) -> None:
        self.look = look
        self.command = command
        self.typed = typed
        self.text = text
        self.flags = {one.flag: one for one in arguments if one.flag}
        self.words = [one for one in arguments if not one.flag]
        self.given: dict[str, str] = {}
        self.seen: set[str] = set()
        self.pending: Argument | None = None  # a flag that waits for its value
        self.at = 0

    def complete(self) -> Found:
        for word in self.typed.words:
            self._take(word)
        if self.pending is not None:
            return self._values(self.pending)
        flags = self._flag_candidates()
        if self.typed.current.startswith("-") and flags:
            return Found(self.typed.start, self.typed.current, flags)
        if self.at >= len(self.words):
            return Found(self.typed.start, self.typed.current, flags)
        found = self._values(self.words[self.at])
        extra = self._alternatives()
        if found.start != self.typed.start:
            return found
        return Found(found.start, found.typed, [*found.candidates, *extra, *flags])

    def _take(self, word: str) -> None:
        if self.pending is not None:
            self.given[self.pending.name] = word
            self.pending = None
            return
        if self._is_flags(word):
            self.seen.update(word[1:])
            self.pending = next((self.flags[one] for one in word[1:] if self.flags[one].kind), None)
            return
        while self.at < len(self.words):
            argument = self.words[self.at]
            if argument.kind == "format" and not word.startswith("/"):
                self.at += 1  # it was left out
                continue
            if argument.reading != "rest":
                self.at += 1
            self.given.setdefault(argument.name, word)
            return

    def _is_flags(self, word: str) -> bool:
        return len(word) > 1 and word[0] == "-" and set(word[1:]) <= self.flags.keys()

    def _flag_candidates(self) -> list[Candidate]:
        entry = self.look.hmp_help().get(self.command, "")
        rank = 0 if self.typed.current.startswith("-") else _LAST_RANK
        # Rules name the flags of all versions; this monitor's help tells which are its own.
        return [
            Candidate(f"-{letter}", _flag_text(one, entry), "flag", " ", rank)
            for letter, one in self.flags.items()
            if letter not in self.seen and (not entry or f"-{letter}" in entry)
        ]

    def _alternatives(self) -> list[Candidate]:
        """Return what may stand here because an optional argument is left out."""
        argument = self.words[self.at]
        instead = _INSTEAD.get((self.command, argument.name))
        if instead:
            return list(of_kind(self.look, instead, self._place(self.typed.current))[1])
        if argument.kind == "format" and self.at + 1 < len(self.words):
            following = self._values(self.words[self.at + 1])
            return list(following.candidates) if following.start == self.typed.start else []
        return []

    def _place(self, typed: str) -> Place:
        return Place(typed, self.command, self.given)

    def _values(self, argument: Argument) -> Found:
        current, start = self.typed.current, self.typed.start
        kind = _WORD_KINDS.get((self.command, argument.name), argument.kind)
        if kind.endswith("-options"):
            offset, rest, found = self._list(kind)
            return self._quoted(Found(start + offset, rest, found), is_word=False)
        if argument.values:
            # The monitor's own list wins: it may know more words than the rule.
            found = [Candidate(one, "", "value", " ") for one in argument.values]
            return Found(start, current, found)
        if kind in ("help-topic", "command"):
            return Found(start, current, self._topics(kind))
        skip, found = of_kind(self.look, kind, self._place(current))
        if not found and kind in ("word", "enum"):
            skip, found = 0, self._twin_values(argument)
        return self._quoted(Found(start + skip, current[skip:], found), is_word=True)

    def _list(self, kind: str) -> tuple[int, str, Sequence[Candidate]]:
        if kind == "drive-options" and "n" in self.seen:
            kind = "node-options"
        return complete_list(self.look, kind, self.typed.current, self.command)

    def _topics(self, kind: str) -> Sequence[Candidate]:
        if kind == "command":
            return ()
        if not self.typed.words:
            return of_kind(self.look, kind, self._place(self.typed.current))[1]
        is_info = self.typed.words == ("info",)
        return of_kind(self.look, "info-word", self._place(self.typed.current))[1] if is_info else ()

    def _twin_values(self, argument: Argument) -> Sequence[Candidate]:
        """Return the values of the enum that the argument becomes in QMP."""
        rule = rule_for(self.command)
        schema = self.look.schema() if rule is not None and rule.twin else None
        for twin in rule.twin if rule is not None and schema is not None else ():
            member = schema.member_for(twin, argument.member, {}) if schema is not None else None
            if member is not None:
                return [one._replace(suffix=" ") for one in of_type(member.type)]
        return ()

    def _quoted(self, found: Found, *, is_word: bool) -> Found:
        """Return the candidates as words: those with blanks in quotes, finished ones with a blank after."""
        is_open = self.typed.start > 0 and self.text[self.typed.start - 1] == '"'
        done = found.candidates
        if is_word:
            done = self.look.derived(("finished", self.command), _finished, done)
        if is_open or not _NEEDS_QUOTES.search("".join([one.text for one in done])):
            return Found(found.start, found.typed, done)
        before = self.typed.current[: found.start - self.typed.start]
        return Found(
            self.typed.start,
            before + found.typed,
            [one._replace(text=_as_word(before + one.text), display=one.display or one.text) for one in done],
        )


def _finished(found: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return candidates as words that a blank follows, where they are whole words."""
    return tuple(
        one if one.suffix or one.text[-1:] in _UNFINISHED else one._replace(suffix=" ") for one in found
    )


def _as_word(text: str) -> str:
    if not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _flag_text(one: Argument, entry: str) -> str:
    return flag_help(entry, one.flag) or (one.name if len(one.name) > 1 else "")
