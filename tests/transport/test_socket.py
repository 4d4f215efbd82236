"""Sockets: connecting each way, reading, writing, and being closed under a reader or a writer."""

from __future__ import annotations

import os
import socket
import struct
import threading
from pathlib import Path
from time import monotonic

import pytest

from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import parse_target, unix_target
from qmonsh.transport import resolve
from qmonsh.transport.socket import SocketTransport, connect_abstract, connect_tcp, connect_unix, poll_for
from tests.transport.probe import (
    DEADLINE,
    black_hole,
    check_close_ends_read,
    check_close_wakes,
    check_ready_tells,
    descriptors,
    is_blocked,
    listen,
    receive_all,
    until,
)


def soon(seconds: float = DEADLINE) -> float:
    return monotonic() + seconds


def pair() -> tuple[SocketTransport, socket.socket]:
    ours, theirs = socket.socketpair()
    return SocketTransport(ours, "unix:/p"), theirs


# -- connecting -----------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "x" * 100, "x" * 100 + "/" + "y" * 150])
def test_path_of_any_length_is_connected(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / folder
    place.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(place)
    before = descriptors()
    with listen("vm.sock") as listener:
        with connect_unix(unix_target(str(place / "vm.sock")), until=soon()) as ours:
            theirs, _ = listener.accept()
            with theirs:
                theirs.sendall(b"x")
                assert ours.recv(9) == b"x"
    assert descriptors() == before


def test_relative_path_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with listen("vm.sock"), connect_unix(unix_target("vm.sock"), until=soon()) as ours:
        assert ours.getpeername() == "vm.sock"


def test_path_of_strange_bytes_is_connected(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/a\xff b\n.sock"
    with listen(path), connect_unix(unix_target(os.fsdecode(path)), until=soon()):
        pass


@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_full_backlog_ends_at_the_deadline(tmp_path: Path, seconds: float) -> None:
    target = unix_target(str(tmp_path / "vm.sock"))
    with listen(target.path, backlog=0), connect_unix(target, until=soon()):
        with pytest.raises(ConnectError) as caught:
            connect_unix(target, until=soon(seconds))
    assert caught.value.cause == "busy"


def test_full_backlog_that_drains_in_time_is_connected(tmp_path: Path) -> None:
    target = unix_target(str(tmp_path / "vm.sock"))
    with listen(target.path, backlog=0) as listener, connect_unix(target, until=soon()):
        found: list[socket.socket] = []
        waiting = threading.Thread(target=lambda: found.append(connect_unix(target, until=soon())))
        waiting.start()
        listener.accept()[0].close()
        waiting.join()
        found[0].close()


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("option", ["", ",tight=on", ",tight=off"])
def test_abstract_name_is_connected_as_it_was_bound(padded: bool, option: str) -> None:
    name = f"qmonsh-test-{os.getpid()}"
    raw = b"\0" + name.encode()
    target = parse_target(f"abstract:{name}{option}")
    wanted = {"": True, ",tight=on": not padded, ",tight=off": padded}[option]
    with listen(raw.ljust(108, b"\0") if padded else raw):
        if wanted:
            connect_abstract(target, until=soon()).close()
        else:
            with pytest.raises(ConnectError) as caught:
                connect_abstract(target, until=soon())
            assert caught.value.cause == "refused"


def test_abstract_name_that_is_too_long_is_said() -> None:
    with pytest.raises(ConnectError) as caught:
        connect_abstract(parse_target("abstract:" + "x" * 108), until=soon())
    assert caught.value.cause == "path-too-long"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_tcp_is_connected_without_delay(host: str) -> None:
    try:
        listener = socket.create_server(
            (host.strip("[]"), 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener:
        target = parse_target(f"{host}:{listener.getsockname()[1]}")
        with connect_tcp(target, until=soon()) as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            listener.accept()[0].close()


def test_tcp_tries_the_next_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        addresses = [(socket.AF_INET, ("127.0.0.9", port)), (socket.AF_INET, ("127.0.0.1", port))]
        monkeypatch.setattr(resolve, "addresses_of", lambda *a, **k: addresses)
        before = descriptors()
        with connect_tcp(parse_target(f"vm:{port}"), until=soon()) as ours:
            assert ours.getpeername() == ("127.0.0.1", port)
            listener.accept()[0].close()
        assert descriptors() == before


def test_tcp_that_does_not_answer_leaves_time_for_the_next_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with black_hole() as silent, socket.create_server(("127.0.0.1", 0)) as free:
        addresses = [(socket.AF_INET, silent), (socket.AF_INET, free.getsockname())]
        monkeypatch.setattr(resolve, "addresses_of", lambda *a, **k: addresses)
        with connect_tcp(parse_target("vm:1"), until=soon(1.0)) as ours:
            assert ours.getpeername() == free.getsockname()


def test_tcp_connection_to_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.getpeername
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(socket.socket, "getpeername", socket.socket.getsockname)
        with pytest.raises(ConnectError) as caught:
            connect_tcp(parse_target(f"127.0.0.1:{listener.getsockname()[1]}"), until=soon())
    monkeypatch.setattr(socket.socket, "getpeername", real)
    assert caught.value.cause == "refused"


# -- reading and writing --------------------------------------------------------------------------


def test_ready_waits_for_something_to_read_or_the_end() -> None:
    transport, theirs = pair()
    check_ready_tells(transport, theirs)


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_a_signal_that_came_before_the_wait_is_learnt_of_soon(seconds: float | None) -> None:
    """Python runs a signal's handler when poll(2) returns: a poll without end would never let it."""
    asked: list[int] = []

    class Poll:
        def poll(self, milliseconds: int) -> list[tuple[int, int]]:
            asked.append(milliseconds)
            return [(3, 1)] if len(asked) == 3 else []

    assert poll_for(Poll(), seconds) == [(3, 1)]  # type: ignore[arg-type]
    assert len(asked) == 3 and all(0 < milliseconds <= 1000 for milliseconds in asked)


def test_ready_is_woken_by_close() -> None:
    transport, theirs = pair()
    check_close_wakes(transport)
    theirs.close()


def test_read_returns_what_came_and_the_end() -> None:
    transport, theirs = pair()
    theirs.sendall(b"abc")
    assert transport.read() == b"abc"
    theirs.close()
    assert transport.read() == b""
    transport.close()


def test_reset_is_a_lost_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    transport = SocketTransport(ours, "tcp:h:1")
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    with pytest.raises(ConnectionLostError, match="abruptly"):
        transport.read()
    transport.close()


def test_big_write_waits_for_a_slow_reader() -> None:
    transport, theirs = pair()
    data = bytes(range(256)) * 20000
    writing = threading.Thread(target=transport.write, args=(data,))
    writing.start()
    until(lambda: is_blocked(writing), "the writer waits")
    assert receive_all(lambda: theirs.recv(65536), len(data)) == data
    writing.join()
    transport.close()
    theirs.close()


def test_big_writes_both_ways_do_not_lock_each_other() -> None:
    transport, theirs = pair()
    data = b"x" * 5_000_000
    theirs_writing = threading.Thread(target=theirs.sendall, args=(data,))
    ours_reading: list[bytes] = []
    reading = threading.Thread(target=lambda: ours_reading.append(receive_all(transport.read, len(data))))
    ours_writing = threading.Thread(target=transport.write, args=(data,))
    for thread in (theirs_writing, ours_writing, reading):
        thread.start()
    assert receive_all(lambda: theirs.recv(65536), len(data)) == data
    for thread in (theirs_writing, ours_writing, reading):
        thread.join()
    assert ours_reading == [data]
    transport.close()
    theirs.close()


def test_write_to_one_who_left_is_a_lost_connection() -> None:
    transport, theirs = pair()
    theirs.close()
    with pytest.raises(ConnectionLostError, match="closed"):
        transport.write(b"x" * 10_000_000)
    transport.close()


class Interrupted(BaseException):
    pass


class Interrupting:
    """A socket whose sending is interrupted after some calls."""

    def __init__(self, real: socket.socket, *, after: int) -> None:
        self.real = real
        self.after = after

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def send(self, data: memoryview, flags: int) -> int:
        if self.after == 0:
            raise Interrupted
        self.after -= 1
        return self.real.send(data[:3], flags)


def test_interrupt_in_the_middle_makes_the_stream_unusable() -> None:
    transport, theirs = pair()
    transport._socket = Interrupting(transport._socket, after=1)  # type: ignore[assignment]
    with pytest.raises(Interrupted):
        transport.write(b"abcdef")
    with pytest.raises(ConnectionLostError, match="interrupt"):
        transport.write(b"g")
    assert theirs.recv(99) == b"abc"
    transport.close()
    theirs.close()


def test_interrupt_while_waiting_to_begin_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, theirs = pair()
    ours = transport._socket
    filled = 0
    with pytest.raises(BlockingIOError):
        while True:
            filled += ours.send(b"." * 65536, socket.MSG_DONTWAIT)

    def interrupted(fd: int, wake: int = -1) -> None:
        raise Interrupted

    monkeypatch.setattr("qmonsh.transport.socket.wait_writable", interrupted)
    with pytest.raises(Interrupted):
        transport.write(b"late")
    monkeypatch.undo()
    receive_all(lambda: theirs.recv(65536), filled)
    transport.write(b"on time")
    assert theirs.recv(99) == b"on time"
    transport.close()
    theirs.close()


# -- closing --------------------------------------------------------------------------------------


def test_close_ends_a_blocked_read() -> None:
    transport, theirs = pair()
    check_close_ends_read(transport)
    assert transport._socket.fileno() == -1
    theirs.close()


def test_close_ends_a_blocked_write() -> None:
    transport, theirs = pair()
    failures: list[Exception] = []

    def write() -> None:
        try:
            transport.write(b"x" * 10_000_000)
        except ConnectionLostError as error:
            failures.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    until(lambda: is_blocked(writing), "the writer waits")
    transport.close()
    writing.join(DEADLINE)
    assert len(failures) == 1
    theirs.close()


def test_close_twice_and_use_after_it() -> None:
    before = descriptors()
    transport, theirs = pair()
    transport.close()
    transport.close()
    assert transport.read() == b""
    with pytest.raises(ConnectionLostError):
        transport.write(b"x")
    assert transport.last_words() == ""
    theirs.close()
    assert descriptors() == before


def test_peer_pid_is_the_listeners(tmp_path: Path) -> None:
    with listen(tmp_path / "vm.sock"):
        ours = connect_unix(unix_target(str(tmp_path / "vm.sock")), until=soon())
        transport = SocketTransport(ours, "x")
        assert transport.peer_pid == os.getpid()
        transport.close()
        assert transport.peer_pid is None


def test_peer_pid_of_tcp_is_not_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport = SocketTransport(socket.create_connection(listener.getsockname()), "x")
        assert transport.peer_pid is None
        transport.close()
