"""A real qemu-storage-daemon: QMP without HMP, and without most of what a VM has."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator

import pytest

from qmonsh.launch import find_tool, listen_unix
from tests.shell.kit import shell_on
from tests.test_batch import Run

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def daemon(qemu: str) -> Iterator[str]:
    """Return the socket of a storage daemon with the node n0, ended with the module."""
    program = find_tool("qemu-storage-daemon", qemu=qemu)
    if not program:
        pytest.skip("no qemu-storage-daemon here; the package is called qemu-utils or qemu-block-extra")
    with tempfile.TemporaryDirectory(prefix="qmonsh-qsd-") as folder:
        path = os.path.join(folder, "qsd.sock")
        with listen_unix(path) as listener:
            chardev = f"socket,id=c,fd={listener.fileno()},server=on,wait=off"
            words = ["--blockdev", "driver=null-co,node-name=n0,size=1048576", "--chardev", chardev]
            child = subprocess.Popen(
                [program, *words, "--monitor", "chardev=c"],
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            wait_for_greeting(path)
            yield path
        finally:
            child.kill()
            child.wait()


def wait_for_greeting(path: str) -> None:
    """Wait until the daemon serves: on a busy machine its start takes longer than a connection waits."""
    for _ in range(12):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(path)
            try:
                if client.recv(1):
                    return
            except TimeoutError:
                continue


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("info version", 0, "."),
        ("info jobs", 0, "No jobs"),
        ("query-named-block-nodes flat=true", 0, "n0"),
        ("info chardev", 0, "c: filename="),
        ("info status", 2, "nor HMP to pass the line on to"),
        ("hmp info block", 2, "has no HMP"),
        ("device_add virtio-net-pci", 2, "nor HMP"),
        ("blockdev-del node-name=nosuch", 1, "nosuch"),
        ("block_resize n0 2M", 1, ""),
    ],
)
def test_lines(daemon: str, line: str, status: int, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, daemon, line)
    assert run.status == status and said in run.out + run.err


def test_nodes_come_and_go(daemon: str, capfd: pytest.CaptureFixture[str]) -> None:
    add, look, remove = "blockdev-add driver=null-co node-name=n1 size=2M", "query-named-block-nodes", "n1"
    run = Run(capfd, daemon, "--json", "-c", add, "-c", look, "-c", f"blockdev-del node-name={remove}")
    names = {row["node-name"] for row in run.documents()[1]}
    assert run.status == 0 and names == {"n0", "n1"}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [("block_resi", "block_resize"), ("block_resize ", "n0"), ("blockdev-add driver=qco", "driver=qcow2")],
)
def test_tab(daemon: str, line: str, wanted: str, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(capfd, daemon, "--complete", line)
    assert wanted in [row.partition("\t")[0] for row in run.out.splitlines()]


def test_shell(daemon: str) -> None:
    with shell_on(daemon) as kit:
        assert "No jobs" in kit.do("info jobs")
        assert "block_resize" in kit.do("help block_resize")
        assert "nor HMP" in " ".join(kit.do("info status").split())
