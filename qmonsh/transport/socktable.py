"""The kernel's tables of unix and TCP sockets: who listens, who is connected to whom.

Knows /proc/net and the unix part of the kernel's socket diagnosis (netlink, sock_diag(7)), which alone
tells the other end of a connection and the file behind a path. Reads only; connects to nothing.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

_ESTABLISHED, _LISTEN = 1, 10

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_SHOW_NAME_FILE_PEER_QUEUE = 1 | 2 | 4 | 8 | 16
_NAME, _FILE, _PEER, _PENDING = 0, 1, 2, 3

# /proc/net/unix: the flag of a listening socket, the states of connecting and connected ones
_LISTENS = "00010000"
_CONNECTED = ("02", "03")


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A stream socket with a name; abstract names begin with ``@`` and have lost their padding.

    A connection carries the name of its listening socket; its ``inode`` is 0 while it is not accepted.
    ``peer`` is the inode of the other end (0: gone, or not known), ``file`` the (device, inode) of the path,
    ``pending`` the inodes of those who have connected to a listening socket and are not accepted.
    """

    inode: int
    name: str
    is_listening: bool
    peer: int = 0
    file: tuple[int, int] | None = None
    pending: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A TCP socket of this machine; ``inode`` is 0 while nobody has accepted it."""

    inode: int
    local: tuple[str, int]
    remote: tuple[str, int]
    is_listening: bool


@dataclass(frozen=True, slots=True)
class UnixTable:
    """All named unix stream sockets; ``has_peers`` says whether ``peer`` and ``file`` could be told."""

    sockets: tuple[UnixSocket, ...]
    has_peers: bool


def unix_table() -> UnixTable:
    """Return the unix sockets of our network namespace; empty where the kernel tells nothing."""
    try:
        return UnixTable(tuple(_diagnosed()), has_peers=True)
    except (OSError, AttributeError, struct.error):
        return UnixTable(tuple(_listed()), has_peers=False)


def unix_table_of(pid: int) -> UnixTable:
    """Return the unix sockets of a process's network namespace, as they are called there."""
    return UnixTable(tuple(_listed(f"/proc/{pid}/net/unix")), has_peers=False)


def tcp_table() -> tuple[TcpSocket, ...]:
    """Return the listening and established TCP sockets of our network namespace."""
    return tuple(_tcp("/proc/net/tcp")) + tuple(_tcp("/proc/net/tcp6"))


# -- netlink ------------------------------------------------------------------------------------


def _diagnosed() -> Iterator[UnixSocket]:
    """Yield the unix sockets that sock_diag dumps; raises OSError when it does not."""
    states = 1 << _ESTABLISHED | 1 << _LISTEN
    request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, states, 0, _SHOW_NAME_FILE_PEER_QUEUE, 0, 0)
    header = struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as link:
        link.settimeout(2)
        link.send(header + request)
        while True:
            data = link.recv(1 << 18)
            offset = 0
            while offset + 16 <= len(data):
                length, kind = struct.unpack_from("=IH", data, offset)
                if kind == _DONE:
                    return
                if kind == _ERROR or length < 16:
                    raise OSError("the kernel does not diagnose unix sockets")
                yield from _message(data[offset + 16 : offset + length])
                offset += length + 3 & ~3


def _message(body: bytes) -> Iterator[UnixSocket]:
    """Yield the socket of one unix_diag_msg, when it is a stream with a name."""
    _, kind, state, _, inode = struct.unpack_from("=BBBBI", body)
    attributes = dict(_attributes(body[16:]))
    if kind != socket.SOCK_STREAM or _NAME not in attributes:
        return
    file = None
    if _FILE in attributes:
        file_inode, device = struct.unpack_from("=II", attributes[_FILE])
        file = (os.makedev(device >> 20, device & 0xFFFFF), file_inode)
    pending = attributes.get(_PENDING, b"")
    yield UnixSocket(
        inode=inode,
        name=_shown_name(attributes[_NAME]),
        is_listening=state == _LISTEN,
        peer=struct.unpack("=I", attributes[_PEER][:4])[0] if _PEER in attributes else 0,
        file=file,
        pending=struct.unpack(f"={len(pending) // 4}I", pending),
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        if length < 4:
            return
        yield kind, data[offset + 4 : offset + length]
        offset += length + 3 & ~3


def _shown_name(raw: bytes) -> str:
    if raw.startswith(b"\0"):
        return "@" + os.fsdecode(raw[1:].rstrip(b"\0"))
    return os.fsdecode(raw.rstrip(b"\0"))


# -- /proc --------------------------------------------------------------------------------------


def _listed(table: str = "/proc/net/unix") -> Iterator[UnixSocket]:
    """Yield the named unix stream sockets of /proc/net/unix; it tells neither peers nor files."""
    for line in _lines(table):
        # Num RefCount Protocol Flags Type St Inode Path; states are those of linux/net.h
        words = line.split(None, 7)
        if len(words) == 8 and words[4] == "0001" and (words[3] == _LISTENS or words[5] in _CONNECTED):
            name = words[7].rstrip("@") if words[7].startswith("@") else words[7]
            yield UnixSocket(int(words[6]), name, is_listening=words[3] == _LISTENS)


def _tcp(path: str) -> Iterator[TcpSocket]:
    for line in _lines(path):
        words = line.split()
        state = int(words[3], 16)
        if state in (_ESTABLISHED, _LISTEN):
            yield TcpSocket(int(words[9]), endpoint(words[1]), endpoint(words[2]), state == _LISTEN)


def endpoint(text: str) -> tuple[str, int]:
    """Return the address and port of /proc/net/tcp's ``0100007F:115C``; mapped IPv4 as IPv4."""
    address, _, port = text.partition(":")
    raw = bytes.fromhex(address)
    if sys.byteorder == "little":
        raw = b"".join(raw[n : n + 4][::-1] for n in range(0, len(raw), 4))
    if len(raw) == 16 and raw.startswith(b"\0" * 10 + b"\xff\xff"):
        raw = raw[12:]
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, raw), int(port, 16)


def _lines(path: str) -> list[str]:
    """Return the lines of a table without its heading; none when there is no such table."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read()).split("\n")[1:-1]
    except OSError:
        return []
