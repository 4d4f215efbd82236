"""What is told of a line besides its messages: nothing where its reply is the result."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import CommandError, DeadlineError, QmonshError
from qmonsh.language.plan import Plan, Step, Wait, Way
from qmonsh.monitor.carrying import Outcome
from qmonsh.monitor.retelling import retold, with_id

ASK = Step("query-status")
PLAIN = [Plan("x", "query-status", way, (ASK,)) for way in (Way.RAW, Way.QMP, Way.TWIN)]
MARKED = [
    Plan("info status", "info status", Way.TEXT, (ASK,), view="v"),
    Plan("x", "info roms", Way.TEXT_TWIN, (Step("x-query-roms", text=True),)),
    Plan("x", "x", Way.PASSTHROUGH, (Step("human-monitor-command", {"command-line": "x"}, text=True),)),
    Plan("x", "x", Way.RAW, (Step("human-monitor-command", {"command-line": "x"}, text=True),)),
    Plan("cpu 1", "cpu", Way.LOCAL),
    Plan("x", "x", Way.TWIN, (ASK, ASK)),
    Plan("migrate x", "migrate", Way.TWIN, (Step("migrate"),), wait=Wait("migration")),
    Plan("x", "x", Way.TWIN, (Step("x", wait=Wait("job")),)),
    Plan("quit", "quit", Way.QMP, (Step("quit"),)),
]
REFUSED = CommandError("GenericError", "no", command="x")


def told(plan: Plan, error: QmonshError | None = None) -> list[tuple[str, Any]]:
    said: list[tuple[str, Any]] = []

    def run() -> Outcome:
        if error is not None:
            raise error
        return Outcome({"a": 1})

    if error is None:
        assert retold(plan, lambda *one: said.append(one), run).value == {"a": 1}
    else:
        with pytest.raises(type(error)):
            retold(plan, lambda *one: said.append(one), run)
    return said


@pytest.mark.parametrize("plan", PLAIN, ids=str)
def test_nothing_is_told_where_the_reply_is_the_result(plan: Plan) -> None:
    assert told(plan) == told(plan, REFUSED) == []


@pytest.mark.parametrize("plan", MARKED, ids=str)
def test_a_line_and_its_result_are_told_where_no_single_reply_is_it(plan: Plan) -> None:
    line = ("line", {"line": plan.line, "view": plan.view})
    assert told(plan) == [line, ("result", {"return": {"a": 1}})]
    assert told(plan, REFUSED) == [line, ("result", REFUSED.document())]


def test_a_reply_that_never_came_is_told() -> None:
    error = DeadlineError("query-status", 1.0)
    assert told(PLAIN[0], error) == [("result", error.document())]


def test_secrets_of_a_line_are_masked() -> None:
    plan = Plan("set_password vnc s3cret", "set_password", Way.TEXT, (ASK,))
    assert told(plan)[0] == ("line", {"line": "set_password vnc ***", "view": ""})


@pytest.mark.parametrize("id", [7, None, "x", [1]], ids=str)
def test_the_id_of_the_user_stands_in_what_was_sent(id: Any) -> None:
    plan = Plan("x", "x", Way.RAW, (Step("x", id=id),))
    assert with_id(plan, {"execute": "x"}) == {"execute": "x", "id": id}


def test_a_command_without_an_id_has_none() -> None:
    assert with_id(PLAIN[0], {"execute": "x"}) == {"execute": "x"}
    assert with_id(MARKED[0], "info status") == "info status"
