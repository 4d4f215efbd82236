"""What the prompt says of the VM, from events and from what the monitor answers."""

from __future__ import annotations

from typing import Any, cast

import pytest

from qmonsh.errors import CommandError, ConnectionLostError
from qmonsh.shell.state import RUN_STATE_EVENTS, MachineState
from qmonsh.wire.message import Banner, Event, Greeting


def event(name: str, **data: Any) -> Event:
    return Event(name, data, 0, 0, {})


class Answers:
    """A connection that answers from a mapping."""

    def __init__(self, answers: dict[str, Any], dialect: str = "qmp") -> None:
        self.answers, self.dialect, self.lost = answers, dialect, None

    def execute(self, command: str) -> Any:
        if command not in self.answers:
            raise CommandError("CommandNotFound", "no")
        return self.answers[command]

    def human(self, line: str) -> str:
        return str(self.answers[line])


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("STOP", "paused"),
        ("RESUME", "running"),
        ("SUSPEND", "suspended"),
        ("WAKEUP", "running"),
        ("SHUTDOWN", "shutdown"),
    ],
)
def test_event_changes_the_run_state(name: str, state: str) -> None:
    machine = MachineState()
    assert machine.take(event(name)), "the monitor is asked for the truth too"
    assert machine.run_state == state


def test_event_that_tells_no_state_keeps_it() -> None:
    machine = MachineState()
    machine.run_state = "running"
    assert machine.take(event("RESET")) and machine.run_state == "running"
    assert not machine.take(event("DEVICE_DELETED"))
    assert set(RUN_STATE_EVENTS) >= {"GUEST_PANICKED", "WATCHDOG", "BLOCK_IO_ERROR"}


def test_shutdown_remembers_its_reason() -> None:
    machine = MachineState()
    machine.take(event("SHUTDOWN", guest=True, reason="guest-shutdown"))
    assert machine.ended == "guest-shutdown"
    machine.greet(None)
    assert machine.ended == ""


def test_shutdown_of_an_old_qemu_has_no_reason() -> None:
    machine = MachineState()
    machine.take(event("SHUTDOWN"))
    assert machine.ended == "shutdown"


def test_greeting_tells_the_version() -> None:
    machine = MachineState()
    machine.greet(Greeting((7, 2, 22), "", (), {}))
    assert machine.version == "7.2.22"
    machine.greet(Banner("QEMU 5.2.0 monitor", "5.2.0"))
    assert machine.version == "5.2.0"


def test_answers_are_taken() -> None:
    machine = MachineState()
    answers: Any = Answers(
        {
            "query-name": {"name": "vm0"},
            "query-kvm": {"enabled": False},
            "query-status": {"status": "io-error"},
        }
    )
    machine.ask_identity(answers)
    machine.ask_run_state(answers)
    machine.ask_work(answers)
    assert (machine.name, machine.accelerator, machine.run_state) == ("vm0", "tcg", "io-error")
    assert machine.jobs == [] and machine.migration == {}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"query-name": {}, "query-status": {}},
        {"query-status": {"status": 5}, "query-jobs": {"a": 1}, "query-migrate": []},
    ],
)
def test_strange_answers_are_no_error(answers: dict[str, Any]) -> None:
    machine = MachineState()
    connection: Any = Answers(answers)
    machine.ask_identity(connection)
    machine.ask_run_state(connection)
    machine.ask_work(connection)
    assert machine.run_state == "" and machine.jobs == [] and machine.migration == {}


@pytest.mark.parametrize(
    ("text", "state"),
    [("VM status: running\n", "running"), ("VM status: paused (io-error)\n", "io-error"), ("what?", "")],
)
def test_text_monitor_is_read(text: str, state: str) -> None:
    machine = MachineState()
    connection: Any = Answers({"info status": text, "info name": "vm0\n"}, "hmp")
    machine.ask_identity(connection)
    machine.ask_run_state(connection)
    assert (machine.name, machine.run_state) == ("vm0", state)


def test_lost_connection_leaves_only_the_name() -> None:
    machine = MachineState()
    machine.name, machine.run_state = "vm0", "running"
    machine.lose(ConnectionLostError("gone"))
    assert machine.name == "vm0" and machine.run_state == "" and machine.lost is not None


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("active", {"status": "completed"}, "the migration has completed"),
        ("setup", {"status": "failed", "error-desc": "no route"}, "the migration has failed: no route"),
        ("cancelling", {"status": "cancelled"}, "the migration was cancelled"),
        ("active", {"status": "active"}, ""),
        ("completed", {"status": "completed"}, ""),
        (None, {"status": "completed"}, ""),
    ],
)
def test_end_of_a_migration_is_told_once(before: str | None, now: dict[str, Any], said: str) -> None:
    machine = MachineState()
    machine.migration = {"status": before} if before else {}
    connection: Any = Answers({"query-migrate": now})
    assert machine.ask_work(connection) == said
    assert machine.ask_work(connection) == ""


def test_job_that_has_failed_is_told_once() -> None:
    def look(*jobs: dict[str, Any]) -> str:
        return machine.ask_work(cast(Any, Answers({"query-jobs": list(jobs)})))

    def failed(name: str) -> dict[str, Any]:
        return {"id": name, "type": "snapshot-save", "status": "concluded", "error": "no space"}

    machine = MachineState()
    assert look(failed("old"), {"id": "j0", "type": "snapshot-save", "status": "running"}) == ""
    told = "job j0 has failed: no space (job-dismiss id=j0 forgets it)"
    assert look(failed("old"), failed("j0")) == told
    assert look(failed("old"), failed("j0")) == ""
    assert look(failed("quick")).startswith("job quick has failed"), "it was over before it was seen"
    machine.lose(ConnectionLostError("gone"))
    assert look(failed("quick")) == ""


def test_work_is_known_with_its_pace() -> None:
    machine = MachineState()
    connection: Any = Answers({"query-dump": {"status": "active", "completed": 1, "total": 4}})
    machine.ask_work(connection)
    assert machine.work() == "dump [##--------] 25%"
    machine.lose(ConnectionLostError("gone"))
    assert machine.work() == ""


@pytest.mark.parametrize("name", ["RESUME", "RESET"])
def test_vm_that_goes_on_after_its_shutdown_has_not_ended(name: str) -> None:
    state = MachineState()
    state.take(event("SHUTDOWN", guest=True, reason="guest-shutdown"))
    state.take(event(name))
    assert state.ended == ""


def test_greeting_makes_an_old_vm_forgotten() -> None:
    state = MachineState()
    state.take(event("STOP"))
    state.accelerator = "kvm"
    state.greet(None)
    assert (state.last_event, state.accelerator, state.run_state) == (None, "", "")
