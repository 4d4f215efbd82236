"""Questions sent before their turn: whose reply is whose, and what was sent in vain."""

from __future__ import annotations

import pytest

from qmonsh.errors import ConnectionLostError, InterruptError, QmonshError
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.monitor.early import EarlyQuestions
from qmonsh.monitor.replies import Waiter
from qmonsh.wire.message import Command


def plan(name: str) -> Plan:
    return Plan(name, name, Way.QMP, (Step(name),), acts=False)


def waiter(command: Command) -> Waiter:
    return Waiter("1", command.name)


def test_a_plan_gets_the_waiter_of_its_own_command() -> None:
    early = EarlyQuestions(waiter, lambda waiter: None)
    first, second = plan("a"), plan("b")
    early.send(first)
    early.send(second)
    assert early.is_next(first) and not early.is_next(second)
    taken = early.take(first)
    assert taken is not None and taken.command == "a" and early.is_next(second)


def test_an_equal_plan_is_not_the_one_that_was_sent() -> None:
    given_up: list[str] = []
    early = EarlyQuestions(waiter, lambda waiter: given_up.append(waiter.command))
    early.send(plan("a"))
    assert early.take(plan("a")) is None and given_up == ["a"]
    assert early.take(plan("a")) is None and given_up == ["a"]


@pytest.mark.parametrize(
    ("error", "is_raised"), [(ConnectionLostError("x"), False), (InterruptError(), True)]
)
def test_a_failure_is_left_to_the_turn_but_not_an_interrupt(error: QmonshError, is_raised: bool) -> None:
    def fail(command: Command) -> Waiter:
        raise error

    early = EarlyQuestions(fail, lambda waiter: None)
    one = plan("a")
    if is_raised:
        with pytest.raises(InterruptError):
            early.send(one)
    else:
        early.send(one)
    assert not early.is_next(one) and early.take(one) is None
