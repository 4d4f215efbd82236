"""A look at facts that a test writes down, for tests of sources."""

from __future__ import annotations

from typing import Any

from qmonsh.complete.candidate import Candidate, FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import ABSENT, Question, question
from qmonsh.complete.sources import Place, values_of


def look_at(answers: dict[str, Any], *, dialect: str = "qmp") -> Inquiry:
    """Return a look at these answers by command ("query-block", "hmp:info network"); the rest is absent.

    "qom-list PATH" is the qom-list of a path. Every command that has an answer is there.
    """
    known: dict[Question, Any] = {}
    names = {"human-monitor-command", "qom-list", "qom-get"}
    for name, value in answers.items():
        if name.startswith("qom-list "):
            known[question("qom-list", path=name.partition(" ")[2])] = value
        else:
            known[Question(name)] = value
            names.add(name)
    known[question("query-commands")] = [{"name": name} for name in sorted(names)]
    return Inquiry(FrozenFacts(known, dialect, answer=lambda asked: ABSENT))


def offered(kind: str, look: Inquiry, **place: Any) -> list[Candidate]:
    """Return what a kind offers at a place, the lowest rank first."""
    return sorted(values_of(kind, look, Place(**place))[1], key=lambda one: one.rank)


def metas(kind: str, look: Inquiry, **place: Any) -> dict[str, str]:
    """Return what a kind offers: text -> what it is, the lowest rank first."""
    return {one.text: one.meta for one in offered(kind, look, **place)}
