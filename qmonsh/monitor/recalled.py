"""What is known of a monitor already, for who may not ask it now.

Knows that an answer that was not given yet cannot be had. Must not know why the monitor is not to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from qmonsh.complete.question import ABSENT, Question
from qmonsh.errors import UsageError
from qmonsh.monitor.knowledge import LiveKnowledge

if TYPE_CHECKING:
    from qmonsh.monitor.facts import FactStore


class Recalled(LiveKnowledge):
    """The facts of another knowledge, old ones too; raises UsageError where one had to be asked for."""

    def __init__(self, known: LiveKnowledge) -> None:
        self._connection = known._connection
        self._deadline = known._deadline
        self.facts = cast("FactStore", _Kept(known.facts))

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Raise UsageError: these answers are never kept."""
        raise _unknown(command)

    def _fetch(self, asked: Question) -> Any:
        answer = self.facts.get(asked)
        if answer is None:
            raise _unknown(asked.line if asked.is_human else asked.command)
        return None if answer is ABSENT else answer


class _Kept:
    """A store of facts that fetches no more."""

    def __init__(self, facts: FactStore) -> None:
        self._facts = facts

    def ensure(self, wanted: Iterable[Question], *, deadline: float = 0.0) -> bool:
        """Return that nothing new is known."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)


def _unknown(asked: str) -> UsageError:
    return UsageError(f"that is not known yet: it needs the answer to {asked}, and the monitor is busy")
