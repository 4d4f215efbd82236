"""The store of facts: what it asks, when it asks again, and what it never asks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qmonsh.complete.question import ABSENT, QUESTIONS, Question, question, rule_of
from qmonsh.errors import CommandError, ConnectionLostError, DeadlineError, RefusedError
from qmonsh.monitor import facts as module
from qmonsh.monitor.facts import FactStore, affected_by
from qmonsh.target import parse_target
from qmonsh.wire.message import Event

NAMES = ["query-block", "query-jobs", "human-monitor-command", "qom-list-types", "device-list-properties"]
TYPES = ["virtio-net-pci", "virtio-net-device", "virtio-gpu-gl-pci", "virtio-gpu-pci"]
BLOCK = question("query-block")


class FakeConnection:
    """A connection that answers from a table, as far as the store uses one."""

    def __init__(
        self, *, dialect: str = "qmp", target: str = "", answers: dict[str, Any] | None = None
    ) -> None:
        self.dialect = dialect
        self.asked: list[str] = []
        self.lost: Exception | None = None
        self.peer_pid: int | None = None
        self.target = parse_target(target) if target else None
        self.busy: list[str] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.answers: dict[str, Any] = {
            "query-commands": [{"name": name} for name in ["query-commands", *NAMES]],
            "query-block": [{"device": "d0"}],
            "qom-list-types": [{"name": name} for name in TYPES],
            "device-list-properties": [{"name": "mq", "type": "bool"}],
            "help": "cont|c  -- go\n",
            **(answers or {}),
        }

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def execute(self, command: str, arguments: Any = None, *, deadline: float | None = None) -> Any:
        self.asked.append(command)
        return self._answer(command)

    def human(self, line: str, *, deadline: float | None = None) -> str:
        self.asked.append(f"hmp:{line}")
        return str(self._answer(line))

    def in_flight(self) -> list[str]:
        return self.busy

    def event(self, name: str) -> None:
        for listener in self.listeners:
            listener(Event(name, {}, 0, 0, {}))

    def _answer(self, name: str) -> Any:
        found = self.answers.get(name)
        if isinstance(found, Exception):
            raise found
        if found is None:
            raise CommandError("GenericError", f"nothing known about {name}")
        return found() if callable(found) else found


class Clock:
    """The store's time, turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(module, "monotonic", found)
    return found


def store_of(connection: FakeConnection, **options: Any) -> FactStore:
    return FactStore(connection, **options)  # type: ignore[arg-type]


def test_an_answer_is_asked_for_once(clock: Clock) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    assert store.get(BLOCK) is None and store.is_stale(BLOCK)
    assert store.fetch(BLOCK) == store.fetch(BLOCK) == store.get(BLOCK) == [{"device": "d0"}]
    assert connection.asked == ["query-commands", "query-block"]


def test_what_the_monitor_lacks_is_absent_and_not_asked(clock: Clock) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    assert store.fetch(question("query-iothreads")) is ABSENT
    assert connection.asked == ["query-commands"]


def test_a_refusal_is_absent(clock: Clock) -> None:
    connection = FakeConnection(answers={"query-block": CommandError("GenericError", "no")})
    assert store_of(connection).fetch(BLOCK) is ABSENT


@pytest.mark.parametrize(
    "asked",
    [
        question("stop"),
        question("device_add", driver="x"),
        question("human-monitor-command", command_line="help"),
        question("qom-list-properties", typename="iothread"),
        question("query-block", flat=True),
        question("query-status-and-reset"),
        Question("hmp:quit"),
        Question("hmp:info virtio-status /x"),
        Question("hmp:help\nquit"),
        Question("hmp:device_add virtio-net-pci"),
        Question("hmp:device_add x,help=1,id=y"),
        Question("hmp:device_add x;quit,help"),
        Question("hmp:qom-list /x\nquit"),
        Question("hmp:object_add memory-backend-ram,size=1,id=x"),
    ],
)
def test_only_questions_of_the_list_are_sent(asked: Question) -> None:
    connection = FakeConnection()
    assert rule_of(asked) is None
    with pytest.raises(RefusedError):
        store_of(connection).fetch(asked)
    assert not store_of(connection).ensure([asked])
    assert connection.asked == []


