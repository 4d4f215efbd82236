"""The values of completion."""

from __future__ import annotations

from qmonsh.complete.candidate import Candidate, Completion, FrozenFacts
from qmonsh.complete.question import question


def test_a_candidate_has_quiet_defaults() -> None:
    one = Candidate("stop")
    assert (one.meta, one.suffix, one.flag, one.display) == ("", "", "", "")
    assert one._replace(suffix=" ").text == "stop"


def test_completion_without_candidates() -> None:
    assert Completion(3).candidates == () and Completion(3).wanted == ()


def test_frozen_facts_answer_from_the_table_then_the_function() -> None:
    facts = FrozenFacts({question("a"): [1]}, answer=lambda asked: asked.command)
    assert facts.get(question("a")) == [1] and facts.get(question("b")) == "b"
    assert FrozenFacts().get(question("a")) is None
    assert not facts.is_stale(question("a")) and facts.dialect == "qmp"
