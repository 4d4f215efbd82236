"""What /proc tells about processes, and that what it does not tell is no error."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qmonsh.transport import processes
from qmonsh.transport.processes import Process
from tests.transport.probe import until

NOBODY = (1 << 22) + 1  # above the kernel's limit of process ids


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that does nothing until its stdin ends."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_process_is_known_by_its_command() -> None:
    found = processes.process(os.getpid())
    assert found is not None
    assert found.pid == os.getpid()
    assert found.arguments == tuple(Path("/proc/self/cmdline").read_text().rstrip("\0").split("\0"))
    assert found.state == "R"
    assert not found.is_stopped


def test_process_that_is_not_there_is_none() -> None:
    assert processes.process(NOBODY) is None
    assert processes.user_of(NOBODY) == -1
    assert processes.folder_of(NOBODY) == ""
    assert processes.first_folder_of(NOBODY) == ""
    assert processes.sockets_of(NOBODY) == set()
    assert processes.socket_at(NOBODY, 0) == 0


def test_stopped_process_is_told(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGSTOP)

    def is_stopped() -> bool:
        found = processes.process(child.pid)
        return found is not None and found.is_stopped

    until(is_stopped, "the child stops")


def test_name_with_brackets_and_blanks_does_not_confuse() -> None:
    script = "import ctypes; ctypes.CDLL(None).prctl(15, b') R (x', 0, 0, 0); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = processes.process(child.pid)
        child.kill()
    assert found is not None
    assert found.name == ") R (x"
    assert len(found.state) == 1


def test_socket_belongs_to_who_has_it_open(child: subprocess.Popen[bytes]) -> None:
    ours, theirs = socket.socketpair()
    inode = os.fstat(ours.fileno()).st_ino
    assert processes.owners_of([inode, 0]) == {inode: os.getpid()}
    assert inode in processes.sockets_of(os.getpid())
    assert processes.socket_at(os.getpid(), ours.fileno()) == inode
    assert processes.sockets_of(child.pid).isdisjoint({inode})
    ours.close()
    theirs.close()
    assert processes.owners_of([inode]) == {}


def test_descriptor_that_is_no_socket_has_no_inode(child: subprocess.Popen[bytes]) -> None:
    assert processes.socket_at(child.pid, 0) == 0


def test_folders_of_a_process(tmp_path: Path) -> None:
    environment = {**os.environ, "PWD": "/from/here"}
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd=tmp_path, env=environment) as child:
        try:
            until(lambda: processes.first_folder_of(child.pid) == "/from/here", "the child runs its program")
            assert processes.folder_of(child.pid) == str(tmp_path)
            assert processes.user_of(child.pid) == os.geteuid()
        finally:
            child.kill()


def test_process_is_found_by_its_kernel_name(child: subprocess.Popen[bytes]) -> None:
    found = processes.first_named({"cat"})
    assert found is not None and found.name == "cat"
    assert processes.first_named({"no such program"}) is None


@pytest.mark.parametrize(
    ("name", "arguments", "is_qemu"),
    [
        ("qemu-system-x86", (), True),
        ("ld.so", ("lib/ld.so", "--library-path", "lib", "libexec/qemu-system-x86_64"), True),
        ("qemu-kvm", ("/usr/libexec/qemu-kvm",), True),
        ("bash", ("bash",), False),
        ("virsh", ("virsh", "list"), False),
    ],
)
def test_qemu_is_known_by_name_or_arguments(name: str, arguments: tuple[str, ...], is_qemu: bool) -> None:
    assert Process(1, name, arguments, "S").is_qemu is is_qemu


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), "pid 7 (name)"),
        (("nc", "-U", "/p"), "pid 7 (nc -U /p)"),
        (("x" * 100,), f"pid 7 ({'x' * 67}...)"),
    ],
)
def test_process_is_shown_shortly(arguments: tuple[str, ...], shown: str) -> None:
    assert str(Process(7, "name", arguments, "S")) == shown
