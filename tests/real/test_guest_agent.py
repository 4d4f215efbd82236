"""A real qemu-ga, and a VM whose agent's channel nobody serves. Sends nothing that acts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError
from qmonsh.launch import listen_unix
from qmonsh.wire.agent import SILENT
from tests.real.machine import VM
from tests.test_batch import Run

pytestmark = pytest.mark.real

QEMU_GA = shutil.which("qemu-ga") or shutil.which("qemu-ga", path="/usr/sbin:/sbin")


@pytest.fixture(scope="module")
def agent() -> Iterator[str]:
    """Return the path of a qemu-ga's socket; the agent is ended with the module."""
    if QEMU_GA is None:
        pytest.skip("no qemu-ga here; the package is called qemu-guest-agent or qemu-ga")
    with tempfile.TemporaryDirectory(prefix="qmonsh-ga-") as folder:
        path = os.path.join(folder, "ga.sock")
        # It takes its listening socket as socket activation hands it over: nobody waits for a path.
        with listen_unix(path) as listener:
            child = subprocess.Popen(
                ["sh", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&0 </dev/null', "sh", QEMU_GA]
                + ["-m", "unix-listen", "-t", folder, "-f", os.path.join(folder, "pid"), "-p", path],
                stdin=listener,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            yield path
        finally:
            child.kill()
            child.wait()


def test_ping_and_info(agent: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--dialect", "agent", agent, "--json", "-c", "guest-ping", "-c", "guest-info")
    ping, info = run.documents()
    assert (run.status, ping) == (0, {})
    assert {row["name"] for row in info["supported_commands"] if not row["success-response"]} == SILENT


def test_commands_are_completed_from_guest_info(agent: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--dialect", "agent", agent, "--complete", "guest-fsf")
    assert "guest-fsfreeze-status" in run.out


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("info status", 2, "is for QEMU's monitor, and this is a guest agent"),
        ("guest-nosuch", 2, "unknown command"),
        ("guest-file-close handle=5", 1, "handle"),
        ("qmp guest-file-open path=/nowhere/at/all", 1, "failed to open file"),
    ],
)
def test_failures(agent: str, line: str, status: int, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, "--dialect", "agent", agent, line)
    assert run.status == status and said in run.err


def test_second_client_is_told_who_is_there(agent: str) -> None:
    with connect(agent, dialect="agent"), pytest.raises(ConnectError) as caught:
        connect(agent, dialect="agent", timeout=0.5)
    assert caught.value.cause == "busy" and str(os.getpid()) in str(caught.value)


def test_agent_is_found_without_the_option(agent: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, agent, "--json", "guest-info")
    assert run.status == 0 and run.documents()[0]["supported_commands"]


def test_agent_of_a_vm_is_found_by_the_command_line(vm: Callable[..., VM]) -> None:
    """Nobody serves the channel; but it is known for what it is, and said to be silent."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-ga-") as folder:
        path = os.path.join(folder, "channel.sock")
        chardev = f"socket,id=c,path={path},server=on,wait=off"
        port = "virtserialport,chardev=c,name=org.qemu.guest_agent.0"
        vm("-chardev", chardev, "-device", "virtio-serial", "-device", port)
        with pytest.raises(ConnectError, match="no guest agent answered within 0.5 s"):
            connect(path, timeout=0.5)


def test_channel_without_an_agent(vm: Callable[..., VM]) -> None:
    with tempfile.TemporaryDirectory(prefix="qmonsh-ga-") as folder:
        path = os.path.join(folder, "channel.sock")
        chardev = f"socket,id=c,path={path},server=on,wait=off"
        port = "virtserialport,chardev=c,name=org.qemu.guest_agent.0"
        vm("-chardev", chardev, "-device", "virtio-serial", "-device", port)
        with pytest.raises(ConnectError, match="no guest agent answered within 0.5 s"):
            connect(path, dialect="agent", timeout=0.5)
