"""What monitors a VM tells, and what makes and removes one; on real QEMUs: tests/real/test_monitors.py."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from qmonsh.errors import CommandError, QmonshError
from qmonsh.monitor.monitors import (
    Monitors,
    OwnMonitor,
    address_of,
    ask_monitors,
    lines_to_add,
    lines_to_remove,
    named_monitor,
    new_monitor,
    rows,
)

OBJECTS = {"compat_monitor0": "child<monitor-qmp>", "qmonsh-1": "child<monitor-hmp>", "i0": "child<iothread>"}
CHARDEVS = {
    "compat_monitor0": "unix:/run/vm,1.qmp,server=on",
    "qmonsh-1": "disconnected:unix:/run/more.qmp,server=on",
    "qmonsh-2": "null",
}
FOUND = (
    OwnMonitor("compat_monitor0", "qmp", "compat_monitor0", "unix:/run/vm,,1.qmp", True),
    OwnMonitor("qmonsh-1", "hmp", "qmonsh-1", "unix:/run/more.qmp", False),
)


class Qmp:
    """A connection that answers the three questions."""

    dialect = "qmp"

    def execute(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        if name == "qom-list":
            return [{"name": "type", "type": "string"}] + [{"name": k, "type": v} for k, v in OBJECTS.items()]
        if name == "query-chardev":
            return [{"label": k, "filename": v, "frontend-open": True} for k, v in CHARDEVS.items()]
        assert name == "qom-get" and arguments is not None and arguments["property"] == "chardev"
        return arguments["path"].removeprefix("/objects/")


class Text:
    """The same on a text monitor."""

    dialect = "hmp"

    def human(self, line: str) -> str:
        if line == "qom-list /objects":
            return "type (string)\n" + "".join(f"{k} ({v})\n" for k, v in OBJECTS.items())
        if line == "info chardev":
            return "".join(f"{k}: filename={v}\n" for k, v in CHARDEVS.items())
        return f'"{line.split()[1].removeprefix("/objects/")}"\n'


@pytest.mark.parametrize("connection", [Qmp(), Text()], ids=["qmp", "hmp"])
def test_monitors_are_objects(connection: Any) -> None:
    found = ask_monitors(connection)
    assert found is not None and found.found == FOUND
    assert found.ids - {"type"} == {*OBJECTS, *CHARDEVS}


def test_without_such_objects_there_is_nothing_to_add() -> None:
    class Old(Qmp):
        def execute(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
            return [{"name": "i0", "type": "child<iothread>"}]

    assert ask_monitors(Old()) is None  # type: ignore[arg-type]


def test_new_id_is_nobodys() -> None:
    assert Monitors(FOUND, frozenset({*OBJECTS, *CHARDEVS})).new_id() == "qmonsh-3"
    assert Monitors((), frozenset()).new_id() == "qmonsh-1"


@pytest.mark.parametrize(
    ("filename", "address"),
    [
        ("disconnected:unix:/p,server=on", "unix:/p"),
        ("unix:/a b,c,server=on", "unix:/a b,,c"),
        ("disconnected:tcp:127.0.0.1:4444,server=on", "tcp:127.0.0.1:4444"),
        ("tcp:127.0.0.1:4444,server=on <-> 127.0.0.1:51000", "tcp:127.0.0.1:4444"),
        ("disconnected:tls:...", "tls:..."),
        ("pty:/dev/pts/3", "pty:/dev/pts/3"),
        ("null", "null"),
        ("", ""),
    ],
)
def test_address_is_spelled_as_ours(filename: str, address: str) -> None:
    assert address_of(filename) == address


@pytest.mark.parametrize("word", ["compat_monitor0", "unix:/run/vm,,1.qmp", "/run/vm,1.qmp"])
def test_monitor_is_called_by_id_address_and_path(word: str) -> None:
    assert FOUND[0].is_called(word) and not FOUND[1].is_called(word)


def ours(path: str, id: str) -> OwnMonitor:
    return OwnMonitor(id, "qmp", id, f"unix:{path}", False)


class Faraway(Qmp):
    """A connection to a QEMU of another host."""

    peer_pid = None
    target = None


class Here(Faraway):
    peer_pid = os.getpid()


class Agent(Here):
    dialect = "agent"


class Old(Here):
    def execute(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        raise CommandError("CommandNotFound", "qom-list has not been found", command=name)


def test_new_monitor_has_a_free_id_and_a_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = new_monitor(cast(Any, Here()), "'./a b,c'")
    assert (made.id, made.path, made.address) == ("qmonsh-3", f"{tmp_path}/a b,c", f"unix:{tmp_path}/a b,,c")
    assert new_monitor(cast(Any, Faraway()), "/p").path == "/p"


@pytest.mark.parametrize(
    ("connection", "path", "why"),
    [
        (Here(), "", "name the path"),
        (Here(), "/dev/null", "something at /dev/null already"),
        (Faraway(), "m.qmp", "a whole path"),
        (Agent(), "/nosuch/m.qmp", "guest agent"),
        (Old(), "/nosuch/m.qmp", "since 11.1"),
    ],
)
def test_monitor_that_cannot_be_made(connection: Any, path: str, why: str) -> None:
    with pytest.raises(QmonshError, match=why):
        new_monitor(connection, path)


def test_monitor_is_named_or_refused() -> None:
    assert named_monitor(cast(Any, Here()), "/run/more.qmp") == FOUND[1]
    wrong = [(Here(), "", "name the monitor"), (Here(), "x", "no monitor 'x'"), (Old(), "x", "stay as long")]
    for connection, word, why in wrong:
        with pytest.raises(QmonshError, match=why):
            named_monitor(cast(Any, connection), word)


def test_who_would_miss_it() -> None:
    assert "would lose the connection" in FOUND[0].why_not_to_go()
    assert "from the start" in FOUND[0]._replace(is_taken=False).why_not_to_go()
    assert FOUND[1].why_not_to_go() == ""


def test_rows_are_those_of_the_vm_or_of_its_process() -> None:
    assert [row["use"] for row in rows(cast(Any, Here()))] == ["in use", "free"]
    assert rows(cast(Any, Old())) == [], "this process is no QEMU"


def test_lines_for_qmp() -> None:
    add = [json.loads(line) for line in lines_to_add(ours('/a,,b "c"', "qmonsh-1"), is_text=False)]
    assert [one["execute"] for one in add] == ["chardev-add", "object-add"]
    backend = add[0]["arguments"]["backend"]["data"]
    assert backend == {
        "addr": {"type": "unix", "data": {"path": '/a,b "c"'}},
        "server": True,
        "wait": False,
    }
    remove = [json.loads(line) for line in lines_to_remove(FOUND[1], is_text=False)]
    assert [one["execute"] for one in remove] == ["object-del", "chardev-remove"]


def test_lines_for_text() -> None:
    assert lines_to_add(ours("/a", "q"), is_text=True) == (
        "chardev-add socket,id=q,path=/a,server=on,wait=off",
        "object_add monitor-qmp,id=q,chardev=q",
    )
    quoted = lines_to_add(ours('/a,,b "c"\\', "q"), is_text=True)[0]
    assert quoted == r'chardev-add "socket,id=q,path=/a,,b \"c\"\\,server=on,wait=off"'
    assert lines_to_remove(FOUND[1], is_text=True) == ("object_del qmonsh-1", "chardev-remove qmonsh-1")
