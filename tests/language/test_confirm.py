"""Lines that the configuration wants to be asked about, however they are typed."""

from __future__ import annotations

import json

import pytest

from qmonsh.language.confirm import CONFIGURED, reason_to_ask, unknown_names
from qmonsh.language.plan import Plan, Way
from qmonsh.language.translate import translate
from tests.language.frozen import frozen

STOP = json.dumps({"execute": "stop"})
HMP_STOP = json.dumps({"execute": "human-monitor-command", "arguments": {"command-line": "s"}})


@pytest.mark.parametrize("line", ["stop", "s", "hmp stop", "hmp s", "qmp stop", STOP, HMP_STOP])
@pytest.mark.parametrize("name", ["stop", "s"])
def test_command_is_asked_about_in_every_form(line: str, name: str) -> None:
    assert reason_to_ask(translate(line, frozen()), ["cont", name]) == CONFIGURED
    assert not reason_to_ask(translate(line, frozen()), ["cont", "system_wakeup"])


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("block_job_pause job0", "block-job-pause"),
        ("block-job-pause device=job0", "block_job_pause"),
        ("human-monitor-command command-line=stop", "human-monitor-command"),
        ("info block", "info block"),
    ],
)
def test_names_of_hmp_and_qmp_stand_for_each_other(line: str, name: str) -> None:
    assert reason_to_ask(translate(line, frozen()), [name]) == CONFIGURED


def test_text_monitor_is_asked_about_too() -> None:
    plan = translate("s", frozen(), text_monitor=True)
    assert reason_to_ask(plan, ["stop"]) == CONFIGURED and not reason_to_ask(plan, ["cont"])


def test_names_that_guard_nothing_are_told_with_the_nearest() -> None:
    names = ["stop", "s", "info block", "query-block", "block-job-pause", "stpo", "frobnicate-it"]
    assert list(unknown_names(names, frozen())) == [("stpo", "stop"), ("frobnicate-it", "")]


def test_danger_is_the_better_reason() -> None:
    plan = Plan("x", "x", Way.QMP, danger="it bites")
    assert reason_to_ask(plan, ["x"]) == reason_to_ask(plan, []) == "it bites"
