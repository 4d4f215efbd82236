"""Remembered plans: which lines need not be understood twice, and which must be."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.language.plan import Plan, Way
from qmonsh.language.translate import translate
from qmonsh.monitor.remembered import Overheard, RememberedPlans
from qmonsh.monitor.session import Session
from qmonsh.target import parse_target
from tests.peer import ScriptedPeer, greet, serve


class Known:
    """A monitor with a few commands and a device that is in use by nobody."""

    def __init__(self) -> None:
        self.names = frozenset({"query-status", "device_del", "qom-get", "human-monitor-command"})
        self.asked: list[str] = []

    def commands(self) -> frozenset[str]:
        return self.names

    def schema(self) -> None:
        return None

    def hmp_help(self) -> dict[str, str]:
        return {"info roms": "info roms  -- show roms"}

    def has_hmp(self) -> bool:
        return True

    def ask(self, command: str, arguments: Any = None) -> Any:
        self.asked.append(command)
        return []

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def understood(line: str, known: Any, plans: RememberedPlans, cpu: int | None = None) -> Plan:
    heard: Any = Overheard(known)
    plan = translate(line, heard, cpu=cpu)
    plans.keep(plan, cpu, heard)
    return plan


@pytest.mark.parametrize(
    "line", ["query-status", "info status", "hmp info roms", '{"execute": "device_add"}', "stop", "cpu 1"]
)
def test_a_line_is_remembered_when_only_fixed_facts_were_asked(line: str) -> None:
    known: Any = Known()
    plans = RememberedPlans(known)
    assert plans.get(line, None) is None
    plan = understood(line, known, plans)
    assert plans.get(line, None) is plan
    assert plans.get(line, 1) is None and plans.get(line + " ", None) is None


def test_a_line_is_understood_anew_when_the_monitor_was_asked_for_its_state() -> None:
    known: Any = Known()
    plans = RememberedPlans(known)
    heard: Any = Overheard(known)
    assert heard.ask("query-block") == []
    plans.keep(Plan("device_del d0", "device_del", Way.QMP), None, heard)
    assert known.asked == ["query-block"] and plans.get("device_del d0", None) is None


def test_a_line_is_understood_anew_when_the_commands_are_others() -> None:
    known: Any = Known()
    plans = RememberedPlans(known)
    understood("query-status", known, plans)
    understood('{"execute": "stop"}', known, plans)
    known.names = frozenset({"query-status", "x"})
    assert plans.get("query-status", None) is None
    assert plans.get('{"execute": "stop"}', None) is not None, "that one asks for no commands"


@pytest.mark.parametrize(
    "line",
    [
        '{"execute": "set_password", "arguments": {"protocol": "vnc", "password": "s3cret"}}',
        '{"execute": "x", "arguments": {"data": "' + "a" * 500 + '"}}',
    ],
)
def test_secrets_and_long_lines_are_not_remembered(line: str) -> None:
    known: Any = Known()
    plans = RememberedPlans(known)
    understood(line, known, plans)
    assert plans.get(line, None) is None


def test_the_number_of_remembered_plans_is_bounded() -> None:
    known: Any = Known()
    plans = RememberedPlans(known)
    lines = [f'{{"execute": "x{number}"}}' for number in range(1000)]
    for line in lines:
        understood(line, known, plans)
    assert sum(plans.get(line, None) is not None for line in lines) <= 256
    assert plans.get(lines[-1], None) is not None


def test_a_session_understands_a_line_once_per_connection() -> None:
    answers = {"query-commands": [{"name": "query-status"}], "query-status": {"status": "running"}}
    with ScriptedPeer([*greet(), serve(answers)]) as peer:
        session = Session(parse_target(peer.target))
        session.connect()
        first = session.plan("query-status")
        assert session.plan("query-status") is first
        session.close()


def test_raw_objects_are_sent_without_a_question_the_second_time_too() -> None:
    with ScriptedPeer([*greet(), serve({"a": 1})]) as peer:
        session = Session(parse_target(peer.target))
        session.connect()
        for _ in range(2):
            assert session.run(session.plan('{"execute": "a"}')).value == 1
        session.close()
    assert [command["execute"] for command in peer.commands] == ["qmp_capabilities", "a", "a"]
