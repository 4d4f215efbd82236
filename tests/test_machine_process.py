"""Real QEMUs started in every way that hides them, and what is found of each; nothing is connected to."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qmonsh.machine import Machine
from qmonsh.machine_process import Sockets, machine_of
from qmonsh.transport import processes
from qmonsh.transport.program import Versions
from tests.real.fixtures import qemu  # noqa: F401

pytestmark = pytest.mark.real

Start = Callable[..., Machine]


def seen(pid: int, sockets: Sockets | None = None) -> Machine | None:
    process = processes.process(pid)
    assert process is not None
    return machine_of(process, sockets or Sockets(), Versions())


@pytest.fixture
def start(qemu: str, tmp_path: Path) -> Iterator[Start]:  # noqa: F811
    """Return a function that starts a QEMU, up when it returns, and says what is found of it."""
    pids: list[int] = []

    def run(*arguments: str, before: tuple[str, ...] = (), **options: object) -> Machine:
        pidfile = tmp_path / f"pid{len(pids)}"
        words = [*before, qemu, *arguments]
        words += ["-M", "none", "-nodefaults", "-display", "none", "-daemonize", "-pidfile", str(pidfile)]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL, cwd=tmp_path, **options)  # type: ignore[call-overload]
        pids.append(int(pidfile.read_text()))
        found = seen(pids[-1])
        assert found is not None
        return found

    yield run
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def addresses(machine: Machine) -> list[tuple[str, str]]:
    return [(one.dialect, one.target.address) for one in machine.monitors if one.target is not None]


def test_configuration_file_names_it_and_its_monitor(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    (tmp_path / "vm.cfg").write_text(
        f'[name]\n guest = "configured"\n[chardev "c"]\n backend = "socket"\n path = "{path}"\n'
        ' server = "on"\n wait = "off"\n[mon "m"]\n chardev = "c"\n mode = "control"\n'
    )
    machine = start("-readconfig", "vm.cfg", env={**os.environ, "PWD": str(tmp_path)})
    assert machine.name == "configured" and addresses(machine) == [("qmp", f"unix:{path}")]


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_inherited_port_is_found(start: Start, family: socket.AddressFamily) -> None:
    with socket.socket(family) as listener:
        try:
            listener.bind(("", 0))
        except OSError:
            pytest.skip("no IPv6 here")
        listener.listen()
        fd, port = listener.fileno(), listener.getsockname()[1]
        machine = start("-chardev", f"socket,id=c,fd={fd},server=on,wait=off", "-mon", "c", pass_fds=[fd])
    host = "127.0.0.1" if family == socket.AF_INET else "[::1]"
    assert addresses(machine) == [("hmp", f"tcp:{host}:{port}")]


def test_inherited_path_is_found(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "i.sock"))
        listener.listen()
        chardev = f"socket,id=c,fd={listener.fileno()},server=on,wait=off"
        machine = start("-chardev", chardev, "-mon", "c,mode=control", pass_fds=[listener.fileno()])
    assert addresses(machine) == [("qmp", f"unix:{tmp_path}/i.sock")]


def test_port_out_of_a_range_is_the_open_one(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        machine = start("-qmp", f"tcp:127.0.0.1:{port},to={min(port + 50, 65535)},server=on,wait=off")
    ((dialect, address),) = addresses(machine)
    assert dialect == "qmp" and port < int(address.rpartition(":")[2]) <= port + 50


def test_other_sockets_are_no_monitors(start: Start, tmp_path: Path) -> None:
    serial = f"unix:{tmp_path}/serial.sock,server=on,wait=off"
    machine = start("-name", "mute", "-chardev", "null,id=n", "-mon", "n", "-serial", serial)
    assert addresses(machine) == []


def test_abstract_socket_with_a_comma(start: Start) -> None:
    name = f"qmonsh-test-{os.getpid()},x"
    chardev = f"socket,id=c,path={name.replace(',', ',,')},abstract=on,server=on,wait=off"
    machine = start("-chardev", chardev, "-mon", "c,mode=control")
    assert [one.target.path for one in machine.monitors if one.target is not None] == [name]


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


def test_monitor_in_a_container_is_reached_through_proc(qemu: str, tmp_path: Path) -> None:  # noqa: F811
    unshare = [shutil.which("unshare") or "", "-m", "-n", *([] if os.geteuid() == 0 else ["-r"])]
    inside = 'mount -t tmpfs none "$0" && exec "$@"'
    words = [*unshare, "sh", "-c", inside, str(tmp_path)]
    if not unshare[0] or subprocess.run([*words, "true"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no containers may be made here")
    command = [qemu, "-M", "none", "-nodefaults", "-display", "none", "-qmp", "stdio"]
    command += ["-name", "inside", "-monitor", f"unix:{tmp_path}/m.sock,server=on,wait=off"]
    with subprocess.Popen([*words, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stdout.read(5) == b'{"QMP'
        try:
            machine = seen(child.pid)
            assert machine is not None and machine.name == "inside"
            ((dialect, address),) = addresses(machine)
            assert (dialect, address) == ("hmp", f"unix:/proc/{child.pid}/root{tmp_path}/m.sock")
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(address.removeprefix("unix:"))
                assert client.recv(1)
                busy = seen(child.pid)
                assert busy is not None and busy.best() is not None and busy.monitors[1].is_busy
        finally:
            child.kill()


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
