"""A line translated over answers that come one by one."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from qmonsh.errors import DeadlineError, LineError
from qmonsh.fleet import answers as module
from qmonsh.fleet.answers import SCHEMA, Answers, Missing, SharedSchemas, plan_line, program_of
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


# -- one schema for all monitors of a program -------------------------------------------------------


def test_a_schema_is_asked_once_a_program() -> None:
    asked: list[str] = []

    async def main() -> list[Any]:
        shared = SharedSchemas()
        ready = asyncio.Event()

        async def ask(need: Any) -> str:
            asked.append(need.name)
            await ready.wait()
            return "schema"

        tasks = [asyncio.create_task(shared.fetch("qemu", ask)) for _ in range(5)]
        await asyncio.sleep(0)
        ready.set()
        return [*await asyncio.gather(*tasks), await shared.fetch("other", ask)]

    assert asyncio.run(main()) == ["schema"] * 6
    assert asked == [SCHEMA.name] * 2


def test_a_schema_whose_monitor_fails_is_asked_of_the_next() -> None:
    async def main() -> list[Any]:
        shared = SharedSchemas()
        turns = iter([DeadlineError("query-qmp-schema", 1)])

        async def ask(need: Any) -> str:
            failure = next(turns, None)
            await asyncio.sleep(0)
            if failure is not None:
                raise failure
            return "schema"

        tasks = [asyncio.create_task(shared.fetch("qemu", ask)) for _ in range(3)]
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = asyncio.run(main())
    assert isinstance(first, DeadlineError) and others == ["schema", "schema"]


def test_a_schema_of_a_frozen_monitor_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCHEMA_PATIENCE", 0.01)

    async def main() -> Any:
        shared = SharedSchemas()

        async def frozen(need: Any) -> Any:
            await asyncio.Event().wait()

        async def brisk(need: Any) -> str:
            return "schema"

        task = asyncio.create_task(shared.fetch("qemu", frozen))
        await asyncio.sleep(0)
        found = await shared.fetch("qemu", brisk)
        task.cancel()
        return found

    assert asyncio.run(main()) == "schema"


def test_only_a_qemu_is_a_program_with_a_schema() -> None:
    assert program_of(None) is None
    assert program_of(os.getpid()) is None
