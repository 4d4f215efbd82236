"""Running machines found, named and told free from busy, on a real QEMU; nothing is connected to."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.cli import main
from qmonsh.discover import Machine, machines, named, only_target, resolve
from qmonsh.errors import UsageError
from qmonsh.target import parse_target
from tests.real.fixtures import qemu, vm  # noqa: F401
from tests.real.machine import VM

pytestmark = pytest.mark.real
Start = Callable[..., VM]


def found(pid: int) -> Machine:
    (machine,) = machines(pids=[pid])
    return machine


def test_a_machine_has_its_name_and_free_monitor(vm: Start) -> None:  # noqa: F811
    machine = vm("-name", "guest=qmonsh-test-a,debug-threads=on")
    one = found(machine.pid)
    assert (one.kind, one.name, one.state, one.user) == ("vm", "qmonsh-test-a", "running", os.getuid())
    best = one.best()
    assert best is not None and best.is_free and best.target is not None
    assert os.path.samefile(best.target.path, machine.path)


def test_a_held_monitor_is_busy_and_names_the_holder(vm: Start) -> None:  # noqa: F811
    machine = vm()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(machine.path)
        client.recv(1)
        monitor = found(machine.pid).monitors[0]
        assert monitor.is_busy and not monitor.is_free
        assert [who.pid for who in monitor.holders] == [os.getpid()]


def test_a_relative_path_is_found_although_qemu_left_the_folder(
    qemu: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    command = [qemu, "-M", "none", "-nodefaults", "-display", "none", "-daemonize", "-pidfile", "pid"]
    command += ["-qmp", "unix:rel.sock,server=on,wait=off"]
    environment = {**os.environ, "PWD": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, stderr=subprocess.DEVNULL)
    pid = int((tmp_path / "pid").read_text())
    try:
        targets = [one.target.path for one in found(pid).monitors if one.target is not None]
    finally:
        os.kill(pid, signal.SIGKILL)
    assert targets == [str(tmp_path / "rel.sock")]


def test_a_replaced_binary_is_seen(vm: Start, tmp_path: Path, qemu: str) -> None:  # noqa: F811
    if Path(qemu).read_bytes()[:4] != b"\x7fELF":
        pytest.skip("this QEMU is started through a wrapper")
    from tests.real import machine as real

    copy = tmp_path / "qemu-system-x86_64"
    shutil.copy(qemu, copy)
    running = real.VM(str(copy), "-L", "/usr/share/qemu", "-L", "/usr/share/seabios")
    with contextlib.closing(running):
        copy.unlink()
        one = found(running.pid)
        assert one.kind == "vm" and one.is_replaced and one.program == str(copy)


def test_names_and_pids_resolve_to_the_monitor(vm: Start) -> None:  # noqa: F811
    machine = vm("-name", "qmonsh-test-b")
    for spelling in ("qmonsh-test-b", f"pid:{machine.pid}"):
        assert os.path.samefile(resolve(parse_target(spelling)).path, machine.path)
    assert named("qmonsh-test-b").pid == machine.pid


def test_an_unknown_name_is_answered_with_the_nearest(vm: Start) -> None:  # noqa: F811
    vm("-name", "qmonsh-test-c")
    with pytest.raises(UsageError, match="did you mean|Did you mean"):
        named("qmonsh-tset-c")


def test_two_of_a_name_are_told_apart_by_pid(vm: Start) -> None:  # noqa: F811
    pair = [vm("-name", "qmonsh-twin"), vm("-name", "qmonsh-twin")]
    with pytest.raises(UsageError) as caught:
        named("qmonsh-twin")
    assert all(f"pid:{one.pid}" in str(caught.value) for one in pair)


def test_no_qemu_behind_a_pid_is_said() -> None:
    with pytest.raises(UsageError, match=f"process {os.getpid()}"):
        resolve(parse_target(f"pid:{os.getpid()}"))


def test_without_any_vm_the_way_to_begin_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.discover.machines", lambda: [])
    with pytest.raises(UsageError, match="-qmp unix:"):
        only_target()


def test_ls_lists_it_as_text_and_json(vm: Start, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    machine = vm("-name", "qmonsh-test-d")
    outputs = []
    for args in (["ls"], ["ls", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(args)
        assert ended.value.code == 0
        outputs.append(capfd.readouterr().out)
    assert "qmonsh-test-d" in outputs[0] and str(machine.pid) in outputs[0]
    listed = {one["pid"]: one for one in json.loads(outputs[1])}
    assert listed[machine.pid]["monitors"][0]["busy"] is False


def test_finding_connects_to_nothing(vm: Start) -> None:  # noqa: F811
    machine = vm()
    found(machine.pid)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(machine.path)
        assert client.recv(5) == b'{"QMP', "the only place was still free"
