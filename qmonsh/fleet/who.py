"""WHO becomes members: each a name to show and a target to connect to.

Knows every spelling of WHO: a name or a glob of the local VMs, a glob of sockets, ranges (web[01-20]), a
group or a named target of the configuration, and any single TARGET. Must not connect.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from qmonsh import discover
from qmonsh.errors import UsageError
from qmonsh.fleet.fold import expand_names
from qmonsh.target import Target, parse_target

if TYPE_CHECKING:
    from qmonsh.settings import Settings

_WILD = frozenset("*?[")
#: Kinds of target of which there can be one in a process only, or whose place is ours.
_SINGLE = {"stdio": "our own stdin and stdout are one monitor", "fd": "a descriptor is one monitor"}


class Member(NamedTuple):
    """One monitor to ask; ``target`` is the error when there is none to connect to."""

    name: str
    target: Target | UsageError


class Roll:
    """Resolves WHO words; the machines of this host are looked for once, and only when a name asks for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._machines: list[discover.Machine] | None = None

    def members(self, words: Sequence[str]) -> list[Member]:
        """Return the members in the order of the words, each monitor once; raises UsageError."""
        found: dict[object, Member] = {}
        for word in words:
            for member in self._of_word(word, ()):
                found.setdefault(_place(member), member)
        return list(found.values())

    def _of_word(self, word: str, within: tuple[str, ...]) -> Iterator[Member]:
        group = word.removeprefix("@")
        if group in self._settings.groups:
            if group in within:
                raise UsageError(f"the group '{group}' is part of itself", advice="mend [groups]")
            for inner in self._group(group):
                yield from self._of_word(inner, (*within, group))
        elif word in self._settings.targets:
            yield _single(word, self._settings.targets[word])
        elif os.path.lexists(word) or not _WILD & set(word):
            yield self._of_name(word)
        else:
            yield from self._of_pattern(word)

    def _group(self, name: str) -> list[str]:
        """Return the WHO words of a group, which is a list of them or a text with blanks between."""
        given = self._settings.groups[name]
        words = given.split() if isinstance(given, str) else given
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise UsageError(f"the group '{name}' of the configuration is no list of names")
        return words

    def _of_pattern(self, word: str) -> Iterator[Member]:
        """Return the members that ranges or wildcards stand for."""
        try:
            names = expand_names(word)
        except ValueError as error:
            raise UsageError(str(error)) from None
        for name in names:
            if not _is_wild(name):
                yield self._of_name(name)
            elif "/" in name or name.startswith("unix:"):
                yield from _sockets(name)
            else:
                yield from self._matching(name)

    def _of_name(self, word: str) -> Member:
        target = parse_target(word)
        if target.scheme == "name" and not os.path.lexists(target.path):
            matching = [one for one in self._running() if one.name == target.path]
            return _of_machine(matching[0]) if len(matching) == 1 else _nobody(word, target)
        return _single(word, target)

    def _matching(self, pattern: str) -> Iterator[Member]:
        running = self._running()
        names = [name for name in self._settings.targets if fnmatchcase(name, pattern)]
        found = [one for one in running if one.kind == "vm" and fnmatchcase(one.name or one.title, pattern)]
        if not found and not names:
            raise UsageError(f"no running VM is called like '{pattern}'", advice=_listed(running))
        yield from (_single(name, self._settings.targets[name]) for name in names)
        yield from (_of_machine(one) for one in found)

    def _running(self) -> list[discover.Machine]:
        if self._machines is None:
            self._machines = discover.machines()
        return self._machines


def _listed(running: Sequence[discover.Machine]) -> str:
    return discover.advice([one for one in running if one.kind == "vm"], "")


def _nobody(name: str, target: Target) -> Member:
    """Return a member that cannot be asked, with the reason: a VM that has gone keeps no other waiting."""
    try:
        return Member(name, discover.located(target))
    except UsageError as error:
        return Member(name, error)


def _of_machine(machine: discover.Machine) -> Member:
    try:
        return Member(machine.title, discover.target_of(machine))
    except UsageError as error:
        return Member(machine.title, error)


def _single(name: str, spelled: str | Target) -> Member:
    target = parse_target(spelled) if isinstance(spelled, str) else spelled
    if target.scheme in _SINGLE:
        raise UsageError(f"'{name}' cannot be one of many: {_SINGLE[target.scheme]}")
    if target.scheme == "pid" or (target.scheme == "name" and not os.path.lexists(target.path)):
        return _nobody(name, target)
    if target.scheme == "name":
        target = Target("unix", f"unix:{target.path}", path=target.path)
    return Member(name, target)


def _is_wild(name: str) -> bool:
    # [::1]:4444 is an address, no set of characters.
    return bool(_WILD & set(name)) and not name.removeprefix("tcp:").startswith("[")


def _sockets(pattern: str) -> Iterator[Member]:
    """Return the sockets that a pattern of paths matches; raises UsageError when there is none."""
    if pattern.partition(":")[0] in ("ssh", "tls", "libvirt"):
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
        yield Member(path, Target("unix", f"unix:{path.replace(',', ',,')}", path=path))


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
