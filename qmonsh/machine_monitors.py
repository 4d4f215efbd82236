"""Where the monitors that a command line declares are really open: the sockets of a process, by the kernel.

Knows how declared chardevs (machine_options.py) and the tables of sockets (/proc) fit together, containers
and inherited descriptors included. Never connects to a monitor to find out: a probe would take its only place
(QEMU-FACTS l). Must not know what program a process runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from qmonsh.address import abstract_at
from qmonsh.errors import UsageError
from qmonsh.machine import MonitorFound
from qmonsh.machine_options import (
    Declared,
    declared_monitors,
    properties,
)
from qmonsh.target import Target, parse_target, unix_target
from qmonsh.transport import holder, libvirt, processes, socktable

#: Wildcard addresses: who listens there can be reached through the loopback.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


Row = TypeVar("Row", socktable.UnixSocket, socktable.TcpSocket)


class Sockets:
    """One look at the machine's sockets, shared by all its processes; each table is read when it is asked."""

    @cached_property
    def unix(self) -> socktable.UnixTable:
        """The unix sockets."""
        return socktable.unix_table()

    def seen_by(self, pid: int) -> Sockets:
        """Return the sockets of a process's own network, which in a container is another one."""
        there = _stat(f"/proc/{pid}/ns/net")
        here = _stat("/proc/self/ns/net")
        if there is None or here is None or there.st_ino == here.st_ino:
            return self
        inner = Sockets()
        # A connection is in the table of who connected, so ours are in our own; its ports are out of reach.
        mine = processes.sockets_of(pid)
        ours = tuple(row for row in self.unix.sockets if row.inode in mine and not row.is_listening)
        theirs = socktable.unix_table_of(pid)
        inner.unix = socktable.UnixTable(theirs.sockets + ours, has_peers=False)
        inner.tcp, inner.owners = (), self.owners
        return inner

    @cached_property
    def tcp(self) -> tuple[socktable.TcpSocket, ...]:
        """The listening TCP sockets."""
        return tuple(row for row in socktable.tcp_table() if row.is_listening)

    @cached_property
    def owners(self) -> Mapping[int, int]:
        """A process for each socket's inode."""
        return processes.all_owners()

    @cached_property
    def libvirt_uris(self) -> Mapping[int, str]:
        """The URI of each libvirt that runs here and may be asked, by its user's id."""
        users = {processes.user_of(one.pid) for one in processes.all_named(libvirt.DAEMONS)}
        found: dict[int, str] = {}
        for row in self.unix.sockets if users else ():
            uri = libvirt.uri_of(row.name) if row.is_listening else None
            user = _owner_of(row.name)
            if uri and user in users and os.access(row.name, os.W_OK):
                found.setdefault(user, uri)
        return found


def monitors_of(pid: int, kind: str, arguments: Sequence[str], sockets: Sockets) -> list[MonitorFound]:
    """Return what the command line declares, where it is really open, and other listening sockets."""
    mine = processes.sockets_of(pid)
    sockets = sockets.seen_by(pid)
    open_paths = [row for row in sockets.unix.sockets if row.is_listening and row.inode in mine]
    open_ports = [row for row in sockets.tcp if row.inode in mine]
    found, used = [], set()
    for one in declared_monitors(kind, arguments):
        path = _listening(one, open_paths, pid, _is_at_path)
        port = None if path is not None else _listening(one, open_ports, pid, _is_at_port)
        if path is not None:
            used.add(path.inode)
        found.append(_found(one, _target(one, path, port, pid, is_seen=bool(mine)), sockets, pid))
    if not any(one.target is not None for one in found):
        # A monitor made while it ran, or told to it in a way that we cannot read: the kernel knows the path.
        # What the command line speaks of is something else: a screen, a serial port, a network.
        said = "\0".join(arguments)
        unseen = [row for row in open_paths if row.inode not in used and row.name.lstrip("@") not in said]
        found += [_found(Declared("", ""), _unix(row, pid), sockets, pid) for row in unseen]
    return [one for one in found if one.target is not None or one.address]


def _listening(
    one: Declared, rows: Sequence[Row], pid: int, is_at: Callable[[Declared, Target, Row], bool]
) -> Row | None:
    """Return the open listening socket of a declared chardev, by its descriptor or by its place."""
    inode = _inherited(one, pid)
    if inode:
        return next((row for row in rows if row.inode == inode), None)
    target = _parsed(one)
    if target is None:
        return None
    return next((row for row in rows if is_at(one, target, row)), None)


def _is_at_path(one: Declared, target: Target, row: socktable.UnixSocket) -> bool:
    wanted = {"unix": target.path, "abstract": "@" + target.path}
    return row.name == wanted.get(target.scheme)


