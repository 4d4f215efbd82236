"""What a command sets going, and the event that ends it."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import DeadlineError
from qmonsh.shell.follow import Follower
from qmonsh.wire.message import Event
from tests.shell.kit import FakeMonitor, ShellKit, shell_on


def event(name: str, **data: Any) -> Event:
    return Event(name, data, 0, 0, {})


@pytest.mark.parametrize(
    ("command", "arguments", "ending", "said"),
    [
        ("device_del", {"id": "n0"}, event("DEVICE_DELETED", device="n0", path="/x"), "the device is gone"),
        ("device_del", {"id": "n0"}, event("DEVICE_UNPLUG_GUEST_ERROR", device="n0"), "did not let"),
        ("device_del", {"id": "/machine/peripheral/n0"}, event("DEVICE_DELETED", device="n0"), "gone"),
        (
            "device_del",
            {"id": "/x/anon/device[0]"},
            event("DEVICE_DELETED", path="/x/anon/device[0]"),
            "gone",
        ),
        (
            "device_del",
            {"id": "m0"},
            event("MEM_UNPLUG_ERROR", device="m0", msg="in use"),
            "not let the memory go: in use",
        ),
        ("system_powerdown", None, event("SHUTDOWN", guest=True), "has shut down"),
        ("system_powerdown", None, event("SHUTDOWN", guest=False, reason="host-signal"), "QEMU ends"),
        ("block-stream", {"job-id": "j", "device": "d"}, event("BLOCK_JOB_COMPLETED", device="j"), "ended"),
        ("drive-mirror", {"device": "d"}, event("BLOCK_JOB_READY", device="d"), "ready"),
        (
            "blockdev-create",
            {"job-id": "j"},
            event("JOB_STATUS_CHANGE", id="j", status="concluded"),
            "concluded",
        ),
        ("block-job-complete", {"device": "d"}, event("BLOCK_JOB_COMPLETED", device="d"), "ended"),
        (
            "snapshot-save",
            {"job-id": "j"},
            event("JOB_STATUS_CHANGE", id="j", status="concluded"),
            "concluded",
        ),
        (
            "drive-backup",
            {"device": "d"},
            event("BLOCK_JOB_COMPLETED", device="d", error="No space left on device"),
            "has failed: No space left on device (BLOCK_JOB_COMPLETED)",
        ),
        (
            "dump-guest-memory",
            {"detach": True},
            event("DUMP_COMPLETED", error="disk full"),
            "failed: disk full",
        ),
        ("eject", {"id": "cd"}, event("DEVICE_TRAY_MOVED", id="cd", device=""), "tray"),
        ("dump-guest-memory", {"detach": True}, event("DUMP_COMPLETED"), "written"),
    ],
)
def test_ending_is_reported_once(command: str, arguments: Any, ending: Event, said: str) -> None:
    reports: list[str] = []
    follower = Follower(reports.append)
    watch = follower.begin(command, arguments)
    assert watch is not None and follower.words().startswith(command)
    follower.take(ending)
    follower.take(ending)
    assert len(reports) == 1 and said in reports[0]
    assert not follower.is_open(watch) and follower.words() == ""


@pytest.mark.parametrize(
    "other",
    [
        event("DEVICE_DELETED", device="n1"),
        event("DEVICE_DELETED", path="/machine/peripheral/n0/virtio-backend"),
        event("STOP"),
    ],
)
def test_event_of_another_thing_ends_nothing(other: Event) -> None:
    reports: list[str] = []
    follower = Follower(reports.append)
    follower.begin("device_del", {"id": "n0"})
    follower.take(other)
    assert not reports and follower.words()


def test_job_that_is_ready_is_not_completed_yet() -> None:
    follower = Follower(lambda text: None)
    follower.begin("block-job-complete", {"device": "d"})
    follower.take(event("BLOCK_JOB_READY", device="d"))
    assert follower.words()


def test_job_that_only_runs_is_not_over() -> None:
    follower = Follower(lambda text: None)
    follower.begin("blockdev-create", {"job-id": "j"})
    follower.take(event("JOB_STATUS_CHANGE", id="j", status="running"))
    assert follower.words()


@pytest.mark.parametrize(("command", "arguments"), [("stop", None), ("dump-guest-memory", {"detach": False})])
def test_command_that_ends_with_its_reply_is_not_followed(command: str, arguments: Any) -> None:
    assert Follower(lambda text: None).begin(command, arguments) is None


def test_shell_says_what_it_waits_for_and_goes_on(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do("qmp device_del id=n0")
    assert "DEVICE_DELETED" in text and kit.shell.monitor.follower.words()
    assert "running" in kit.do("query-status")
    monitor.event("DEVICE_DELETED", {"device": "n0", "path": "/machine/peripheral/n0"})
    kit.until("device_del n0: the device is gone (DEVICE_DELETED)")
    assert not kit.shell.monitor.follower.words()


def test_giving_up_the_watching_sends_nothing(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.do("qmp device_del id=n0")
    before = list(monitor.sent)
    kit.shell.monitor.stop_following()
    assert "no longer watching for DEVICE_DELETED" in kit.text.replace("\n", " ")
    assert not kit.shell.monitor.follower.words() and monitor.sent == before


def test_command_that_failed_is_not_followed(monitor: FakeMonitor, kit: ShellKit) -> None:
    monitor.answers["device_del"] = ValueError("Device 'n0' not found")
    kit.do("qmp device_del id=n0")
    assert not kit.shell.monitor.follower.words()


def test_refused_command_ends_no_earlier_watch(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.do("device_del n0")
    monitor.answers["device_del"] = RuntimeError("Device n0 is already in the process of unplug")
    assert "already in the process" in kit.do("device_del n0")
    assert kit.shell.monitor.follower.words() == "device_del n0"
    monitor.event("DEVICE_DELETED", {"device": "n0", "path": "/machine/peripheral/n0"})
    kit.until("device_del n0: the device is gone")


def test_same_thing_set_going_twice_is_reported_once(monitor: FakeMonitor, kit: ShellKit) -> None:
    kit.shell.settings.yes = True
    kit.do("system_powerdown", "system_powerdown")
    assert kit.shell.monitor.follower.words() == "system_powerdown"
    monitor.event("SHUTDOWN", {"guest": True, "reason": "guest-shutdown"})
    kit.until("system_powerdown: the guest has shut down")
    kit.do("query-status")
    assert kit.text.count("the guest has shut down") == 1


def test_tray_that_is_open_or_not_there_is_not_waited_for() -> None:
    reports: list[str] = []
    follower = Follower(reports.append)
    watch = follower.begin("eject", {"device": "floppy0"})
    assert watch is not None
    follower.answered([watch], None)
    assert not follower.is_open(watch)


def test_locked_tray_is_waited_for_when_the_guest_was_asked() -> None:
    reports: list[str] = []
    follower = Follower(reports.append)
    watch = follower.begin("eject", {"device": "cd"})
    other = follower.begin("device_del", {"id": "n0"})
    assert watch is not None and other is not None
    why = "Device 'cd' is locked and force was not specified, wait for tray to open and try again"
    follower.answered([watch, other], why)
    assert follower.words() == "eject cd"
    follower.take(event("DEVICE_TRAY_MOVED", device="cd", id="/machine/x"))
    assert reports == ["eject cd: the tray has moved (DEVICE_TRAY_MOVED)"]
    watch = follower.begin("eject", {"device": "cd"})
    assert watch is not None
    follower.answered([watch], "Device 'cd' not found")
    assert not follower.words()


LOCKED = {"device": "cd", "qdev": "/machine/peripheral/cd0/x", "locked": True, "tray_open": False}


@pytest.mark.parametrize(
    ("answer", "is_awaited"),
    [
        ([LOCKED], True),
        ([LOCKED | {"locked": False}], False),
        ([LOCKED | {"tray_open": True}], False),
        ([{"device": "cd", "locked": True}], False),
        ([LOCKED | {"device": "other", "qdev": "other"}], False),
        ([], False),
        ("odd", False),
        (DeadlineError("query-block", 1.0), True),
    ],
    ids=str,
)
@pytest.mark.parametrize("given", [{"device": "cd"}, {"id": "cd0"}], ids=str)
def test_open_tray_is_waited_for_only_while_the_guest_has_locked_it(
    answer: Any, is_awaited: bool, given: dict[str, str]
) -> None:
    def ask(command: str) -> Any:
        assert command == "query-block"
        if isinstance(answer, Exception):
            raise answer
        return answer

    follower = Follower(lambda text: None)
    watch, other = follower.begin("blockdev-open-tray", given), follower.begin("device_del", {"id": "n0"})
    assert watch is not None and other is not None
    follower.end_idle([watch, other], ask)
    assert follower.is_open(watch) is is_awaited and follower.is_open(other)


@pytest.mark.parametrize("is_open", [True, False])
def test_an_open_tray_that_is_told_to_open_is_not_watched(is_open: bool) -> None:
    drives = [LOCKED | {"tray_open": is_open}]
    with FakeMonitor({"blockdev-open-tray": {}, "query-block": drives}) as monitor, shell_on(monitor) as kit:
        said = kit.do('{"execute": "blockdev-open-tray", "arguments": {"id": "cd0"}}')
        assert ("DEVICE_TRAY_MOVED will tell" in said) is not is_open
        assert bool(kit.shell.monitor.follower.words()) is not is_open
