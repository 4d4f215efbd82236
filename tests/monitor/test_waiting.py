"""Waiting for migrations, jobs and events."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh import Connection, connect
from qmonsh.errors import CommandError, ConnectionLostError, DeadlineError
from qmonsh.language.plan import Wait
from qmonsh.monitor import waiting
from qmonsh.monitor.waiting import EventWatch, matches, wait_for
from qmonsh.wire.message import Event
from tests.peer import ScriptedPeer, event, expect, greet, reply, serve


def make_event(name: str, **data: Any) -> Event:
    return Event(name, data, 1, 2, {"event": name, "data": data})


@pytest.mark.parametrize(
    ("match", "wanted"),
    [
        ({}, True),
        ({"device": "d0"}, True),
        ({"device": "d1"}, False),
        ({"info.status": "ok"}, True),
        ({"info.list.1": "b"}, True),
        ({"info.list.2": "b"}, False),
        ({"flag": "true"}, True),
        ({"none": "null"}, True),
        ({"n": "7"}, True),
        ({"a.b": "dotted"}, True),
        ({"device.x": "d0"}, False),
        ({"missing": ""}, False),
    ],
)
def test_matches_by_dotted_keys(match: dict[str, str], wanted: bool) -> None:
    data = {
        "device": "d0",
        "info": {"status": "ok", "list": ["a", "b"]},
        "flag": True,
        "none": None,
        "n": 7,
        "a.b": "dotted",
    }
    assert matches(make_event("E", **data), "E", match) is wanted


def test_matches_needs_the_name() -> None:
    assert not matches(make_event("STOP"), "RESUME", {})


def test_event_watch_counts_from_its_start() -> None:
    watch = EventWatch()
    watch(make_event("STOP", n=1))
    watch.start()
    watch(make_event("OTHER"))
    watch(make_event("STOP", n=2))
    assert watch.wait("STOP", {}, seconds=5, alive=lambda: None).data == {"n": 2}
    with pytest.raises(DeadlineError):
        watch.wait("STOP", {}, seconds=0.01, alive=lambda: None)


def test_what_came_before_the_end_of_the_connection_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise ConnectionLostError("gone")

    monkeypatch.setattr(waiting, "POLL", 0.0)
    watch = EventWatch()
    watch.start()
    for name in ("OTHER", "OTHER", "SHUTDOWN"):
        watch(make_event(name))
    assert watch.wait("SHUTDOWN", {}, seconds=None, alive=lost).name == "SHUTDOWN"
    with pytest.raises(ConnectionLostError):
        watch.wait("SHUTDOWN", {}, seconds=None, alive=lost)


def job(status: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": "j0", "type": "snapshot-save", "status": status, **more}]


class Flooded(EventWatch):
    """A watch into which another event comes whenever one is taken."""

    def wait(self, *args: Any, **more: Any) -> Event:
        self.start()
        self._seen = Endless()  # type: ignore[assignment]
        return super().wait(*args, **more)


class Endless:
    def get(self, timeout: float | None = None) -> Event:
        return make_event("OTHER")

    def qsize(self) -> int:
        return 3


def test_a_flood_of_other_events_delays_neither_deadline_nor_the_end() -> None:
    with pytest.raises(DeadlineError):
        Flooded().wait("STOP", {}, seconds=0.01, alive=lambda: None)

    def gone() -> None:
        raise ConnectionLostError("gone")

    with pytest.raises(ConnectionLostError):
        Flooded().wait("STOP", {}, seconds=None, alive=gone)


def test_what_came_in_time_counts_although_it_is_looked_at_late() -> None:
    watch = EventWatch()
    watch.start()
    watch(make_event("OTHER"))
    watch(make_event("STOP"))
    assert watch.wait("STOP", {}, seconds=0, alive=lambda: None).name == "STOP"


def test_a_job_is_followed_and_dismissed() -> None:
    script = [
        *greet(),
        *(expect("query-jobs"), reply(job("running")), event("JOB_STATUS_CHANGE")),
        *(expect("query-jobs"), reply(job("concluded"))),
        *(expect("job-dismiss", id="j0"), reply()),
    ]
    seen: list[str] = []
    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        wait_for(
            monitor,
            Wait("job", job="j0"),
            name="savevm",
            progress=lambda what, record: seen.append(record["status"]),
        )
    assert seen == ["running"]


def test_the_failure_that_a_job_hides_is_a_failure() -> None:
    script = [
        *greet(),
        *(expect("query-jobs"), reply(job("concluded", error="no room"))),
        *(expect("job-dismiss", id="j0"), reply()),
    ]
    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        with pytest.raises(CommandError, match="no room"):
            wait_for(monitor, Wait("job", job="j0"), name="savevm")


@pytest.mark.parametrize(
    ("records", "failure"),
    [
        ([{"status": "setup"}, {"status": "active"}, {"status": "completed"}], None),
        ([{"status": "failed", "error-desc": "connection refused"}], "connection refused"),
        ([{"status": "failed"}], "no reason"),
        ([{"status": "cancelled"}], "cancelled"),
    ],
)
def test_a_migration_is_followed_to_its_end(records: list[dict[str, Any]], failure: str | None) -> None:
    steps = [
        step for record in records for step in (expect("query-migrate"), event("MIGRATION"), reply(record))
    ]
    with ScriptedPeer([*greet(), *steps]) as peer, connect(peer.target) as monitor:
        if failure is None:
            wait_for(monitor, Wait("migration"), name="migrate")
        else:
            with pytest.raises(CommandError, match=failure):
                wait_for(monitor, Wait("migration"), name="migrate")


def test_a_deadline_ends_the_wait() -> None:
    script = [*greet(), serve({"query-migrate": {"status": "active"}})]
    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        with pytest.raises(DeadlineError):
            wait_for(monitor, Wait("migration"), name="migrate", seconds=0.01)


@pytest.mark.parametrize(("end", "failure"), [("completed", None), ("failed", "DUMP_COMPLETED says why")])
def test_a_dump_is_followed_to_its_end(end: str, failure: str | None) -> None:
    active = {"status": "active", "completed": 1, "total": 2}
    seen: list[dict[str, Any]] = []
    script = [
        *greet(),
        *(expect("query-dump"), event("DUMP_COMPLETED"), reply(active)),
        *(expect("query-dump"), reply({"status": end, "completed": 2, "total": 2})),
    ]

    def follow(monitor: Connection) -> None:
        wait_for(monitor, Wait("dump"), name="dump", progress=lambda what, record: seen.append(record))

    with ScriptedPeer(script) as peer, connect(peer.target) as monitor:
        if failure is None:
            follow(monitor)
        else:
            with pytest.raises(CommandError, match=failure):
                follow(monitor)
    assert seen == [active]
