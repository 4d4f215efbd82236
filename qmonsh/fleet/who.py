"""WHO becomes members: each a name to show and a target to connect to.

Knows every spelling of WHO: a name or a glob of the local VMs, a glob of sockets here (or on another host,
which is left to who connects there), ranges (web[01-20]), a group or a named target of the configuration, any
single TARGET, and !WHO for whom to leave out. Must not connect.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from qmonsh import discover
from qmonsh.errors import UsageError
from qmonsh.fleet.names import expand_names, names_of_group
from qmonsh.target import Target, parse_target, unix_target, with_credentials

if TYPE_CHECKING:
    from qmonsh.settings import Settings

_WILD = frozenset("*?[")
#: In front of a WHO that is to be left out.
OUT = "!"
#: ssh://[user@]@GROUP[:port]/path: the same path on all hosts of a group.
_HOSTS = re.compile(r"(ssh://(?:[^@/]+@)?)@([^@/:]+)((?::[0-9]+)?/.*)")
#: Kinds of target of which there can be one in a process only, or whose place is ours.
_SINGLE = {"stdio": "our own stdin and stdout are one monitor", "fd": "a descriptor is one monitor"}


class Member(NamedTuple):
    """One monitor to ask; ``target`` is the error when there is none to connect to.

    ``is_pattern`` says that the target's path, or its VM's name, stands for all over there that it matches.
    """

    name: str
    target: Target | UsageError
    is_pattern: bool = False


class Roll:
    """Resolves WHO words; the machines of this host are looked for once, and only when a name asks for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._look = discover.Look()
        self._found: dict[object, Member] = {}
        self._left_out: list[str] = []

    def members(self, words: Sequence[str]) -> list[Member]:
        """Return the members in the order of the words, each monitor once; raises UsageError."""
        self._left_out = [name for word in words if word[:1] == OUT for name in self._names(word[1:], ())]
        for word in words:
            for member in self._of_word(word, ()):
                member = self._with_credentials(member)
                self._add(member)
        return list(self._found.values())

    def matched(self, targets: Iterable[Target]) -> list[Member]:
        """Return the members, none of them known yet, that a pattern turned out to stand for."""
        before = len(self._found)
        for target in targets:
            self._add(Member(target.address, target))
        return list(self._found.values())[before:]

    def _add(self, member: Member) -> None:
        if not any(pattern == member.name or fnmatchcase(member.name, pattern) for pattern in self._left_out):
            self._found.setdefault(_place(member), member)

    def _names(self, word: str, within: tuple[str, ...]) -> Iterator[str]:
        """Return the names, patterns among them, that a word behind ! leaves out."""
        group = self._group_of(word, within)
        if group is None:
            yield from _expanded(word)
            return
        for inner in group:
            yield from self._names(inner, (*within, word))

    def _with_credentials(self, member: Member) -> Member:
        if isinstance(member.target, UsageError):
            return member
        return member._replace(target=with_credentials(member.target, self._settings.tls))

    def _of_word(self, word: str, within: tuple[str, ...]) -> Iterator[Member]:
        if word[:1] == OUT and not os.path.lexists(word):
            return
        group = self._group_of(word, within)
        if group is not None:
            for inner in group:
                yield from self._of_word(inner, (*within, word))
        elif word in self._settings.targets:
            yield self._single(word, self._settings.targets[word])
        elif os.path.lexists(word) or not _WILD & set(_place_in(word)):
            yield self._of_name(word)
        else:
            yield from self._of_pattern(word)

    def _group_of(self, word: str, within: tuple[str, ...]) -> list[str] | None:
        """Return the WHO words of a group, None when the word names none; raises UsageError."""
        if word in within:
            raise UsageError(f"the group '{word}' is part of itself", advice="mend [groups]")
        name = word.removeprefix("@")
        if name in self._settings.groups:
            return self._group(name)
        hosts = _HOSTS.fullmatch(word)
        if hosts is not None:
            inner = self._group_of(f"@{hosts[2]}", (*within, word)) or []
            return [f"{hosts[1]}{host}{hosts[3]}" for host in inner]
        if word[:1] == "@" and not os.path.lexists(word):
            return names_of_group(word)
        return None

    def _group(self, name: str) -> list[str]:
        """Return the WHO words of a group, which is a list of them or a text with blanks between."""
        given = self._settings.groups[name]
        words = given.split() if isinstance(given, str) else given
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise UsageError(f"the group '{name}' of the configuration is no list of names")
        return words

    def _of_pattern(self, word: str) -> Iterator[Member]:
        """Return the members that ranges or wildcards stand for."""
        for name in _expanded(word):
            if not _is_wild(name):
                yield self._of_name(name)
            elif name.startswith("ssh:"):
                yield Member(name, parse_target(name), is_pattern=True)
            elif "/" in name or name.startswith("unix:"):
                yield from _sockets(name)
            else:
                yield from self._matching(name)

    def _of_name(self, word: str) -> Member:
        target = parse_target(word)
        return self._single(target.path if target.scheme == "name" else word, target)

    def _matching(self, pattern: str) -> Iterator[Member]:
        running = self._look.machines
        names = [name for name in self._settings.targets if fnmatchcase(name, pattern)]
        found = [one for one in running if one.kind == "vm" and fnmatchcase(one.name or one.title, pattern)]
        if not found and not names:
            raise UsageError(f"no running VM is called like '{pattern}'", advice=_listed(running))
        yield from (self._single(name, self._settings.targets[name]) for name in names)
        titles = [one.title for one in found]
        for one in found:
            member = _of_machine(one)
            # Answers are told apart by their names, so those of namesakes must differ.
            yield (
                member
                if titles.count(one.title) == 1
                else member._replace(name=f"{one.title} (pid:{one.pid})")
            )

    def _single(self, name: str, spelled: str | Target) -> Member:
        target = parse_target(spelled) if isinstance(spelled, str) else spelled
        if target.scheme in _SINGLE:
            raise UsageError(f"'{name}' cannot be one of many: {_SINGLE[target.scheme]}")
        if target.scheme == "pid" or (target.scheme == "name" and not os.path.lexists(target.path)):
            return self._located(name, target)
        if target.scheme == "name":
            target = unix_target(target.path)
        return Member(name, target)

    def _located(self, name: str, target: Target) -> Member:
        """Return the VM of a name or pid; one that has gone is a member with the reason: it delays nobody."""
        try:
            return Member(name, discover.located(target, look=self._look))
        except UsageError as error:
            return Member(name, error)


