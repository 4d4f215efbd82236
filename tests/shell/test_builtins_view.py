""".help .apropos .jobs .screen"""

from __future__ import annotations

import os
from typing import Any

from tests.shell.kit import FakeMonitor, ShellKit


def test_help_lists_and_explains(kit: ShellKit) -> None:
    assert ".events" in kit.do("help") and "balloon target" in kit.do(".help")
    for line in ("help balloon", "balloon ?", ".help balloon"):
        assert "request VM to change" in kit.do(line)


def test_help_on_nothing_known_gets_the_nearest(kit: ShellKit) -> None:
    assert "did you mean 'balloon'" in kit.do("help ballon").lower()
    assert "there is no help on 'zzzzzz'" in kit.do("help zzzzzz")


def test_apropos_searches(kit: ShellKit) -> None:
    assert "balloon target" in kit.do(".apropos memory allocation")
    assert "nothing has" in kit.do(".apropos zzzzzz")
    assert "a word is needed" in kit.do(".apropos")


def test_jobs_are_shown(monitor: FakeMonitor, kit: ShellKit) -> None:
    assert "there are no jobs" in kit.do(".jobs")
    monitor.answers["query-jobs"] = [
        {"id": "j0", "type": "mirror", "status": "running", "current-progress": 1, "total-progress": 2}
    ]
    assert "j0" in kit.do(".jobs")


def test_jobs_show_what_is_not_answered_and_what_is_waited_for(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.do("qmp device_del id=n0")
    monitor.stuck = {"stop"}
    kit.do_and("stop", lambda: "stop" in monitor.sent, kit.shell.waiting.interrupt)
    text = kit.do(".jobs")
    assert "not answered yet: stop" in text and "device_del n0" in text
    monitor.release()
    kit.until("late answer")


def test_screen_is_drawn(monitor: FakeMonitor, kit: ShellKit) -> None:
    def dump(command: Any) -> Any:
        with open(command["arguments"]["filename"], "wb") as file:
            file.write(b"P6\n2 2\n255\n" + b"\xff\xff\xff" * 4)
        return {}

    monitor.answers["screendump"] = dump
    text = kit.do(".screen")
    assert "@" in text and "2 x 2 pixels" in text
    assert not [name for name in os.listdir("/tmp") if name.startswith("qmonsh-screen-")]


def test_screen_that_cannot_be_had_is_said(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["screendump"] = ValueError("There is no console")
    assert "There is no console" in kit.do(".screen")
