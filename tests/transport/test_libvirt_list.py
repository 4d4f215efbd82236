"""Domains and their states as virsh, or libvirt-python without it, tells them; libvirt is made here."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from qmonsh.transport import libvirt_list

PRINTED = """Domain: 'web'
  state.state=1
  state.reason=1

Domain: 'it's two'
  state.state=3
Domain: 'off'
  state.state=5
Domain: 'new'
  state.state=77
"""


def virsh(folder: Path, script: str) -> None:
    (folder / "virsh").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "virsh").chmod(0o755)


def test_states_are_read() -> None:
    expected = {"web": "running", "it's two": "paused", "off": "shut off", "new": "unknown"}
    assert libvirt_list.read_stats(PRINTED) == expected
    assert libvirt_list.read_stats("  state.state=1\nnonsense\n") == {}


def test_virsh_is_asked_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    virsh(tmp_path, f"echo \"$@\" > {tmp_path}/asked\necho \"Domain: 'a'\"; echo '  state.state=1'")
    assert libvirt_list.states("qemu:///session") == {"a": "running"}
    assert (tmp_path / "asked").read_text().split()[:4] == ["-q", "-r", "-c", "qemu:///session"]


def test_virsh_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    virsh(tmp_path, "exec sleep 600")
    assert libvirt_list.states("qemu:///system", 0.2) == {}


def test_virsh_that_fails_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    virsh(tmp_path, "echo oops >&2; exit 1")
    assert libvirt_list.states("qemu:///system") == {}


class LibvirtError(Exception):
    """libvirt.libvirtError."""


def python_libvirt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_read_only: object) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    fake = SimpleNamespace(
        libvirtError=LibvirtError,
        registerErrorHandler=lambda handler, opaque: handler(opaque, None),
        openReadOnly=open_read_only,
    )
    monkeypatch.setitem(sys.modules, "libvirt", fake)


def test_without_virsh_libvirt_python_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    domains = [SimpleNamespace(name=lambda: "web", state=lambda: [1, 0])]
    connection = SimpleNamespace(listAllDomains=lambda: domains, close=lambda: None)
    python_libvirt(monkeypatch, tmp_path, lambda uri: connection)
    assert libvirt_list.states("qemu:///system") == {"web": "running"}


def test_libvirt_python_that_fails_or_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(uri: str) -> None:
        raise LibvirtError(uri)

    python_libvirt(monkeypatch, tmp_path, fail)
    assert libvirt_list.states("qemu:///system") == {}
    forever = threading.Event()

    def hang(uri: str) -> None:
        forever.wait()
        raise LibvirtError(uri)

    python_libvirt(monkeypatch, tmp_path, hang)
    assert libvirt_list.states("qemu:///system", 0.1) == {}
    forever.set()


def test_with_neither_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "libvirt", None)
    assert libvirt_list.states("qemu:///system") == {}
