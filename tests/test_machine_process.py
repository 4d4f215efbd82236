"""Real QEMUs started in every way that hides them, and what is found of each; nothing is connected to."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qmonsh.machine import Machine
from qmonsh.machine_monitors import Sockets
from tests.real.fixtures import qemu  # noqa: F401
from tests.started import Start, addresses, seen, started_qemu  # noqa: F401

pytestmark = pytest.mark.real


def test_configuration_file_names_it_and_its_monitor(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    (tmp_path / "vm.cfg").write_text(
        f'[name]\n guest = "configured"\n[chardev "c"]\n backend = "socket"\n path = "{path}"\n'
        ' server = "on"\n wait = "off"\n[mon "m"]\n chardev = "c"\n mode = "control"\n'
    )
    machine = start("-readconfig", "vm.cfg", env={**os.environ, "PWD": str(tmp_path)})
    assert machine.name == "configured" and addresses(machine) == [("qmp", f"unix:{path}")]


def test_another_name_than_the_programs(start: Start, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("renaming it needs bash")
    renamed = (bash, "-c", 'exec -a "some vm" "$@"', "-")
    machine = start("-name", "renamed", "-qmp", f"unix:{tmp_path}/r.sock,server,nowait", before=renamed)
    assert machine.name == "renamed" and addresses(machine) == [("qmp", f"unix:{tmp_path}/r.sock")]


def test_version_is_known_without_asking(start: Start, qemu: str) -> None:  # noqa: F811
    said = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    version = start("-name", "old").version
    assert version and f"version {version}\n" in said


def test_who_only_starts_a_machine_is_none(qemu: str) -> None:  # noqa: F811
    timeout = shutil.which("timeout")
    assert timeout is not None
    words = [timeout, "100", qemu, "-M", "none", "-nodefaults", "-display", "none", "-name", "wrapped"]
    with subprocess.Popen([*words, "-qmp", "stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.read(5) == b'{"QMP'
        assert seen(child.pid) is None
        (inner,) = [one for one in map(seen, children_of(child.pid)) if one is not None]
        assert inner.name == "wrapped"
        os.kill(inner.pid, signal.SIGKILL)


def children_of(parent: int) -> list[int]:
    with open(f"/proc/{parent}/task/{parent}/children") as file:
        return [int(word) for word in file.read().split()]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Return a folder whose path leaves room for a long name of a socket."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-", dir="/tmp") as name:
        yield Path(name)


def test_domain_leads_through_libvirt_while_that_holds_it(start: Start, short_path: Path) -> None:
    folder = short_path / "libvirt/qemu/lib/domain-1-web"
    folder.mkdir(parents=True)
    path = folder / "monitor.sock"
    pid = start("-name", "guest=web,debug-threads=on", "-qmp", f"unix:{path},server=on,wait=off").pid
    uri = "qemu:///session"

    def find(*users: int) -> Machine:
        sockets = Sockets()
        sockets.libvirt_uris = dict.fromkeys(users, uri)  # type: ignore[misc]
        machine = seen(pid, sockets)
        assert machine is not None
        return machine

    assert find(os.getuid()).libvirt_uri is None, "nobody is connected to it"
    with socket.socket(socket.AF_UNIX) as libvirtd:
        libvirtd.connect(str(path))
        libvirtd.recv(1)
        best = find(os.getuid()).best()
        assert best is not None and best.address == f"libvirt+{uri}#web"
        assert find().libvirt_uri is None, "no libvirt runs"
        assert find(os.getuid() + 1).libvirt_uri is None, "another user's"
