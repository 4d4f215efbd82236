"""Names of many, with ClusterShell's NodeSet where the extra qmonsh[fleet] brought it.

What a word means does not depend on the extra: fold.py reads plain ranges always. NodeSet adds what only it
knows: its groups (@web of /etc/clustershell), steps (web[0-8/2]) and its operators (web[01-20]!web13), and it
folds names of several dimensions closer. Knows when to ask NodeSet. Must not know what is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from qmonsh.errors import UsageError
from qmonsh.fleet import fold

#: The host of an address; other paths and addresses have nothing for NodeSet.
_HOST = re.compile(r"(ssh://(?:[^@/\[]+@)?)((?:\[[^]]*\]|[^][/:])+)(.*)")
_NUMBERS = re.compile(r"\[([0-9,/-]*)\]")
_OPERATORS = frozenset("!&^")
#: Names that NodeSet folds as they are; it would read others as more than a name.
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")
_DIGITS = re.compile(r"[0-9]+")
_INSTALL = "pip install 'qmonsh[fleet]' brings ClusterShell's"


def expand_names(word: str) -> list[str]:
    """Return the names that a folded word stands for, the word itself when it stands for itself.

    Raises ValueError for too many; UsageError for what only NodeSet reads, when it is missing or refuses it.
    """
    host = _HOST.fullmatch(word)
    before, name, after = host.groups() if host is not None else ("", word, "")
    if not _is_its_own(name):
        return fold.expand_names(word)
    return [one for found in _expanded(name) for one in fold.expand_names(f"{before}{found}{after}")]


def _is_its_own(name: str) -> bool:
    """Tell whether only NodeSet reads a name: for a step in a range, or an operator behind one."""
    ranges = _NUMBERS.findall(name)
    has_step = any("/" in one for one in ranges)
    operators = _OPERATORS & set(_NUMBERS.sub("", name))
    return bool(ranges) and (has_step or ("/" not in name and bool(operators)))


def names_of_group(word: str) -> list[str]:
    """Return the names of a group (with @) that the configuration does not have; raises UsageError."""
    name = word.removeprefix("@")
    if not _has_nodeset():
        raise UsageError(
            f"there is no group '{name}'", advice=f"groups stand in the configuration, [groups]; {_INSTALL}"
        )
    found = _expanded(word)
    if not found:
        raise UsageError(
            f"there is no group '{name}', or it is empty",
            advice="groups stand in the configuration, [groups], or in ClusterShell's",
        )
    return found


def fold_names(names: Iterable[str]) -> str:
    """Return names as one text, ranges folded."""
    names = list(names)
    if len(names) > 1 and _has_dimensions(names) and _has_nodeset():
        return ",".join(_nodesets(names))
    return fold.fold_names(names)


def _has_dimensions(names: list[str]) -> bool:
    """Tell whether the names are of a kind that NodeSet folds closer than fold.py."""
    return all(_PLAIN.fullmatch(name) and len(_DIGITS.findall(name)) > 1 for name in names)


def _nodesets(names: list[str]) -> list[str]:
    from ClusterShell.NodeSet import NodeSet, NodeSetException  # type: ignore[import-untyped, import-not-found, unused-ignore]

    try:
        return [str(NodeSet.fromlist(names))]
    except NodeSetException:
        return [fold.fold_names(names)]


def _expanded(word: str) -> list[str]:
    if not _has_nodeset():
        raise UsageError(f"only ClusterShell's NodeSet reads '{word}'", advice=_INSTALL.removesuffix("'s"))
    from ClusterShell.NodeSet import NodeSet, NodeSetException

    try:
        nodes: Any = NodeSet(word)
        if len(nodes) > fold.MOST_NAMES:
            raise ValueError(f"'{word}' stands for more than {fold.MOST_NAMES} names")
        return [str(name) for name in nodes]
    except NodeSetException as error:
        raise UsageError(f"ClusterShell cannot read '{word}': {error}") from None


def _has_nodeset() -> bool:
    return find_spec("ClusterShell") is not None
