"""A line translated over answers that come one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from qmonsh.errors import DeadlineError, LineError
from qmonsh.fleet.answers import Answers, Missing, plan_line
from qmonsh.language.plan import Plan, Way
from qmonsh.monitor.carrying import Say
from qmonsh.target import parse_target
from qmonsh.wire.message import Command, ErrorReply, Return

TARGET = parse_target("/tmp/none.sock")
COMMANDS = [{"name": name} for name in ("query-commands", "query-status", "human-monitor-command", "stop")]


def plan(line: str, values: dict[str, Any], asked: list[Any], *, dialect: str = "qmp") -> Plan:
    async def ask(need: Command | Say) -> Any:
        asked.append(need)
        if isinstance(need, Say):
            return values[need.line]
        value = values[need.name]
        if isinstance(value, Exception):
            raise value
        if value is None:
            return ErrorReply("q", "GenericError", "no", {})
        return Return("q", value, {})

    answers = Answers(dialect=dialect, target=TARGET, peer_pid=None)
    return asyncio.run(plan_line(line, answers, ask, introspect=True))


def test_each_question_is_put_once() -> None:
    asked: list[Any] = []
    made = plan("info status", {"query-commands": COMMANDS}, asked)
    assert [step.command for step in made.steps] == ["query-status"]
    assert asked == [Command("query-commands")]


def test_raw_json_asks_nothing() -> None:
    asked: list[Any] = []
    assert plan('{"execute": "stop"}', {}, asked).way is Way.RAW
    assert asked == []


def test_a_text_monitor_is_asked_nothing_it_does_not_speak() -> None:
    asked: list[Any] = []
    assert plan("info status", {}, asked, dialect="hmp").way is Way.TEXT
    assert asked == []


def test_a_wrong_line_is_refused_as_on_one_monitor() -> None:
    values = {"query-commands": COMMANDS, "human-monitor-command": "help|? [cmd] -- show the help\r\n"}
    with pytest.raises(LineError, match="unknown command"):
        plan("nosuchthing", values, [])


def test_a_question_that_fails_ends_it() -> None:
    with pytest.raises(DeadlineError):
        plan("info status", {"query-commands": DeadlineError("query-commands", 1)}, [])


def test_a_refused_question_is_an_answer_too() -> None:
    asked: list[Any] = []
    with pytest.raises(LineError, match="neither stop nor HMP"):
        plan("stop", {"query-commands": None}, asked)
    assert asked == [Command("query-commands")]


def test_answers_raise_for_what_was_not_asked() -> None:
    answers = Answers(dialect="qmp", target=TARGET, peer_pid=None)
    with pytest.raises(Missing) as caught:
        answers.execute("qom-list", {"path": "/"})
    assert caught.value.need == Command("qom-list", {"path": "/"})
    answers.keep(caught.value.need, Return("q", [1], {}))
    assert answers.execute("qom-list", {"path": "/"}) == [1]
    with pytest.raises(Missing):
        answers.execute("qom-list", {"path": "/x"})
