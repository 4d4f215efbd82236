"""The kernel's tables, by netlink and by /proc, on sockets of our own."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from qmonsh.transport import socktable
from qmonsh.transport.socktable import UnixSocket
from tests.transport.probe import listen, until


def at(name: str) -> list[UnixSocket]:
    return [row for row in socktable.unix_table().sockets if row.name == name]


def inode(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


@pytest.fixture
def without_netlink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel refuse to diagnose sockets, as in some sandboxes."""

    def refuse() -> None:
        raise PermissionError

    monkeypatch.setattr(socktable, "_diagnosed", refuse)


def test_listening_accepted_and_waiting_are_told_apart(tmp_path: Path) -> None:
    path = str(tmp_path / "vm.sock")
    file = None
    with (
        listen(path) as listener,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as second,
    ):
        found = os.stat(path)
        file = (found.st_dev, found.st_ino)
        first.connect(path)
        accepted, _ = listener.accept()
        second.connect(path)
        with accepted:
            assert socktable.unix_table().has_peers
            rows = {row.inode: row for row in at(path)}
            assert rows == {
                inode(listener): UnixSocket(
                    inode(listener), path, is_listening=True, file=file, pending=(inode(second),)
                ),
                inode(accepted): UnixSocket(
                    inode(accepted), path, is_listening=False, peer=inode(first), file=file
                ),
            }
            first.close()
            until(lambda: [row.peer for row in at(path) if not row.is_listening] == [0])


def test_proc_tells_the_same_without_peers(tmp_path: Path, without_netlink: None) -> None:
    path = str(tmp_path / "a b.sock")
    with (
        listen(path) as listener,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as second,
    ):
        first.connect(path)
        accepted, _ = listener.accept()
        second.connect(path)
        with accepted:
            assert not socktable.unix_table().has_peers
            assert {(row.inode, row.is_listening) for row in at(path)} == {
                (inode(listener), True),
                (inode(accepted), False),
                (0, False),
            }


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("netlink", [True, False])
def test_abstract_name_has_lost_its_padding(
    padded: bool, netlink: bool, request: pytest.FixtureRequest
) -> None:
    if not netlink:
        request.getfixturevalue("without_netlink")
    name = f"qmonsh-table-{os.getpid()}"
    raw = b"\0" + name.encode()
    with listen(raw.ljust(108, b"\0") if padded else raw):
        assert [row.is_listening for row in at("@" + name)] == [True]


def test_name_of_strange_bytes_is_kept(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/a\xff\n b"
    with listen(path):
        assert at(os.fsdecode(path))


def test_datagram_sockets_are_left_out(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
        datagram.bind(str(tmp_path / "d"))
        assert at(str(tmp_path / "d")) == []


def test_many_sockets_come_in_several_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    listeners = [listen(f"{number:03}" + "x" * 90) for number in range(300)]
    names = {row.name for row in socktable.unix_table().sockets}
    for listener in listeners:
        listener.close()
    assert {f"{number:03}" + "x" * 90 for number in range(300)} <= names


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_tcp_sockets_have_both_ends(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener, socket.create_connection(listener.getsockname()[:2]) as ours:
        port = listener.getsockname()[1]
        here, there = (host, port), (host, ours.getsockname()[1])
        waiting = {
            (row.local, row.remote, row.inode) for row in socktable.tcp_table() if not row.is_listening
        }
        assert (there, here, inode(ours)) in waiting
        assert (here, there, 0) in waiting
        with listener.accept()[0] as accepted:
            table = socktable.tcp_table()
            assert (here, there, inode(accepted)) in {(row.local, row.remote, row.inode) for row in table}
            assert (here, inode(listener)) in {(row.local, row.inode) for row in table if row.is_listening}


def test_ipv4_on_an_ipv6_socket_is_ipv4() -> None:
    try:
        listener = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        pytest.skip("no IPv6 on this machine")
    with listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1])):
        with listener.accept()[0]:
            local = [row.local for row in socktable.tcp_table() if row.local[1] == listener.getsockname()[1]]
            assert ("127.0.0.1", listener.getsockname()[1]) in local


def test_missing_tables_are_empty(monkeypatch: pytest.MonkeyPatch, without_netlink: None) -> None:
    monkeypatch.setattr(socktable, "_lines", lambda path: [])
    assert socktable.unix_table().sockets == ()
    assert socktable.tcp_table() == ()
    monkeypatch.undo()
    assert socktable._lines("/no/such/table") == []


@pytest.mark.parametrize("body", [b"", b"\1\1\1\1", b"\1\1\1\1" + b"\0" * 12 + b"\1\0\0\0", b"\xff" * 40])
def test_odd_attributes_name_no_socket(body: bytes) -> None:
    try:
        assert list(socktable._message(body)) == []
    except socktable.struct.error:
        pass  # unix_table() takes it for "the kernel does not diagnose"


def test_table_of_a_process_is_that_of_its_network(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        table = socktable.unix_table_of(os.getpid())
        assert (str(tmp_path / "s"), True) in [(row.name, row.is_listening) for row in table.sockets]
    assert socktable.unix_table_of(1 << 30).sockets == ()
