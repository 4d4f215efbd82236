"""Which word of a line that is still being typed is wrong already, by what is known of this monitor.

Knows how a line is refused (errors.py), and that what is missing may still come. Must not ask the monitor,
nor know how a wrong word is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from qmonsh.errors import LineError, QmonshError

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

Span = tuple[int, int]

#: The words that are typed to their end: behind them is a blank, a comma or an equals sign.
_TYPED = re.compile(r".*[\s,=]", re.DOTALL)
#: What can be pointed at: quotes and JSON may still be closed, the value of a flag at the end may still come.
_WORD = re.compile(r"[\w.+:/][\w.+:/-]*|-\w+(?!\s*\Z)")
#: Words that stand for those still to come: what is missing may be complained of at another word.
_TO_COME = ("1", "1 1")


class WrongWords:
    """Finds the wrong word of a shell's line, anew only when a word was finished or something was learnt."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._last: tuple[str, int] = ("", 0)
        self._found: Span | None = None

    def find(self, line: str) -> Span | None:
        """Return where a word of the line stands that this monitor would not take, None for no such word."""
        typed = _TYPED.match(line)
        session = self._shell.monitor.session
        if typed is None or not session.is_connected:
            return None
        asked = typed[0], len(self._shell.monitor.facts.memo)
        if asked != self._last:
            self._last, self._found = asked, wrong_word(typed[0], session.recall)
        return self._found


def wrong_word(typed: str, plan: Callable[[str], object]) -> Span | None:
    """Return where the word stands for which ``plan`` refuses the line, None when further words mend that.

    The command's name, which is the first word, is judged elsewhere (lexer.py).
    """
    error = _refusal(typed, plan)
    if error is None or error.line != typed or error.end >= len(typed) or not typed[: error.start].strip():
        return None
    word = _WORD.match(typed, error.start)
    if word is None or word.end() != error.end:
        return None
    is_mended = any(_refusal(typed + words, plan) is None for words in _TO_COME)
    return None if is_mended else (error.start, error.end)


def _refusal(line: str, plan: Callable[[str], object]) -> LineError | None:
    try:
        plan(line)
    except LineError as error:
        return error
    except QmonshError:
        pass
    return None
