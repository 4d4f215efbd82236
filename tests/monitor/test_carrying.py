"""Plans as generators: what is needed next, failures, undoing; without any connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qmonsh.errors import CommandError, ConnectionLostError, DeadlineError
from qmonsh.language.plan import MISSING, Plan, Step, Wait, Way
from qmonsh.monitor.carrying import Need, Say, carry_out, drive, restore_id
from qmonsh.wire.message import Command, ErrorReply, Return


def plan(*steps: Step, way: Way = Way.QMP, **more: Any) -> Plan:
    return Plan(line="line", name=more.pop("name", "x"), way=way, steps=steps, **more)


def good(value: Any = None) -> Return:
    return Return("q1", value, {"return": value, "id": "q1"})


def bad(class_name: str = "GenericError") -> ErrorReply:
    return ErrorReply("q1", class_name, "no", {"error": {"class": class_name, "desc": "no"}, "id": "q1"})


def recorder(needs: list[Need], *answers: Any) -> Callable[[Need], Any]:
    given = iter(answers)

    def answer(need: Need) -> Any:
        needs.append(need)
        found = next(given)
        if isinstance(found, Exception):
            raise found
        return found

    return answer


def test_steps_and_their_waits_come_in_order() -> None:
    needs: list[Need] = []
    wait = Wait("job", job="j")
    after = Wait("migration")
    made = plan(Step("a", wait=wait), Step("b"), wait=after)
    outcome = drive(carry_out(made), recorder(needs, good(1), None, good(2), None))
    assert needs == [Command("a"), wait, Command("b"), after]
    assert outcome.value == 2 and outcome.replies == [{"return": 1}, {"return": 2}]


def test_a_failure_behind_the_first_step_undoes() -> None:
    needs: list[Need] = []
    made = plan(Step("a"), Step("b"), undo=(Step("c", {"x": 1}),))
    with pytest.raises(CommandError, match="no"):
        drive(carry_out(made), recorder(needs, good(), bad(), bad()))
    assert needs == [Command("a"), Command("b"), Command("c", {"x": 1})]


def test_a_failure_of_the_first_step_undoes_nothing() -> None:
    needs: list[Need] = []
    made = plan(Step("a"), Step("b"), undo=(Step("c"),))
    with pytest.raises(CommandError):
        drive(carry_out(made), recorder(needs, bad()))
    assert needs == [Command("a")]


def test_a_lost_deadline_undoes_nothing() -> None:
    needs: list[Need] = []
    made = plan(Step("a"), Step("b"), undo=(Step("c"),))
    with pytest.raises(DeadlineError):
        drive(carry_out(made), recorder(needs, good(), DeadlineError("b", 1)))
    assert needs == [Command("a"), Command("b")]


@pytest.mark.parametrize(("name", "is_success"), [("quit", True), ("stop", False)])
def test_the_end_of_the_stream_is_how_quit_succeeds(name: str, is_success: bool) -> None:
    steps = carry_out(plan(Step(name), name=name))
    lost = recorder([], ConnectionLostError("gone"))
    if is_success:
        assert drive(steps, lost).value == {}
    else:
        with pytest.raises(ConnectionLostError):
            drive(steps, lost)


def test_a_line_of_a_text_monitor_is_said() -> None:
    needs: list[Need] = []
    outcome = drive(carry_out(plan(Step("info status"), way=Way.TEXT)), recorder(needs, "VM status: running"))
    assert needs == [Say("info status")] and outcome.value == "VM status: running"


def test_a_local_line_needs_nothing() -> None:
    made = plan(way=Way.LOCAL, answer="hello")
    assert drive(carry_out(made), recorder([])).replies == [{"return": "hello"}]


@pytest.mark.parametrize(
    ("id", "wanted"),
    [(MISSING, {"return": 1}), (None, {"return": 1, "id": None}), ({"a": 1}, {"return": 1, "id": {"a": 1}})],
)
def test_restore_id(id: Any, wanted: dict[str, Any]) -> None:
    assert restore_id({"return": 1, "id": "q1-1"}, Step("x", id=id)) == wanted
