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

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from qmonsh.render.form import PLAIN, Form, Previous
from qmonsh.render.layout import pairs, table
from qmonsh.render.number import plain

#: What a view may raise on a reply of unexpected shape (a newer QEMU, or a hostile one).
WRONG_SHAPE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Look:
    """How a view is to look at its value.

    ``options`` are the words after the key ("-v" of ``info block -v``); ``previous`` is what the same line
    gave before, for rates, or ``None``.
    """

    form: Form = PLAIN
    options: tuple[str, ...] = ()
    previous: Previous | None = None

    @property
    def width(self) -> int | None:
        """Return the width wanted, ``None`` when there is no terminal."""
        return self.form.width

    def flag(self, letter: str) -> bool:
        """Return whether ``-letter`` was given, alone or together with others."""
        return any(word.startswith("-") and letter in word for word in self.options)

    def word(self) -> str:
        """Return the first option that is no flag, or ``""``."""
        return next((word for word in self.options if not word.startswith("-")), "")

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
_MODULES = ("machine", "block", "blockstats", "device", "memory", "migration", "pci", "monitor", "virtio")
_registry: dict[str, View] = {}


def view(*keys: str) -> Callable[[View], View]:
    """Register the decorated function as the view of ``keys`` (QMP commands, ``info`` lines)."""

    def register(function: View) -> View:
        for key in keys:
            if key in _registry:
                raise ValueError(f"two views for '{key}'")
            _registry[key] = function
        return function

    return register


def find_view(line: str) -> tuple[View | None, tuple[str, ...]]:
    """Return the view for ``line`` ("query-block", "info block -v") and the words left over."""
    words = line.split()
    head = 2 if words[:1] == ["info"] else 1
    key = " ".join(words[:head])
    return _lookup(key) if key else None, tuple(words[head:])


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
