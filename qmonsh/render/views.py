"""The registry of views: which function lays out which reply.

To add a view, write one decorated function in the views_*.py that knows the subject::

    @view("query-name", "info name")
    def name(value, look):
        yield look.text(value["name"])

It yields lines, may paint words, may raise anything of ``WRONG_SHAPE`` when the reply is not what it
expects (the caller then falls back to the value's shape), and must pass foreign strings through
``look.text``. Modules are loaded by need, the everyday ones first: ``info status`` pays for no other view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from qmonsh.render.form import PLAIN, Form, Previous
from qmonsh.render.layout import pairs, table
from qmonsh.render.number import plain

#: What a view may raise on a reply of unexpected shape (a newer QEMU, or a hostile one).
WRONG_SHAPE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


NO_HINTS: Mapping[str, Any] = {}


class Look(NamedTuple):
    """How a view is to look at its value.

    ``options`` are hints: "verbose", "nodes" and "all" (flags), "device" (show only this one), "cpu" (the
    monitor's own), "path", "schemas" (of query-stats), "globals" (of migration), "graph" (of block
    nodes), "property" (of qom-get). ``previous`` is what the same line gave before.
    """

    form: Form = PLAIN
    options: Mapping[str, Any] = NO_HINTS
    previous: Previous | None = None

    @property
    def width(self) -> int | None:
        """Return the width wanted, ``None`` when there is no terminal."""
        return self.form.width

    def option(self, name: str) -> str:
        """Return a hint as printable text, ``""`` when it was not given."""
        value = self.options.get(name)
        return "" if value is None or value is False else self.text(value)

    def table(
        self, rows: Iterable[Sequence[str]], heads: Sequence[str], *, right: str = "", indent: int = 0
    ) -> Iterator[str]:
        """Yield a table as ``layout.table`` does, at this look's width."""
        return table(rows, heads, right=right, width=self.width, indent=indent)

    def pairs(self, items: Iterable[tuple[str, str]], *, indent: int = 0, gap: int = 2) -> Iterator[str]:
        """Yield labels and values as ``layout.pairs`` does, at this look's width."""
        return pairs(items, indent=indent, width=self.width, gap=gap)

    @staticmethod
    def text(value: Any) -> str:
        """Return a foreign scalar as one printable line."""
        return plain(value)


View = Callable[[Any, Look], Iterator[str]]

#: Searched in this order; a module is imported only when the ones before it do not have the key.
_MODULES = (
    "machine",
    "block",
    "blockstats",
    "device",
    "memory",
    "migration",
    "pci",
    "monitor",
    "virtio",
    "blockgraph",
)
_registry: dict[str, View] = {}
_comparing: set[View] = set()


def view(*keys: str, compares: bool = False) -> Callable[[View], View]:
    """Register the decorated function as the view of ``keys`` (QMP commands, ``info`` lines).

    ``compares`` says that it makes something of ``Look.previous``.
    """

    def register(function: View) -> View:
        if compares:
            _comparing.add(function)
        for key in keys:
            if key in _registry:
                raise ValueError(f"two views for '{key}'")
            _registry[key] = function
        return function

    return register


def find_view(line: str) -> tuple[View | None, dict[str, Any]]:
    """Return the view for ``line`` ("query-block", "info block -v disk0") and the hints in its words."""
    words = line.split()
    head = 2 if words[:1] == ["info"] else 1
    key = " ".join(words[:head])
    return _lookup(key) if key else None, _hints(words[head:])


def compares(line: str) -> bool:
    """Return whether the view for ``line`` shows more when it has the value of the time before."""
    return find_view(line)[0] in _comparing


def _hints(words: list[str]) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for word in words:
        if word.startswith("-"):
            hints.update({_FLAGS[letter]: True for letter in word if letter in _FLAGS})
        else:
            for name in ("device", "path", "cpu"):
                hints.setdefault(name, word)
    return hints


_FLAGS = {"v": "verbose", "n": "nodes", "a": "all"}


def registered() -> frozenset[str]:
    """Return the keys of all views."""
    for module in _MODULES:
        import_module(f"qmonsh.render.views_{module}")
    return frozenset(_registry)


def _lookup(key: str) -> View | None:
    for module in _MODULES:
        if key in _registry:
            break
        import_module(f"qmonsh.render.views_{module}")
    return _registry.get(key)
