"""Hosts by OpenSSH, a script in ssh's place that leads back here; real ones are in test_park.py."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from qmonsh.cli import main
from qmonsh.fleet import ssh_forward
from tests.fleet.park import monitors
from tests.peer import ScriptedPeer, expect, expect_end, greet
from tests.peer import signal as tell

CHECKOUT = Path(__file__).resolve().parents[2]

# A forward is a link to the socket; the host "down" lets nobody in.
SSH = """#!/bin/sh
printf '%s\\n' "$*" >> {log}
case "$*" in
*"-O check"*) {check};;
*"-- down"*) echo 'x@y: Permission denied (publickey).' >&2; exit 255;;
*"-O forward"*|*"-O cancel"*)
  before=
  for word; do
    case "$*" in *cancel*) [ "$before" = -L ] && rm "${{word%%:*}}";;
    *) [ "$before" = -L ] && ln -s "${{word#*:}}" "${{word%%:*}}";; esac
    before=$word
  done;;
*" -N "*) echo up; exec sleep 1000;;
*) for last; do :; done; exec sh -c "$last";;
esac
"""


class Hosts:
    """The log of the script, and what ``each`` said."""

    def __init__(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self._log = tmp_path / "log"
        self._capfd = capfd
        self.temporary = tmp_path / "t"
        self.status = 0
        self.out = self.err = ""

    def each(self, *words: str) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["each", *words])
        self.status = int(ended.value.code or 0)
        self.out, self.err = self._capfd.readouterr()

    def calls(self, kind: str) -> list[str]:
        return [line for line in self._log.read_text().splitlines() if kind in line]


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Hosts:
    install(tmp_path, monkeypatch)
    return Hosts(tmp_path, capfd)


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str = "exit 255") -> None:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (tmp_path / "t").mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(SSH.format(log=tmp_path / "log", check=check))
    program.chmod(0o755)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("QMONSH_EACH_SSH", "openssh")


@pytest.fixture
def sockets() -> Iterator[str]:
    """Return the folder of three monitors, vm1.sock to vm3.sock; its path is short, as sockets need."""
    with tempfile.TemporaryDirectory(prefix="qm-", dir="/tmp") as folder:
        with monitors([f"{folder}/vm{number}.sock" for number in (1, 2, 3)]):
            yield folder


def test_a_pattern_is_matched_over_there_and_all_share_a_connection(hosts: Hosts, sockets: str) -> None:
    hosts.each(f"ssh://web1{sockets}/*.sock", "--", "info", "status")
    assert (hosts.status, hosts.err) == (0, "")
    assert hosts.out == f"ssh://web1{sockets}/vm[1-3].sock: VM status: running\n"
    assert len(hosts.calls("-N ")) == 1 and len(hosts.calls("-O forward")) == 1
    assert os.listdir(hosts.temporary) == []


def test_ranges_of_hosts_and_exclusions(hosts: Hosts, sockets: str) -> None:
    words = (f"ssh://web[1-2]{sockets}/*.sock", "!ssh://*/vm3.sock", f"!ssh://web2{sockets}/vm1.sock")
    hosts.each("--json", *words, "--", "query-status")
    targets = sorted(json.loads(line)["target"] for line in hosts.out.splitlines())
    places = [("web1", "vm1"), ("web1", "vm2"), ("web2", "vm2")]
    assert targets == [f"ssh://{host}{sockets}/{vm}.sock" for host, vm in places]
    assert (hosts.status, len(hosts.calls("-N "))) == (0, 2)


def test_vms_by_name_are_looked_for_over_there(hosts: Hosts, sockets: str, tmp_path: Path) -> None:
    rows = [
        {"kind": "vm", "name": f"vm{number}", "pid": number, "monitors": [
            {"dialect": "qmp", "address": f"unix:{sockets}/vm{number}.sock", "reachable": True, "busy": False}
        ]} for number in (1, 2, 3)
    ]  # fmt: skip
    there = tmp_path / "bin" / "qmonsh"
    there.write_text(f"#!/bin/sh\necho '{json.dumps(rows)}'\n")
    there.chmod(0o755)
    hosts.each("ssh://web1#vm[2-3]", "ssh://web1#v*", "!*vm1", "ssh://web1#db", "--", "info", "status")
    assert hosts.out == "ssh://web1#vm[2-3]: VM status: running\n" and hosts.status == 3
    assert "no VM on web1 is called 'db'. These run: vm1, vm2, vm3" in hosts.err
    assert len(hosts.calls("-N ")) == 1 and len(hosts.calls(r"\000listed")) == 1
    assert os.listdir(hosts.temporary) == []


def test_a_host_that_lets_nobody_in_is_one_failure_of_many(hosts: Hosts, sockets: str) -> None:
    hosts.each(f"ssh://web1{sockets}/vm1.sock", f"ssh://down{sockets}/*.sock", "--", "query-status")
    assert hosts.status == 3 and "vm1.sock" in hosts.out
    assert hosts.err.startswith(f"ssh://down{sockets}/*.sock: cannot connect: down does not let us in")
    assert hosts.err.endswith("1 of 2 failed\n")
    assert os.listdir(hosts.temporary) == []


def test_nothing_that_matches_is_one_failure_of_many(hosts: Hosts, sockets: str) -> None:
    hosts.each(f"ssh://web1{sockets}/vm1.sock", f"ssh://web1{sockets}/*.nothing", "--", "query-status")
    assert hosts.status == 3 and "no socket on web1 matches" in hosts.err
    assert len(hosts.calls("-N ")) == 1


def test_many_forwards_are_asked_for_in_lots(
    hosts: Hosts, sockets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_forward, "MOST_IN_A_LOT", 2)
    hosts.each(f"ssh://web1{sockets}/*.sock", "--", "query-status")
    assert hosts.status == 0
    assert [line.count(" -L ") for line in hosts.calls("-O forward")] == [2, 1]


def test_a_shared_connection_is_used_and_left_as_it_was(
    hosts: Hosts, sockets: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, check="exit 0")
    hosts.each(f"ssh://web1{sockets}/*.sock", "--", "query-status")
    assert hosts.status == 0 and hosts.calls("-N ") == []
    [forward], [cancel] = hosts.calls("-O forward"), hosts.calls("-O cancel")
    assert cancel.count(" -L ") == forward.count(" -L ") == 3
    assert os.listdir(hosts.temporary) == []


def test_an_interrupt_leaves_nothing_behind(hosts: Hosts) -> None:
    begun = Event()
    known = [*greet(), expect("query-commands"), tell(begun), expect_end()]
    before = os.listdir(hosts.temporary)
    with ScriptedPeer(known) as slow:
        words = [sys.executable, "-m", "qmonsh", "each", f"ssh://web1{slow.path}", "--", "query-status"]
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert begun.wait(30)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130 and b"interrupted" in err
    assert os.listdir(hosts.temporary) == before == []
