"""WHO words become members."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qmonsh import discover, domains
from qmonsh.discover import Machine, MonitorFound
from qmonsh.errors import UsageError
from qmonsh.fleet.who import Roll
from qmonsh.settings import Settings
from qmonsh.target import Target, parse_target


def machine(name: str, *, path: str = "") -> Machine:
    monitors = (MonitorFound("qmp", path, parse_target(path)),) if path else ()
    return Machine("vm", 4711, name, 0, "running", "qemu", False, monitors)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [machine(f"web0{n}", path=f"/run/web0{n}.sock") for n in (1, 2, 3)]
    monkeypatch.setattr(discover, "machines", lambda **_: [*found, machine("mute")])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    sockets = []
    for name in ("a1.sock", "a2.sock", "b.sock"):
        sockets.append(socket.socket(socket.AF_UNIX))
        sockets[-1].bind(str(tmp_path / name))
    (tmp_path / "a3.sock").write_text("no socket")
    yield tmp_path
    for one in sockets:
        one.close()


def names(*words: str, **settings: Any) -> list[str]:
    return [member.name for member in Roll(Settings(**settings)).members(words)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["web01"], ["web01"]),
        (["web*"], ["web01", "web02", "web03"]),
        (["web0[13]"], ["web01", "web03"]),
        (["web[02-03]"], ["web02", "web03"]),
        (["web03", "web*"], ["web03", "web01", "web02"]),
        (["all", "web02"], ["web01", "web02"]),
        (["@all"], ["web01", "web02"]),
        (["remote", "re*"], ["remote"]),
        (["[::1]:4444", "localhost:1"], ["[::1]:4444", "localhost:1"]),
        (["web*", "!web02"], ["web01", "web03"]),
        (["!web0[12]", "web*"], ["web03"]),
        (["web*", "!web[02-03]"], ["web01"]),
        (["web*", "!@all"], ["web03"]),
        (["[::1]:4444", "localhost:1", "![::1]:4444"], ["localhost:1"]),
        (["web01", "!*"], []),
        (["ssh://h/run/*.sock", "!ssh://h/*"], []),
        (["ssh://[::1]/run/a.sock"], ["ssh://[::1]/run/a.sock"]),
        (["ssh://h[1-2]/run/vm[1-2].sock"], [f"ssh://h{h}/run/vm{vm}.sock" for h in "12" for vm in "12"]),
        (["ssh://@hosts/run/a.sock"], ["ssh://h1/run/a.sock", "ssh://h2/run/a.sock"]),
        (["ssh://op@@hosts:22/a"], ["ssh://op@h1:22/a", "ssh://op@h2:22/a"]),
        (["ssh://h#web[01-02]", "ssh://h"], ["ssh://h#web01", "ssh://h#web02", "ssh://h"]),
        (["tls://host:1", "libvirt:web[1-2]"], ["tls://host:1", "libvirt:web1", "libvirt:web2"]),
    ],
)
def test_members(running: None, words: list[str], found: list[str]) -> None:
    groups = {"all": ["web01", "inner"], "inner": "web02 web01", "hosts": "h[1-2]"}
    assert names(*words, groups=groups, targets={"remote": "tcp:host:4444"}) == found


def test_this_host_is_looked_at_once_for_all_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many names run or do not run: processes are scanned once, and libvirt is asked once."""
    looks: list[str] = []

    def machines(**_: Any) -> list[Machine]:
        looks.append("processes")
        return [machine("web01", path="/run/web01.sock")]

    def states() -> dict[str, dict[str, str]]:
        looks.append("libvirt")
        return {"qemu:///system": {"web02": "running", "web03": "shut off"}}

    monkeypatch.setattr(discover, "machines", machines)
    monkeypatch.setattr(domains, "states", states)
    members = Roll(Settings(targets={"tenth": "web10"})).members(["web[01-20]", "web*", "tenth"])
    assert looks == ["processes", "libvirt"]
    targets = {member.name: member.target for member in members}
    assert targets["web02"] == parse_target("libvirt+qemu:///system#web02")
    assert "shut off" in str(targets["web03"]) and isinstance(targets["web04"], UsageError)
    assert len(members) == 20 + 1


def test_namesakes_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [replace(machine("twin", path=f"/run/{n}.sock"), pid=n) for n in (1, 2)]
    monkeypatch.setattr(discover, "machines", lambda **_: [*twins, machine("two", path="/run/two.sock")])
    assert names("tw*") == ["twin (pid:1)", "twin (pid:2)", "two"]


def test_sockets_by_pattern(folder: Path) -> None:
    pattern = f"{folder}/a*.sock"
    assert names(pattern) == names(f"unix:{pattern}") == [f"{folder}/a1.sock", f"{folder}/a2.sock"]
    assert names(f"{folder}/a[1-2].sock") == names(pattern)


def test_the_same_socket_by_two_names_is_asked_once(folder: Path) -> None:
    os.symlink(folder / "b.sock", folder / "link.sock")
    assert names(f"{folder}/b.sock", f"{folder}/link.sock") == [f"{folder}/b.sock"]


def test_who_has_gone_or_has_no_monitor_keeps_no_other_waiting(running: None) -> None:
    members = Roll(Settings()).members(["web01", "web09", "mute"])
    assert [isinstance(member.target, UsageError) for member in members] == [False, True, True]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nosuch*"], "no running VM"),
        (["/nowhere/*.sock"], "no file matches"),
        (["libvirt:web*/x"], "cannot be listed from here"),
        (["stdio"], "cannot be one of many"),
        (["loop"], "part of itself"),
        (["odd"], "no list of names"),
        (["web[1-99999999]"], "more than"),
        (["what:ever:no"], "not a target"),
        (["@nosuch"], "no group 'nosuch'"),
        (["ssh://@nosuch/run/a.sock"], "no group 'nosuch'"),
        (["web01", "!@nosuch"], "no group 'nosuch'"),
        (["!loop", "web01"], "part of itself"),
    ],
)
def test_what_cannot_be_meant_is_refused(running: None, words: list[str], problem: str) -> None:
    groups: dict[str, Any] = {"loop": ["loop"], "odd": 3}
    with pytest.raises(UsageError, match=problem):
        names(*words, groups=groups)


def test_files_that_are_no_sockets_are_said(folder: Path) -> None:
    with pytest.raises(UsageError, match="none of the 1 files is a socket"):
        names(f"{folder}/a3*")


@pytest.mark.parametrize(
    "path", ["/run/*.sock", "/run/vm?.sock", "/run/[ab].sock", "/[!x]/a.sock", "#web*", "#[ab]?"]
)
def test_a_pattern_on_another_host_is_left_to_be_matched_there(path: str) -> None:
    [member] = Roll(Settings()).members([f"ssh://op@[::1]:22{path}"])
    assert member.is_pattern and isinstance(member.target, Target)
    assert (member.target.host, member.target.user) == ("::1", "op")
    assert path in (member.target.path, f"#{member.target.domain}")


def test_what_matched_there_is_asked_once_and_keeps_the_host() -> None:
    roll = Roll(Settings())
    words = ["ssh://op@h:22/run/a.sock", "ssh://op@h:22/run/*.sock", "!*/c.sock"]
    assert roll.members(words)[-1].is_pattern
    found = roll.matched(parse_target(f"ssh://op@h:22/run/{name}.sock") for name in "abc")
    assert [member.name for member in found] == ["ssh://op@h:22/run/b.sock"]
    assert found[0].target == parse_target("ssh://op@h:22/run/b.sock") and not found[0].is_pattern
