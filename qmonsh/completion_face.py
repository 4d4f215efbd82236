"""The face of completion for other shells: ``qmonsh TARGET --complete LINE`` prints the candidates.

Knows deadlines and how a candidate is written for a shell that replaces whole words. Must not know what can
be completed (complete/) nor how facts are asked (monitor/facts.py). A target that is dead, busy or slow gives
nothing, quickly and without a word on stderr: it would land in the user's prompt.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from qmonsh.errors import ConnectError, QmonshError

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

WAIT = "--wait"


def print_candidates(target: Target, line: str, settings: Settings) -> int:
    """Print the candidates for the end of ``line``, one a line: ``candidate<TAB>what it is``.

    A candidate is the whole last word of the line as it would be; a LINE that begins with ``--wait``
    completes an event and its fields instead of a command. Returns the exit status: 0, or 3 when there is
    no monitor to ask.
    """
    from qmonsh.monitor.connection import connect
    from qmonsh.monitor.facts import FactStore

    try:
        connection = connect(
            target, timeout=min(settings.connect_timeout, CONNECT_DEADLINE), dialect=settings.dialect
        )
    except QmonshError as error:
        return error.status if isinstance(error, ConnectError) else ConnectError.status
    with connection:
        store = FactStore(connection, introspect=settings.introspect)
        found = gather(line, store, settings.aliases)
    sys.stdout.write("".join(f"{row}\n" for row in rows(line, found)))
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
    from qmonsh.render.escape import one_line

    event = line[len(WAIT) :].lstrip() if line.startswith(WAIT) else line
    before = event[word_start(event, found.start) : found.start]
    for one in found.candidates:
        suffix = one.suffix if one.suffix in _PRINTED_SUFFIXES else ""
        word = before + one.text + suffix
        if word.isprintable():
            meta = one_line(one.meta)
            yield f"{word}\t{meta}" if meta else word


def word_start(line: str, position: int) -> int:
    """Return where the word around ``position`` begins, as a shell that splits at blanks sees it."""
    while position > 0 and not line[position - 1].isspace():
        position -= 1
    return position