def test_fixed_answers_stay_and_live_ones_grow_old(clock: Clock) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    store.fetch(question("query-commands"))
    store.fetch(BLOCK)
    clock.now += module.OLD + 1
    assert store.is_stale(BLOCK) and not store.is_stale(question("query-commands"))
    assert store.get(BLOCK) == [{"device": "d0"}], "the old answer serves until the new one is there"
    store.fetch(BLOCK)
    assert connection.asked.count("query-block") == 2 and not store.is_stale(BLOCK)


@pytest.mark.parametrize("event", ["BLOCK_JOB_COMPLETED", "DEVICE_TRAY_MOVED", "JOB_STATUS_CHANGE"])
def test_an_event_makes_an_answer_stale(clock: Clock, event: str) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    store.fetch(BLOCK)
    clock.now += 0.1
    connection.event("RTC_CHANGE")
    assert not store.is_stale(BLOCK)
    connection.event(event)
    assert store.is_stale(BLOCK)
    store.fetch(BLOCK)
    clock.now += 0.1
    assert not store.is_stale(BLOCK) or store.fetch(BLOCK)


def test_the_users_own_command_makes_live_answers_stale(clock: Clock) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    store.fetch(BLOCK)
    clock.now += 0.1
    store.acted()
    assert store.is_stale(BLOCK) and not store.is_stale(question("query-commands"))


def test_an_answer_that_says_the_same_stays_the_same_object(clock: Clock) -> None:
    connection = FakeConnection(answers={"query-block": lambda: [{"device": "d0"}]})
    store = store_of(connection)
    first = store.fetch(BLOCK)
    store.acted()
    assert store.fetch(BLOCK) is first
    assert not store.ensure([BLOCK])


def test_ensure_tells_whether_something_is_new(clock: Clock) -> None:
    connection = FakeConnection()
    store = store_of(connection)
    assert store.ensure([BLOCK])
    assert not store.ensure([BLOCK])


def test_nothing_is_asked_while_a_command_runs(clock: Clock) -> None:
    connection = FakeConnection()
    connection.busy = ["migrate"]
    store = store_of(connection)
    assert not store.ensure([BLOCK, question("programs")][:1])
    assert connection.asked == []
    assert store.ensure([question("programs")]), "this host answers whatever QEMU does"


@pytest.mark.parametrize("error", [ConnectionLostError("gone"), DeadlineError("query-block", 1)])
def test_ensure_swallows_a_lost_connection_and_a_late_answer(clock: Clock, error: Exception) -> None:
    connection = FakeConnection(answers={"query-block": error})
    store = store_of(connection)
    assert not store.ensure([BLOCK])
    assert store.get(BLOCK) is None


def test_a_question_that_was_late_is_not_put_again_at_once(clock: Clock) -> None:
    connection = FakeConnection(answers={"query-block": DeadlineError("query-block", 1)})
    store = store_of(connection)
    store.ensure([BLOCK])
    store.ensure([BLOCK])
    assert connection.asked.count("query-block") == 1
    clock.now += module.REST + 1
    store.ensure([BLOCK])
    assert connection.asked.count("query-block") == 2


def test_forget_drops_everything(clock: Clock) -> None:
    store = store_of(FakeConnection())
    store.fetch(BLOCK)
    store.memo["x"] = ((), 1)
    store.forget()
    assert store.get(BLOCK) is None and not store.memo


# -- what could end a QEMU -----------------------------------------------------------------------------


def properties_of(driver: str) -> Question:
    return question("device-list-properties", typename=driver)


def test_properties_of_a_driver(clock: Clock) -> None:
    connection = FakeConnection()
    assert store_of(connection).fetch(properties_of("virtio-net-pci")) == [{"name": "mq", "type": "bool"}]
    assert connection.asked[-2:] == ["qom-list-types", "device-list-properties"]


@pytest.mark.parametrize("driver", ["virtio-gpu-gl-pci", "virtio-gpu-pci", "nosuch", "virtio-vga-gl"])
def test_a_driver_whose_parts_are_missing_is_never_introspected(clock: Clock, driver: str) -> None:
    connection = FakeConnection()
    assert store_of(connection).fetch(properties_of(driver)) is ABSENT
    assert "device-list-properties" not in connection.asked


