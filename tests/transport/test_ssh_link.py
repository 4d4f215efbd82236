"""ssh as it is called and ended, with a script in place of ssh (test_ssh.py)."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic

import pytest

from tests.transport.test_ssh import Ssh, fail
from tests.transport.test_ssh import ssh as ssh


def test_words_of_ssh(ssh: Ssh) -> None:
    log = ssh("exit 255")
    fail("ssh://op@-oProxyCommand=x:22/run/a b.sock")
    words = log.read_text().splitlines()
    assert words[-6:] == ["-p", "22", "-l", "op", "--", "-oProxyCommand=x"]
    assert "BatchMode=yes" in words
    assert words[words.index("-L") + 1].endswith("/s:/run/a b.sock")


def test_failure_is_told_and_leaves_nothing(ssh: Ssh, tmp_path: Path) -> None:
    ssh("echo 'x@y: Permission denied (publickey).' >&2; exit 255")
    assert fail("ssh://h/s").cause == "permission"
    assert list((tmp_path / "t").iterdir()) == []


def test_ssh_that_hangs_is_given_up_in_time_and_ended(ssh: Ssh, tmp_path: Path) -> None:
    log = ssh(f"echo $$ > {tmp_path}/pid; exec sleep 100")
    began = monotonic()
    error = fail("ssh://h/s", timeout=1.0)
    assert error.cause == "unreachable" and monotonic() - began < 30 and log.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert list((tmp_path / "t").iterdir()) == []


def test_host_without_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fail("ssh://h/s").cause == "no-such-command"


def test_long_temporary_folder_is_avoided(ssh: Ssh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    log = ssh("exit 255")
    fail("ssh://h/s")
    words = log.read_text().splitlines()
    assert words[words.index("-L") + 1].startswith("/tmp/qmonsh-")
