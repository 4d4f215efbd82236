"""Descriptors of every kind: inherited ones, our own stdin and stdout, pipes."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Callable
from pathlib import Path

import pytest

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import Target, parse_target
from qmonsh.transport.descriptor import DescriptorTransport, inherited
from tests.transport.probe import (
    DEADLINE,
    check_close_ends_read,
    check_close_wakes,
    check_ready_tells,
    descriptors,
    is_blocked,
    listen,
    receive_all,
    until,
)

CHECKOUT = Path(__file__).resolve().parents[2]


def fd_target(fd: int) -> Target:
    return parse_target(f"fd:{fd}")


def sockets() -> tuple[DescriptorTransport, socket.socket]:
    ours, theirs = socket.socketpair()
    return inherited(fd_target(ours.detach())), theirs


def pipes() -> tuple[DescriptorTransport, int, int]:
    """Return a transport over two pipes, and the other ends to read from and to write to."""
    there_reading, writing = os.pipe()
    reading, there_writing = os.pipe()
    return DescriptorTransport(reading, writing, "exec:x"), there_reading, there_writing


def close(*fds: int) -> None:
    for fd in fds:
        os.close(fd)


# -- reading and writing --------------------------------------------------------------------------


def test_ready_waits_for_something_to_read_or_the_end() -> None:
    transport, theirs = sockets()
    check_ready_tells(transport, theirs)


def test_ready_is_woken_by_close() -> None:
    transport, theirs = sockets()
    check_close_wakes(transport)
    theirs.close()


def test_socket_is_read_and_written_to_its_end() -> None:
    before = descriptors()
    transport, theirs = sockets()
    theirs.sendall(b"abc")
    assert transport.read() == b"abc"
    transport.write(b"def")
    assert theirs.recv(9) == b"def"
    theirs.close()
    assert transport.read() == b""
    transport.close()
    assert descriptors() == before


def test_pipes_are_read_and_written_to_their_end() -> None:
    before = descriptors()
    transport, reading, writing = pipes()
    os.write(writing, b"abc")
    os.close(writing)
    transport.write(b"def")
    assert (transport.read(), transport.read(), os.read(reading, 9)) == (b"abc", b"", b"def")
    transport.close()
    os.close(reading)
    assert descriptors() == before


@pytest.mark.parametrize("blocking", [True, False])
def test_big_write_waits_for_a_slow_reader(blocking: bool) -> None:
    transport, reading, writing = pipes()
    os.set_blocking(transport._writing, blocking)
    os.set_blocking(transport._reading, blocking)
    data = bytes(range(256)) * 4000
    thread = threading.Thread(target=transport.write, args=(data,))
    thread.start()
    until(lambda: is_blocked(thread), "the writer waits")
    assert receive_all(lambda: os.read(reading, 65536), len(data)) == data
    thread.join()
    os.write(writing, b"x")
    assert transport.read() == b"x"
    transport.close()
    close(reading, writing)


def test_flags_shared_with_other_processes_stay_as_they_are() -> None:
    ours, theirs = socket.socketpair()
    copy = ours.dup()
    transport = inherited(fd_target(ours.detach()))
    assert os.get_blocking(copy.fileno())
    transport.close()
    copy.sendall(b"still open")  # close() is no shutdown()
    assert theirs.recv(99) == b"still open"
    copy.close()
    theirs.close()


def test_terminal_whose_other_side_closed_is_at_its_end() -> None:
    there, here = pty.openpty()
    tty.setraw(here)
    transport = inherited(fd_target(here))
    os.write(there, b"abc")
    assert transport.read() == b"abc"
    os.close(there)
    assert transport.read() == b""
    transport.close()


def test_write_to_one_who_left_is_a_lost_connection() -> None:
    transport, reading, writing = pipes()
    os.close(reading)
    with pytest.raises(ConnectionLostError, match="the other end closed it"):
        transport.write(b"x")
    transport.close()
    os.close(writing)


class Interrupted(BaseException):
    pass


def test_interrupt_in_the_middle_makes_the_stream_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, reading, writing = pipes()
    real = os.write

    def interrupted(fd: int, data: bytes) -> int:
        real(fd, bytes(data)[:3])
        raise Interrupted

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(Interrupted):
        transport.write(b"abcdef")
    monkeypatch.undo()
    with pytest.raises(ConnectionLostError, match="interrupt"):
        transport.write(b"g")
    assert os.read(reading, 99) == b"abc"
    transport.close()
    close(reading, writing)


# -- closing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [sockets, pipes], ids=["socket", "pipe"])
def test_close_ends_a_blocked_read(
    make: Callable[[], tuple[DescriptorTransport, *tuple[object, ...]]],
) -> None:
    before = descriptors()
    transport, *others = make()
    check_close_ends_read(transport)
    for other in others:
        other.close() if isinstance(other, socket.socket) else os.close(int(str(other)))
    assert descriptors() == before


@pytest.mark.parametrize("blocking", [True, False])
def test_close_ends_a_blocked_write(blocking: bool) -> None:
    transport, reading, writing = pipes()
    os.set_blocking(transport._writing, blocking)
    failures: list[ConnectionLostError] = []

    def write() -> None:
        try:
            transport.write(b"x" * 10_000_000)
        except ConnectionLostError as error:
            failures.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    until(lambda: is_blocked(thread), "the writer waits")
    transport.close()
    thread.join(DEADLINE)
    assert len(failures) == 1
    close(reading, writing)


def test_close_ends_a_read_although_a_forked_child_has_copies() -> None:
    transport, reading, writing = pipes()
    copies = [os.dup(transport._wake), os.dup(transport._waking)]  # what a fork leaves in the child
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(transport.read()))
    thread.start()
    until(lambda: is_blocked(thread), "the reader waits")
    transport.close()
    thread.join(DEADLINE)
    assert found == [b""]
    close(reading, writing, *copies)


def test_close_twice_and_use_after_it() -> None:
    transport, theirs = sockets()
    transport.close()
    transport.close()
    assert transport.read() == b""
    assert transport.last_words() == ""
    with pytest.raises(ConnectionLostError):
        transport.write(b"x")
    theirs.close()


# -- what can be inherited --------------------------------------------------------------------------


def test_inherited_descriptor_is_not_passed_on() -> None:
    ours, theirs = socket.socketpair()
    os.set_inheritable(ours.fileno(), True)
    fd = ours.detach()
    transport = inherited(fd_target(fd))
    assert not os.get_inheritable(fd)
    transport.close()
    theirs.close()


def unusable(fd: int) -> ConnectError:
    before = descriptors()
    with pytest.raises(ConnectError) as caught:
        inherited(fd_target(fd))
    assert descriptors() == before
    assert caught.value.advice
    return caught.value


def test_descriptor_that_is_not_open_is_said() -> None:
    assert unusable(9999).cause == "no-such-descriptor"


def test_file_and_directory_are_no_streams(tmp_path: Path) -> None:
    for path, kind in ((tmp_path, "directory"), (CHECKOUT / "pyproject.toml", "regular file")):
        fd = os.open(path, os.O_RDONLY)
        error = unusable(fd)
        assert (error.cause, kind in error.reason) == ("not-a-socket", True)
        os.close(fd)


def test_one_way_pipe_is_said_with_its_way() -> None:
    reading, writing = os.pipe()
    assert "only be read" in unusable(reading).reason
    assert "only be written" in unusable(writing).reason
    close(reading, writing)


def test_listening_socket_is_qemus_end(tmp_path: Path) -> None:
    with listen(tmp_path / "x") as listener:
        assert "listening" in unusable(listener.fileno()).reason


def test_datagram_socket_is_no_stream() -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    assert "datagram" in unusable(one.fileno()).reason
    one.close()
    other.close()


# -- our own stdin and stdout -----------------------------------------------------------------------

STDIO = """
import os, sys
from qmonsh.target import parse_target
from qmonsh.transport.open import open_transport
from qmonsh.errors import ConnectError
try:
    transport = open_transport(parse_target(sys.argv[1]))
