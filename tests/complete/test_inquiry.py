"""One look at the facts."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import ABSENT, Question, question

COMMANDS = [{"name": "query-commands"}, {"name": "query-block"}, {"name": "human-monitor-command"}]


class Stale(FrozenFacts):
    """Facts that all may have changed."""

    def is_stale(self, asked: Question) -> bool:
        return True


def look(answers: dict[str, Any], **more: Any) -> Inquiry:
    return Inquiry(FrozenFacts({question(name): value for name, value in answers.items()}, **more))


def test_what_is_not_known_is_wanted() -> None:
    asked = look({})
    assert asked.ask("query-block") is None
    assert list(asked.wanted) == [question("query-block")]


def test_what_is_absent_is_not_wanted() -> None:
    asked = look({"query-commands": COMMANDS, "query-block": ABSENT})
    assert asked.ask("query-block") is None and not asked.wanted


def test_a_command_that_the_monitor_lacks_is_not_wanted() -> None:
    asked = look({"query-commands": COMMANDS})
    assert asked.ask("query-iothreads") is None and not asked.wanted
    assert asked.has("query-block") and not asked.has("query-iothreads")


def test_a_stale_answer_serves_and_is_wanted() -> None:
    asked = Inquiry(Stale({question("query-block"): [1]}))
    assert asked.ask("query-block") == [1] and question("query-block") in asked.wanted


def test_rows_drops_what_is_no_object() -> None:
    assert look({"query-block": [{"a": 1}, "x", None]}).rows("query-block") == ({"a": 1},)
    assert look({"query-block": {"a": 1}}).rows("query-block") == ()


def test_text_has_plain_line_ends() -> None:
    assert look({"query-commands": COMMANDS, "hmp:help": "a\r\nb\r\n"}).text("help") == "a\nb\n"
    assert look({"query-commands": COMMANDS, "hmp:help": 5}).text("help") == ""


def test_results_are_kept_while_the_answer_is_the_same_object() -> None:
    calls = []

    def make(value: Any) -> int:
        calls.append(value)
        return len(calls)

    asked = look({})
    first, equal = [1], [1]
    assert [asked.derived("x", make, first), asked.derived("x", make, first)] == [1, 1]
    assert asked.derived("x", make, equal) == 2, "a new answer is worked out anew"
    assert asked.derived("y", make, "text" * 1) == asked.derived("y", make, "te" + "xt")


@pytest.mark.parametrize(
    ("dialect", "command", "can"),
    [
        ("hmp", "query-block", False),
        ("hmp", "hmp:help", True),
        ("agent", "query-block", False),
        ("agent", "guest-info", True),
        ("agent", "hmp:help", False),
        ("qmp", "query-commands", True),
    ],
)
def test_each_dialect_is_asked_in_its_own_words(dialect: str, command: str, can: bool) -> None:
    asked = look({"guest-info": {"supported_commands": [{"name": "guest-ping"}]}}, dialect=dialect)
    asked.ask(command)
    asked.ask(Question(command))
    assert (question(command) in asked.wanted or asked.facts.get(question(command)) is not None) is can


def test_help_is_that_of_commands_and_words() -> None:
    answers = {
        "query-commands": COMMANDS,
        "hmp:help": "cont|c  -- go\n",
        "hmp:help info": "info kvm  -- kvm\n",
    }
    assert set(look(answers).hmp_help()) == {"cont", "c", "info kvm"}


def test_schema_is_built_once() -> None:
    asked = look(
        {"query-qmp-schema": [{"name": "stop", "meta-type": "command", "arg-type": "0", "ret-type": "0"}]}
    )
    assert asked.schema() is asked.schema() is not None
    assert look({}).schema() is None
