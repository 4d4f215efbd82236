"""The values of completion: what is offered to the user, and what the engine sees of a monitor.

Knows only shapes. Must not know how a question is asked, nor how a menu is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from qmonsh.complete.question import Question


class Candidate(NamedTuple):
    """One row of the menu (a tuple: thousands are made and copied between two keystrokes).

    ``text`` replaces the line from ``Completion.start`` to the cursor, ``suffix`` is what naturally comes
    next (" ", "=", ",", "/"). ``meta`` says what it is: type, default, description, state; it is the
    monitor's text and has to be escaped where it is shown. ``rank`` orders candidates that match equally
    well, 0 first (required before optional, free before used). ``flag`` is "deprecated" or "unstable";
    such candidates come last.
    """

    text: str
    meta: str = ""
    kind: str = ""
    suffix: str = ""
    rank: int = 1
    flag: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What can stand at the cursor.

    ``start`` is where the text that a candidate replaces begins. ``wanted`` are the questions whose
    answers would give more or newer candidates.
    """

    start: int
    candidates: tuple[Candidate, ...] = ()
    wanted: tuple[Question, ...] = field(default=())


class Facts(Protocol):
    """What is known about a monitor; answers at once and never asks the monitor."""

    @property
    def dialect(self) -> str:
        """The language of the other end: "qmp", "hmp" or "agent"."""
        ...

    @property
    def memo(self) -> dict[Hashable, tuple[tuple[Any, ...], Any]]:
        """Where the engine keeps what it worked out of the facts."""
        ...

    def get(self, asked: Question) -> Any:
        """Return the answer, ABSENT when there is none, or None when it is not known (yet)."""
        ...

    def is_stale(self, asked: Question) -> bool:
        """Return whether the answer may have changed since it was given."""
        ...


@dataclass(slots=True)
class FrozenFacts:
    """Facts that never change: those of a capture, of a test, of no monitor at all."""

    answers: Mapping[Question, Any] = field(default_factory=dict)
    dialect: str = "qmp"
    memo: dict[Hashable, tuple[tuple[Any, ...], Any]] = field(default_factory=dict)
    answer: Callable[[Question], Any] | None = None

    def get(self, asked: Question) -> Any:
        """Return the answer, or ask ``answer``."""
        if asked in self.answers:
            return self.answers[asked]
        return self.answer(asked) if self.answer is not None else None

    def is_stale(self, asked: Question) -> bool:
        """Return that nothing changes."""
        return False
