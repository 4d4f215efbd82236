""".events and .wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shell.kit import FakeMonitor, ShellKit, fake_shell


def test_events_can_be_off_on_and_chosen(monitor: FakeMonitor, kit: ShellKit) -> None:
    for words, shown in (("off", ()), ("on", ("*",)), ("only st*, JOB_*", ("ST*", "JOB_*"))):
        kit.do(f".events {words}")
        assert kit.shell.monitor.events.shown == shown


def test_events_tell_what_is_shown(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.event("STOP")
    kit.until("STOP")
    assert "events shown: all; 1 came so far" in kit.do(".events")


def test_last_events_are_shown_again(monitor: FakeMonitor, kit: ShellKit) -> None:
    assert "no event came yet" in kit.do(".events last")
    kit.do(".events off")
    monitor.event("STOP")
    monitor.event("RESUME")
    kit.until(lambda: kit.shell.monitor.events.total == 2)
    assert "RESUME" in kit.do(".events last 1") and "STOP" not in kit.do(".events last 1")


def test_events_go_to_a_file(monitor: FakeMonitor, kit: ShellKit, tmp_path: Path) -> None:
    path = tmp_path / "events"
    kit.do(f".events to {path}")
    monitor.event("STOP")
    kit.until(lambda: kit.shell.monitor.events.total == 1)
    assert "all go to" in kit.do(".events").replace("\n", " ")
    kit.do(".events to off")
    assert '"STOP"' in path.read_text() and kit.shell.monitor.events.path == ""


@pytest.mark.parametrize(
    "line",
    [
        ".events what",
        ".events only",
        ".events on only STOP",
        ".events off STOP",
        ".events last x",
        ".events last 0",
        ".events to",
        ".wait",
        ".wait A b",
    ],
)
def test_wrong_words_are_refused(kit: ShellKit, line: str) -> None:
    assert "qmonsh:" in kit.do(line)


def test_wait_ends_with_the_event(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do_and(
        ".wait STOP n=2",
        lambda: kit.shell.waiting.is_waiting,
        lambda: [monitor.event("STOP", {"n": n}) for n in (1, 2)],
    )
    assert "came: " in text and text.rstrip().endswith("STOP n=2")


def test_wait_ends_with_an_event_that_came_since_the_last_command(
    monitor: FakeMonitor, kit: ShellKit
) -> None:
    def gone(command: dict[str, Any]) -> dict[str, Any]:
        monitor.event("DEVICE_DELETED", {"device": command["arguments"]["id"], "path": "/x"})
        return {}

    monitor.answers["device_del"] = gone
    kit.do("qmp device_del id=n0")
    assert "came: " in kit.do(".wait DEVICE_DELETED device=n0"), "it came before its reply"
    kit.do("cpu 1")
    assert "came: " in kit.do(".wait DEVICE_DELETED device=n0 5"), "nothing was sent since"
    kit.do("query-status")
    assert "within 0.05 s" in kit.do(".wait DEVICE_DELETED device=n0 0.05")


def test_wait_counts_no_event_of_another_connection(kit: ShellKit, monitor: FakeMonitor) -> None:
    monitor.event("STOP")
    kit.until(lambda: kit.shell.monitor.events.total == 1)
    assert "came: " in kit.do(".wait STOP")
    kit.shell.monitor.new_session(kit.shell.monitor.session.target)
    assert "within 0.05 s" in kit.do(".wait STOP 0.05")


def test_sourced_lines_may_wait_for_what_came_before_the_reply(
    monitor: FakeMonitor, kit: ShellKit, tmp_path: Path
) -> None:
    def gone(command: dict[str, Any]) -> dict[str, Any]:
        monitor.event("DEVICE_DELETED", {"device": "n0", "path": "/x"})
        return {}

    monitor.answers["device_del"] = gone
    script = tmp_path / "script"
    script.write_text("qmp device_del id=n0\n.wait DEVICE_DELETED device=n0\nquery-name\n")
    text = kit.do(f".source {script}")
    assert "came: " in text and "vm0" in text


def test_wait_has_a_deadline(kit: ShellKit) -> None:
    assert "within 0.05 s" in kit.do(".wait STOP 0.05")


def test_interrupt_ends_the_wait(kit: ShellKit) -> None:
    assert "interrupted" in kit.do_and(
        ".wait STOP", lambda: kit.shell.waiting.is_waiting, kit.shell.waiting.interrupt
    )


def test_lost_connection_ends_the_wait(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do_and(".wait STOP", lambda: kit.shell.waiting.is_waiting, monitor.hang_up)
    assert "was lost" in text


def test_event_that_the_monitor_has_not_is_refused() -> None:
    events = [{"name": name, "meta-type": "event", "arg-type": "0"} for name in ("STOP", "SHUTDOWN")]
    schema = [*events, {"name": "0", "meta-type": "object", "members": []}]
    with fake_shell({"query-qmp-schema": schema}) as (monitor, kit):
        kit.shell.monitor.learn()
        kit.settle()
        said = kit.do(".wait SHUTDWON 60")
        assert "this monitor has no event SHUTDWON. Did you mean SHUTDOWN?" in said
        assert "no STOP event came within" in kit.do(".wait stop 0.01")