def test_no_introspection_when_told_so(clock: Clock) -> None:
    connection = FakeConnection()
    assert store_of(connection, introspect=False).fetch(properties_of("virtio-net-pci")) is ABSENT
    assert not {"device-list-properties", "qom-list-types"} & set(connection.asked)


MODULE_LOADERS = [
    properties_of("virtio-net-pci"),
    question("qom-list-types", abstract=False),
    Question("hmp:device_add help"),
    Question("hmp:object_add help"),
    Question("hmp:chardev-add help"),
    question("query-cpu-definitions"),
]


@pytest.mark.parametrize("asked", MODULE_LOADERS, ids=lambda one: one.command)
def test_a_qemu_whose_files_were_replaced_is_asked_nothing_that_loads_modules(
    clock: Clock, asked: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = FakeConnection()
    connection.peer_pid = 4711
    monkeypatch.setattr(module.os, "readlink", lambda path: "/usr/bin/qemu-system-x86_64 (deleted)")
    assert store_of(connection).fetch(asked) is ABSENT
    assert connection.asked == []


def test_every_question_about_types_loads_modules() -> None:
    listing = {asked.command for asked in MODULE_LOADERS}
    assert {name for name, rule in QUESTIONS.items() if rule.loads_modules} == listing
    introspecting = rule_of(Question("hmp:device_add e1000,help"))
    assert introspecting is not None and introspecting.introspects and introspecting.loads_modules


def test_a_text_monitor_is_asked_lines_only(clock: Clock) -> None:
    drivers = 'name "e1000", bus PCI\nname "virtio-gpu-gl-pci", bus PCI\n'
    answers = {"device_add help": drivers, "device_add e1000,help": "  addr=<str>\n"}
    connection = FakeConnection(dialect="hmp", answers=answers)
    store = store_of(connection)
    assert store.fetch(BLOCK) is ABSENT
    assert store.fetch(Question("hmp:device_add e1000,help")) == "  addr=<str>\n"
    assert store.fetch(Question("hmp:device_add virtio-gpu-gl-pci,help")) is ABSENT
    assert connection.asked == ["hmp:device_add help", "hmp:device_add e1000,help"]


def test_an_agent_is_asked_only_what_it_is(clock: Clock) -> None:
    connection = FakeConnection(dialect="agent", answers={"guest-info": {"supported_commands": []}})
    store = store_of(connection)
    assert store.fetch(BLOCK) is ABSENT
    assert store.fetch(question("guest-info")) == {"supported_commands": []}


def test_events_that_say_nothing_change_nothing() -> None:
    assert "query-block" in affected_by("BLOCK_JOB_READY")
    assert affected_by("DEVICE_DELETED")
    assert affected_by("RTC_CHANGE") == ("qom-get",)


# -- this host --------------------------------------------------------------------------------------------


def files(folder: str, of: str = "qmonsh") -> Question:
    return question("files", directory=folder, of=of)


def test_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.img").touch()
    store = store_of(FakeConnection(dialect="hmp"))
    assert store.fetch(files(str(tmp_path))) == [("a.img", False), ("sub", True)]
    assert store.fetch(files(str(tmp_path / "a.img"))) is ABSENT
    assert store.fetch(files("\0")) is ABSENT


def test_files_of_qemu_begin_at_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk.img").touch()
    monkeypatch.chdir(tmp_path)
    local = FakeConnection(target="unix:/tmp/x.sock")
    local.peer_pid = os.getpid()
    assert store_of(local).fetch(files("", "qemu")) == [("disk.img", False)]


@pytest.mark.parametrize("target", ["tcp:far.example:4444", "ssh://far.example/x.sock", ""])
def test_files_of_a_remote_qemu_are_not_this_hosts(target: str) -> None:
    assert store_of(FakeConnection(target=target)).fetch(files("/", "qemu")) is ABSENT


def test_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jq").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/nosuch")
    assert store_of(FakeConnection()).fetch(question("programs")) == ["jq"]
