"""The face of completion for other shells: ``qmonsh TARGET --complete LINE`` prints the candidates.

Knows deadlines and how a candidate is written for a shell that replaces whole words. Must not know what can
be completed (complete/) nor how facts are asked (monitor/facts.py). A target that is dead, busy or slow gives
nothing, quickly and without a word on stderr: it would land in the user's prompt.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from qmonsh.errors import QmonshError

if TYPE_CHECKING:
    from qmonsh.complete.candidate import Completion
    from qmonsh.monitor.facts import FactStore
    from qmonsh.settings import Settings
    from qmonsh.target import Target

#: How long a connection and greeting may take, and how long all questions together (seconds).
CONNECT_DEADLINE = 0.7
ASK_DEADLINE = 1.5
#: Suffixes that belong to the word; a blank is the shell's to add, and a comma the user's to type.
_PRINTED_SUFFIXES = ("=", "/", ".")

#: Targets that Tab leaves alone.
_UNASKED = frozenset({"exec", "ssh", "stdio", "fd"})

WAIT = "--wait"


def print_candidates(find_target: Callable[[], Target], line: str, settings: Settings) -> int:
    """Print the candidates for the end of ``line``, one a line: ``candidate<TAB>what it is``.

    A candidate is the whole last word of the line as it would be; a LINE that begins with ``--wait``
    completes an event and its fields instead of a command. Returns the exit status: 0, or that of the
    failure when there is no monitor to ask. Tab must not run programs or ask for passwords, so targets that
    would (exec:, ssh://) have no candidates, nor has the one that qmonsh itself is spawned on (stdio, fd:).
    """
    from qmonsh.monitor.connection import connect
    from qmonsh.monitor.facts import FactStore

    try:
        target = find_target()
        if target.scheme in _UNASKED:
            return 0
        deadline = min(settings.connect_timeout, CONNECT_DEADLINE)
        with connect(target, timeout=deadline, dialect=settings.dialect) as connection:
            store = FactStore(connection, introspect=settings.introspect)
            found = gather(line, store, settings.aliases)
    except QmonshError as error:
        return error.status
    sys.stdout.write("".join(f"{row}\n" for row in rows(line, found)))
    return 0


def print_targets(typed: str, settings: Settings) -> int:
    """Print what can stand for TARGET, one a line: configured names, running VMs, their monitors.

    Files are for the shell to complete. Nothing is connected to.
    """
    from qmonsh.discover import machines
    from qmonsh.render.escape import is_safe, one_line

    found = {name: address for name, address in settings.targets.items()}
    for machine in machines():
        ways = [one for one in machine.monitors if one.target is not None]
        if ways:
            found.setdefault(machine.title, f"{machine.program.rpartition('/')[2]}, pid {machine.pid}")
        for one in ways:
            what = f"{one.dialect or 'monitor'} of {machine.title}"
            found.setdefault(one.address, f"{what}, busy" if one.is_busy else what)
    for word, meta in found.items():
        if word.startswith(typed) and is_safe(word):
            sys.stdout.write(f"{word}\t{one_line(meta)}\n")
    return 0


def gather(
    line: str, store: FactStore, aliases: Mapping[str, str], *, deadline: float = ASK_DEADLINE
) -> Completion:
    """Return the completion of the end of ``line``, asking what it wants to know for ``deadline`` seconds."""
    from qmonsh.complete.engine import complete, complete_event

    def once() -> Completion:
        if line.startswith(WAIT):
            return complete_event(line[len(WAIT) :].lstrip(), store)
        return complete(line, len(line), store, aliases=aliases)

    return store.settle(once, deadline=deadline)


def rows(line: str, found: Completion) -> Iterator[str]:
    """Yield the lines that are printed: the last word of ``line`` completed, a tab, what it is.

    Shells cannot take candidates with control characters (names that a guest or a chardev id may have): they
    are left out. The rest of foreign text is made printable.
    """
    from qmonsh.render.escape import is_safe, one_line

    event = line[len(WAIT) :].lstrip() if line.startswith(WAIT) else line
    before = event[word_start(event, found.start) : found.start]
    for one in found.candidates:
        suffix = one.suffix if one.suffix in _PRINTED_SUFFIXES else ""
        word = before + one.text + suffix
        if is_safe(word):
            meta = one_line(one.meta)
            yield f"{word}\t{meta}" if meta else word


def word_start(line: str, position: int) -> int:
    """Return where the word around ``position`` begins, as a shell that splits at blanks sees it."""
    while position > 0 and not line[position - 1].isspace():
        position -= 1
    return position
