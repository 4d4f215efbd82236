"""``qmonsh ls``: rows and words, for machines of every kind."""

from __future__ import annotations

import json

import pytest

from qmonsh import ls
from qmonsh.machine import Machine, MonitorFound
from qmonsh.settings_file import load
from qmonsh.target import parse_target
from qmonsh.transport.processes import Process

HOLDER = Process(7, "nc", ("nc", "-U", "/run/a.qmp"), "S")
FREE = MonitorFound("qmp", "unix:/run/a.qmp", parse_target("/run/a.qmp"))
BUSY = MonitorFound("hmp", "unix:/run/a.hmp", parse_target("/run/a.hmp"), is_busy=True, holders=(HOLDER,))
UNSEEN = MonitorFound("hmp", "unix:/run/b", parse_target("/run/b"), is_busy=True)
CLOSED = MonitorFound("qmp", "stdio", None)


def machine(kind: str = "vm", name: str = "a", *monitors: MonitorFound) -> Machine:
    return Machine(kind, 42, name, 0, "running", "/usr/bin/qemu", False, monitors)


def printed(
    capsys: pytest.CaptureFixture[str], *machines: Machine, output: str = "text", **options: bool
) -> str:
    settings = load()
    settings.output = output
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ls, "machines", lambda versions: list(machines))
        patch.setattr(ls, "with_domains", lambda found: found)
        assert ls.run_ls(settings, **options) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        (FREE, "free"),
        (BUSY, "busy: pid 7 (nc -U /run/a.qmp)"),
        (UNSEEN, "busy"),
        (CLOSED, "not to be connected to"),
    ],
)
def test_use_of(monitor: MonitorFound, words: str) -> None:
    assert ls.use_of(monitor) == words


def test_a_row_for_each_monitor_and_one_without() -> None:
    assert len(ls.rows_of(machine("vm", "a", FREE, BUSY))) == 2
    (row,) = ls.rows_of(machine())
    assert row["monitor"] == "no monitor"


def test_storage_daemons_and_agents_only_with_all(capsys: pytest.CaptureFixture[str]) -> None:
    both = (machine("vm", "web", FREE), machine("storage", "disks", FREE))
    assert "disks" not in printed(capsys, *both)
    assert "storage daemon" in printed(capsys, *both, everything=True)


def test_domains_that_are_shut_off_only_with_all(capsys: pytest.CaptureFixture[str]) -> None:
    off = Machine("vm", 0, "off", -1, "shut off", "", False, (MonitorFound("qmp", "libvirt:off", None),))
    assert "off" not in printed(capsys, machine("vm", "web", FREE), off)
    shown = printed(capsys, machine("vm", "web", FREE), off, everything=True)
    assert "libvirt:off" in shown and "shut off" in shown


def test_version_without_the_vendor_and_a_replaced_program() -> None:
    old = Machine("vm", 7, "a", 0, "running", "/q", True, (FREE,), version="7.2.22 (Debian 1:7.2)")
    (row,) = ls.rows_of(old)
    assert (row["version"], row["state"]) == ("7.2.22", "running, replaced")


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    (listed,) = json.loads(printed(capsys, machine("vm", "web", BUSY), output="json"))
    assert listed["name"] == "web" and listed["monitors"][0]["holders"] == [
        {"pid": 7, "command": "nc -U /run/a.qmp"}
    ]


def test_names_from_outside_are_made_visible(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in printed(capsys, machine("vm", "a\x1b[31m", FREE))


def test_none_at_all_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ls, "machines", lambda versions: [])
        patch.setattr(ls, "with_domains", lambda found: found)
        ls.run_ls(settings)
    out, err = capsys.readouterr()
    assert out == "" and "-qmp unix:" in err