except ConnectError as error:
    sys.exit(f"{error.cause}: {error}")
transport.write(b"heard " + transport.read())
print("a result", flush=True)
assert os.read(0, 9) == b"", "stdin is nobody's any more"
assert transport.read() == b"", "the end"
transport.close()
"""


def run_stdio(target: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """Run STDIO without a controlling terminal."""
    return subprocess.run(
        [sys.executable, "-c", STDIO, target],
        cwd=CHECKOUT,
        stderr=subprocess.PIPE,
        start_new_session=True,
        timeout=DEADLINE,
        **more,  # type: ignore[call-overload]
    )


def test_stdio_is_the_monitors_alone() -> None:
    done = run_stdio("stdio", input=b"greeting", stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, b"heard greeting")
    assert done.stderr == b"a result\n"


@pytest.mark.parametrize("target", ["stdio", "fd:0"])
def test_one_socket_as_stdin_and_stdout(target: str) -> None:
    ours, theirs = socket.socketpair()
    ours.sendall(b"greeting")
    ours.shutdown(socket.SHUT_WR)
    done = run_stdio(target, stdin=theirs, stdout=theirs)
    theirs.close()
    heard = receive_all(lambda: ours.recv(99), 99)
    ours.close()
    assert (done.returncode, heard.startswith(b"heard greeting")) == (0, True)
    # fd:0 is stdin alone: stdout is still what it was, and results go there.
    assert heard == (b"heard greeting" if target == "stdio" else b"heard greetinga result\n")


def test_closed_stdin_is_said() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", STDIO, "stdio"],
        cwd=CHECKOUT,
        capture_output=True,
        timeout=DEADLINE,
    )
    assert done.stderr.startswith(b"no-such-descriptor: cannot connect to stdio: stdin is closed")


def test_stdio_leaves_the_terminal_to_the_user() -> None:
    """With a controlling terminal what is printed goes there, and what is typed there is read."""
    there, here = pty.openpty()
    tty.setraw(here)
    script = STDIO.replace(
        'assert os.read(0, 9) == b"", "stdin is nobody\'s any more"', "assert os.read(0, 9)"
    )
    claim = f"import fcntl, termios; fcntl.ioctl({here}, termios.TIOCSCTTY, 0)"
    reading, writing = os.pipe()
    child = subprocess.Popen(
        [sys.executable, "-c", f"{claim}\n{script}", "stdio"],
        cwd=CHECKOUT,
        stdin=reading,
        stdout=subprocess.PIPE,
        start_new_session=True,
        pass_fds=(here,),
    )
    with child:
        assert child.stdout is not None
        os.write(writing, b"greeting")
        close(reading, writing)
        shown = receive_all(lambda: os.read(there, 99), len(b"a result\n"))
        os.write(there, b"typed")
        heard = child.stdout.read()
    close(there, here)
    assert (shown, heard, child.returncode) == (b"a result\n", b"heard greeting", 0)


def test_signal_does_not_break_a_read() -> None:
    script = (
        "import signal, sys, os\n"
        "from qmonsh.transport.descriptor import DescriptorTransport\n"
        "signal.signal(signal.SIGUSR1, lambda *a: os.write(2, b'signal\\n'))\n"
        "transport = DescriptorTransport(os.dup(0), os.dup(1), 'x')\n"
        "os.write(2, b'ready\\n')\n"
        "transport.write(transport.read())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin and child.stdout and child.stderr
        assert child.stderr.readline() == b"ready\n"
        child.send_signal(signal.SIGUSR1)
        assert child.stderr.readline() == b"signal\n"
        child.stdin.write(b"abc")
        child.stdin.flush()
        assert child.stdout.read(3) == b"abc"
