"""Monitors of real QEMUs that are open elsewhere than the command line says; none is connected to but one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.real.fixtures import qemu  # noqa: F401
from tests.started import Start, addresses, seen, started_qemu  # noqa: F401

pytestmark = pytest.mark.real


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
