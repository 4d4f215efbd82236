"""VMs by name over ssh; a script in ssh's place leads back here (real ones: tests/real/test_ssh.py)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError
from tests.fleet.park import monitors
from tests.fleet.test_ssh_forward import install


@pytest.fixture
def socket_path() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="qm-", dir="/tmp") as folder:
        path = f"{folder}/web.sock"
        with monitors([path]):
            yield path


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_path: str) -> Path:
    """Install an ssh whose other side has a qmonsh that lists "web", and return the log of its calls."""
    return installed(tmp_path, monkeypatch, socket_path)


def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, check: str = "exit 255") -> Path:
    install(tmp_path, monkeypatch, check)
    way = {"dialect": "qmp", "address": f"unix:{path}", "reachable": True, "busy": False}
    rows = [{"kind": "vm", "name": "web", "pid": 7, "monitors": [way]}]
    qmonsh = tmp_path / "bin" / "qmonsh"
    qmonsh.write_text(f"#!/bin/sh\necho '{json.dumps(rows)}'\n")
    qmonsh.chmod(0o755)
    return tmp_path / "log"


@pytest.mark.parametrize("target", ["ssh://host#web", "ssh://host", "ssh://host#pid:7"])
def test_name_is_found_and_carried_over_one_connection(log: Path, tmp_path: Path, target: str) -> None:
    with connect(target, timeout=20) as monitor:
        assert monitor.execute("query-status")["status"] == "running"
        assert monitor.address == target
    calls = log.read_text().splitlines()
    assert sum("-N" in call.split() for call in calls) == 1
    assert sum("-O forward" in call for call in calls) == 1
    assert os.listdir(tmp_path / "t") == []


def test_shared_connection_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, socket_path: str
) -> None:
    log = installed(tmp_path, monkeypatch, socket_path, check="exit 0")
    with connect("ssh://host#web", timeout=20) as monitor:
        assert monitor.execute("query-status")["status"] == "running"
    calls = log.read_text()
    assert " -N " not in calls and "-O cancel" in calls


def test_name_that_is_not_there_leaves_nothing_behind(log: Path, tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="no VM on host is called 'db'. These run: web"):
        connect("ssh://host#db", timeout=20)
    assert os.listdir(tmp_path / "t") == []


def test_host_that_lets_nobody_in(log: Path, tmp_path: Path) -> None:
    with pytest.raises(ConnectError) as caught:
        connect("ssh://down#web", timeout=20)
    assert caught.value.cause == "permission" and os.listdir(tmp_path / "t") == []


def test_look_that_hangs_is_given_up(log: Path, tmp_path: Path) -> None:
    (tmp_path / "bin" / "qmonsh").write_text("#!/bin/sh\nexec sleep 30 >/dev/null\n")
    with pytest.raises(ConnectError, match="could not be listed|no ssh connection"):
        connect("ssh://host#web", timeout=3)
    assert os.listdir(tmp_path / "t") == []
