"""Lines that are answered while a command runs."""

from __future__ import annotations

import asyncio

import pytest

from qmonsh.shell.aside import is_aside
from tests.shell.kit import FakeMonitor, ShellKit, fake_shell


@pytest.mark.parametrize(
    "line", ["help", "help stop", "? stop", "stop ?", "info", ".help stop", ".ap x", ".jobs", ".explain stop"]
)
def test_help_and_what_changes_nothing_is_answered_meanwhile(line: str) -> None:
    assert is_aside(line)


@pytest.mark.parametrize(
    "line", ["stop", "info status", ".set output json", ".exit", ".nosuch", ".", "y", "", "hmp help", "{"]
)
def test_everything_else_waits_for_its_turn(line: str) -> None:
    assert not is_aside(line)


def test_alias_is_what_it_stands_for() -> None:
    with fake_shell(aliases={"h": "help", "help2": "stop"}) as (_, kit):
        assert kit.shell.asides.wanted("h stop", [])
        assert not kit.shell.asides.wanted("help2", [])


def test_line_within_a_statement_is_part_of_it(kit: ShellKit) -> None:
    assert not kit.shell.asides.wanted("help x", ["stop", '{"execute":'])
    assert kit.shell.asides.wanted("help x", ['{"execute":', ' "stop"}'])
    assert kit.shell.asides.wanted("help x", ["info status", "stop", ""])


def answered(monitor: FakeMonitor, kit: ShellKit, *lines: str) -> str:
    """Return what is written when lines are entered while a command runs that is not answered."""
    kit.do(".explain stop", "help stop")  # what is known by then is what the shell learns behind the prompt
    asked = len(monitor.names())
    monitor.stuck = {"stop"}
    before = len(kit.text)

    async def run() -> None:
        task = asyncio.ensure_future(kit.shell.run_line("stop"))
        while "stop" not in monitor.sent:
            await asyncio.sleep(0.001)
        for line in lines:
            kit.shell.asides.put(line)
        await kit.shell.asides.settle()
        assert not task.done() and monitor.names()[asked:] == ["stop"], "nothing is asked meanwhile"
        monitor.release()
        await task

    kit.run(run())
    return kit.text[before:]


def test_lines_are_answered_in_order_and_announced(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.shell.asides.announce = lambda line: kit.shell.emit(f"# {line}\n")
    text = answered(monitor, kit, "help balloon", ".explain stop", ".jobs")
    places = [text.index(part) for part in ("# help balloon", "# .explain stop", "# .jobs")]
    assert places == sorted(places)
    assert "request VM to change" in text[: places[1]]
    assert '{"execute": "stop"}' in text[places[1] : places[2]]
    assert "not answered yet: stop" in text[places[2] :]
    assert kit.shell.monitor.may_ask


def test_what_is_not_known_is_said_not_to_be(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = answered(monitor, kit, "help nosuchdevice", ".explain info version", "help")
    assert "that is not known yet" in text and "busy" in text.replace("\n", " ")
    assert "balloon target" in text, "the next one is answered all the same"


def test_help_does_not_wait_for_a_command_that_was_given_up(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.do("help stop")
    monitor.stuck = {"stop", "human-monitor-command"}
    kit.do_and("stop", lambda: "stop" in monitor.sent, kit.shell.waiting.interrupt)
    assert "stop emulation" in kit.do("help stop")
    assert "that is not known yet" in kit.do("help nosuchdevice")
    monitor.release()
    kit.until("late answer")
    assert "there is no help on" in kit.do("help nosuchdevice")


def test_long_answer_needs_no_pager(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.shell.pager, kit.output.rows = "false", 5
    kit.shell.settings.pager = True
    assert "balloon target" in answered(monitor, kit, "help")