def _expanded(word: str) -> list[str]:
    """Return the names that the ranges of a word stand for; raises UsageError."""
    try:
        return expand_names(word)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _listed(running: Sequence[discover.Machine]) -> str:
    return discover.advice([one for one in running if one.kind == "vm"], "")


def _of_machine(machine: discover.Machine) -> Member:
    try:
        return Member(machine.title, discover.target_of(machine))
    except UsageError as error:
        return Member(machine.title, error)


def _place_in(word: str) -> str:
    """Return a word without what is no wildcard: ``?KEY=VALUE`` of tls://, the host of ssh://[::1]/path."""
    if word.startswith("ssh://["):
        return word.partition("]")[2]
    return word.partition("?")[0] if word.startswith("tls:") else word


def _is_wild(name: str) -> bool:
    # [::1]:4444 is an address, no set of characters.
    return bool(_WILD & set(_place_in(name))) and not name.removeprefix("tcp:").startswith("[")


def _sockets(pattern: str) -> Iterator[Member]:
    """Return the sockets that a pattern of paths matches; raises UsageError when there is none."""
    if pattern.partition(":")[0] in ("tls", "libvirt"):
        raise UsageError(
            f"'{pattern}' cannot be listed from here: wildcards work for the sockets of this host",
            advice="name each one, or run qmonsh each over there",
        )
    paths = sorted(glob.glob(os.path.expanduser(pattern.removeprefix("unix:"))))
    found = [path for path in paths if _is_socket(path)]
    if not found:
        why = f"none of the {len(paths)} files is a socket" if paths else "no file matches it"
        raise UsageError(f"there is no socket '{pattern}': {why}")
    for path in found:
        yield Member(path, unix_target(path))


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def _place(member: Member) -> object:
    """Return what two members that are the same monitor have in common."""
    if isinstance(member.target, UsageError):
        return member.name
    if member.target.scheme == "unix":
        return os.path.realpath(member.target.path)
    return member.target
