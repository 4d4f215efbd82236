"""Bytes by way of ssh, with a script in place of ssh; a real sshd is in tests/real/test_ssh.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import parse_target
from qmonsh.transport.open import open_transport

Ssh = Callable[[str], Path]


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    """Return ``ssh(script)``, which puts a shell script in ssh's place; its words are logged in a file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    temporary = tmp_path / "t"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(script: str) -> Path:
        log = tmp_path / "log"
        program = folder / "ssh"
        check = 'case "$*" in *"-O check"*) exit 255;; esac'
        program.write_text(f'#!/bin/sh\n{check}\nprintf "%s\\n" "$@" >> {log}\n{script}\n')
        program.chmod(0o755)
        return log

    return put


def fail(address: str, timeout: float = 10.0) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        open_transport(parse_target(address), timeout=timeout)
    return caught.value


def test_forward_without_a_socket_is_said(ssh: Ssh) -> None:
    ssh("echo 'Bad local forwarding specification' >&2; echo up; exec sleep 100")
    assert "ssh failed: Bad local forwarding" in str(fail("ssh://h/s"))