def _is_at_port(one: Declared, target: Target, row: socktable.TcpSocket) -> bool:
    """Tell whether a port is the declared one, or lies in its range (``to=``)."""
    if target.scheme not in ("tcp", "tls"):
        return False
    last = properties(one.spelling, implied="way").get("to", "")
    return target.port <= row.local[1] <= (int(last) if last.isdigit() else target.port)


def _inherited(one: Declared, pid: int) -> int:
    """Return the inode of the socket behind a chardev with ``fd=N``, as libvirt starts QEMU; 0 without."""
    number = properties(one.spelling, implied="way").get("fd", "")
    return processes.socket_at(pid, int(number)) if number.isdigit() and len(number) < 10 else 0


def _target(
    one: Declared,
    path: socktable.UnixSocket | None,
    port: socktable.TcpSocket | None,
    pid: int,
    *,
    is_seen: bool,
) -> Target | None:
    """Return where a declared monitor can be reached, None when it cannot from here.

    ``is_seen`` says that the process's sockets could be looked at; otherwise its command line is believed.
    """
    if path is not None:
        return _unix(path, pid)
    target = _parsed(one) if _listens(one.spelling) else None
    if port is not None:
        return _port(target, port)
    if target is None or target.scheme not in ("unix", "abstract", "tcp", "tls"):
        return None
    return None if is_seen and target.scheme in ("tcp", "tls") else target


def _unix(row: socktable.UnixSocket, pid: int) -> Target | None:
    if row.name.startswith("@"):
        return abstract_at(row.name[1:], tight=None, telnet=False)
    path = _absolute(row, pid)
    return unix_target(path) if path else None


def _port(declared: Target | None, row: socktable.TcpSocket) -> Target:
    """Return a TCP target with the port that is really open, as it was declared where it was."""
    host, port = row.local
    if declared is not None and declared.port == port:
        return declared
    if declared is not None:
        return parse_target(declared.address.replace(f":{declared.port}", f":{port}"))
    host = _ANY.get(host, host)
    return parse_target(f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}")


def _absolute(row: socktable.UnixSocket, pid: int) -> str:
    """Return the path of a socket from here, or "" when it cannot be told.

    The kernel keeps the spelling of bind(): an absolute one is of QEMU's own root (a container's), a relative
    one of a directory that QEMU may have left since.
    """
    if row.name.startswith("/"):
        inner = _root(pid) + row.name
        file = _file(inner)
        is_inner = file is not None and file != _file(row.name) and file == (row.file or file)
        return inner if is_inner else row.name
    for folder in (*folders_of(pid), os.getcwd()):
        path = os.path.normpath(os.path.join(folder, row.name))
        if row.file is not None and _file(path) == row.file:
            return path
    return ""


def folders_of(pid: int) -> list[str]:
    """Return the folders to which a process's relative paths may belong, "" ones left out.

    -daemonize goes to /, but the first working directory is still in the environment.
    """
    return [one for one in (processes.folder_of(pid), processes.first_folder_of(pid)) if one]


def _root(pid: int) -> str:
    """Return the path by which a process's root directory is reached from here."""
    return f"/proc/{pid}/root"


def _found(one: Declared, target: Target | None, sockets: Sockets, pid: int) -> MonitorFound:
    """Return a monitor with who is at it."""
    if target is None:
        return MonitorFound(one.dialect, _shown(one.spelling), None)
    # As the socket tables know it.
    asked = target._replace(path=target.path.removeprefix(_root(pid)))
    if target.scheme in ("tcp", "tls"):
        asked = target._replace(host="127.0.0.1")
    present = holder.presence(asked, connected=False, table=sockets.unix, owners=sockets.owners)
    if present is None and target.scheme in ("unix", "abstract"):
        return MonitorFound(one.dialect, _shown(one.spelling), None)
    return MonitorFound(
        one.dialect,
        target.address,
        target,
        is_busy=present is not None and present.others > 0,
        holders=present.holders if present is not None else (),
    )


def _owner_of(path: str) -> int:
    found = _stat(path)
    return found.st_uid if found is not None else -1


def _parsed(one: Declared) -> Target | None:
    try:
        return parse_target(one.spelling) if one.spelling else None
    except UsageError:
        return None


def _file(path: str) -> tuple[int, int] | None:
    found = _stat(path)
    return (found.st_dev, found.st_ino) if found is not None else None


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except (OSError, ValueError):
        return None


def _listens(spelling: str) -> bool:
    """Tell whether a chardev waits for connections; a client-mode one (reconnect=) calls out instead."""
    words = spelling.replace(",,", "").split(",")
    return any(word in ("server", "server=on", "server=yes", "server=true") for word in words) or (
        spelling.startswith("unix:") and "," not in spelling
    )


def _shown(spelling: str) -> str:
    """Return the way of a monitor that cannot be connected to, in a word or two."""
    given = properties(spelling, implied="way")
    return "an inherited descriptor" if "fd" in given else given.get("way", "")
