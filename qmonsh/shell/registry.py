"""The registry of the shell's own commands (``.word``): one decorated function each in builtins_*.py.

Knows names, usage and one-line help, which feed ``.help`` and completion. Must not know what they do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from qmonsh.errors import LineError
from qmonsh.own_words import find_word

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

Function = Callable[["Shell", str], Awaitable[None]]


class Builtin(NamedTuple):
    """One command of the shell; ``usage`` are its arguments, ``takes_line`` says that they end in a line.

    ``is_aside`` says that it changes nothing and does without the monitor while that is busy.
    """

    name: str
    usage: str
    summary: str
    function: Function
    takes_line: bool = False
    is_aside: bool = False

    @property
    def synopsis(self) -> str:
        """The command with its arguments."""
        return f"{self.name} {self.usage}".rstrip()


_BUILTINS: dict[str, Builtin] = {}
_MODULES = (
    "builtins_connection",
    "builtins_event",
    "builtins_line",
    "builtins_monitor",
    "builtins_setting",
    "builtins_view",
)


def builtin(
    name: str, usage: str, summary: str, *, takes_line: bool = False, is_aside: bool = False
) -> Callable[[Function], Function]:
    """Register the decorated coroutine function, called with the shell and the rest of the line."""

    def register(function: Function) -> Function:
        assert name not in _BUILTINS, f"two commands are called {name}"
        _BUILTINS[name] = Builtin(name, usage, summary, function, takes_line, is_aside)
        return function

    return register


def builtins() -> dict[str, Builtin]:
    """Return all commands of the shell by name."""
    for module in _MODULES:
        import_module(f"qmonsh.shell.{module}")
    return dict(sorted(_BUILTINS.items()))


def find_builtin(line: str) -> tuple[Builtin, str]:
    """Return the command that a ``.word`` line calls and the rest of the line; raises LineError."""
    found = builtins()
    name, words = find_word(line, found, whose="the shell has")
    return found[name], words


def wrong_usage(name: str, problem: str) -> LineError:
    """Return the error for a command of the shell that was called wrongly."""
    command = builtins()[name]
    return LineError(problem, line="", synopsis=command.synopsis)
