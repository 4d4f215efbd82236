"""Plans sent before they are carried out: whose reply is whose, and what was sent in vain."""

from __future__ import annotations

import pytest

from qmonsh.errors import ConnectionLostError
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.monitor.early import EarlyPlans
from qmonsh.monitor.replies import Waiter
from qmonsh.wire.message import Command


def plan(name: str) -> Plan:
    return Plan(name, name, Way.QMP, (Step(name),), acts=False)


def waiter(command: Command) -> Waiter:
    return Waiter("1", command.name)


def test_a_plan_gets_the_waiter_of_its_own_command() -> None:
    early = EarlyPlans(waiter, lambda waiter: None)
    first, second = plan("a"), plan("b")
    early.send(first)
    early.send(second)
    assert early.is_next(first) and not early.is_next(second)
    taken = early.take(first)
    assert taken is not None and taken.command == "a" and early.is_next(second)


def test_an_equal_plan_is_not_the_one_that_was_sent() -> None:
    given_up: list[str] = []
    early = EarlyPlans(waiter, lambda waiter: given_up.append(waiter.command))
    early.send(plan("a"))
    assert early.take(plan("a")) is None and given_up == ["a"]
    assert early.take(plan("a")) is None and given_up == ["a"]


def test_what_could_not_be_sent_is_not_waited_for() -> None:
    def fail(command: Command) -> Waiter:
        raise ConnectionLostError("x")

    early = EarlyPlans(fail, lambda waiter: None)
    one = plan("a")
    with pytest.raises(ConnectionLostError):
        early.send(one)
    assert not early.is_next(one) and early.take(one) is None
