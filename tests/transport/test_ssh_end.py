"""Ends of an ssh, and the commands that carry their bytes where it cannot; they run in a shell here."""

from __future__ import annotations

import shutil
import socket
import subprocess
import uuid

import pytest

from qmonsh.transport.ssh_end import forwarded, host_and_port, is_forwardable, remote_command
from qmonsh.transport.ssh_failure import MISSING, NO_TOOL, NOT_A_SOCKET


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("/run/a b.sock", "/run/a b.sock"),
        ("/run/a:b%\\.sock", "/run/a\\:b%%\\\\.sock"),
        ("tcp:127.0.0.1:4444", "127.0.0.1:4444"),
        ("tcp:[::1]:4444", "[::1]:4444"),
    ],
)
def test_end_as_ssh_forwards_to_it(end: str, words: str) -> None:
    assert is_forwardable(end) and forwarded(end) == words


def test_ssh_knows_no_abstract_sockets() -> None:
    assert not is_forwardable("abstract:vm")


@pytest.mark.parametrize(("end", "place"), [("tcp:h:1", ("h", 1)), ("tcp:[::1]:4444", ("::1", 4444))])
def test_host_and_port(end: str, place: tuple[str, int]) -> None:
    assert host_and_port(end) == place


@pytest.mark.parametrize(
    ("end", "status"), [("/no such/it's.sock", MISSING), ("/dev/null", NOT_A_SOCKET), ("abstract:x", NO_TOOL)]
)
def test_command_tells_why_it_carries_nothing(end: str, status: int) -> None:
    words = remote_command(end).replace("sh -c", "/bin/sh -c", 1)
    assert subprocess.run(words, shell=True, executable="/bin/sh", env={"PATH": "/none"}).returncode == status


def carried(end: str, listener: socket.socket) -> bytes:
    """Return what the command brings of a listener that greets."""
    child = subprocess.Popen(
        remote_command(end), shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        listener.settimeout(30)
        served, _ = listener.accept()
        with served:
            served.sendall(b"greeting\n")
            return child.stdout.readline()
    finally:
        child.stdin.close()
        child.stdout.close()
        child.wait(30)


@pytest.mark.skipif(not shutil.which("socat"), reason="no socat here")
def test_command_carries_an_abstract_socket() -> None:
    name = f"qmonsh,'a:b\\c!{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0" + name)
        listener.listen(1)
        assert carried(f"abstract:{name}", listener) == b"greeting\n"


@pytest.mark.skipif(not shutil.which("socat"), reason="no socat here")
def test_command_carries_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert carried(f"tcp:127.0.0.1:{listener.getsockname()[1]}", listener) == b"greeting\n"
