"""What else is there, for advice: sockets in a directory, monitors that run, the nearest of some names.

Knows how such lists are worded. Must not know failures, and connects to nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

#: Names that a list in a sentence has at most.
_LIMIT = 5


def sockets_in(folder: str, *, only_live: bool = False) -> list[str]:
    """Return the paths of the sockets in a directory, sorted; none when it cannot be read.

    With ``only_live`` only those on which a process of this network namespace listens.
    """
    try:
        with os.scandir(folder) as entries:
            paths = sorted(os.path.normpath(entry.path) for entry in entries if _is_socket(entry))
    except OSError:
        return []
    return [one for one in paths if _is_live(one)] if only_live else paths


def choice(path: str, sockets: Sequence[str]) -> str:
    """Return the question or the list that helps to find the right one of ``sockets``; ``""`` without any."""
    if not sockets:
        return ""
    by_name = {os.path.basename(one): one for one in sockets}
    near = nearest(os.path.basename(path), list(by_name))
    return f"did you mean {by_name[near]}?" if near else f"the sockets there are {few(sockets)}"


def running() -> str:
    """Return where the QEMUs of this machine have free monitors, as a sentence; ``""`` when none is seen."""
    from qmonsh.transport import holder

    found = holder.running_monitors()
    return f"QEMUs that run here listen on {few(found)}" if found else ""


def few(words: Sequence[object]) -> str:
    """Return some words as a list in a sentence."""
    more = f" and {len(words) - _LIMIT} more" if len(words) > _LIMIT else ""
    return ", ".join(str(word) for word in words[:_LIMIT]) + more


def nearest(word: str, words: Sequence[str]) -> str:
    """Return the likeliest intended one of ``words``, ``""`` when none is near."""
    import difflib

    return next(iter(difflib.get_close_matches(word, words, n=1)), "")


def _is_socket(entry: os.DirEntry[str]) -> bool:
    try:
        return stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return False  # it has just been removed


def _is_live(path: str) -> bool:
    from qmonsh.target import Target
    from qmonsh.transport import holder, socktable

    rows = holder.sockets_at(Target("unix", path, path=path), socktable.unix_table())
    return any(row.is_listening for row in rows)
