"""Who is at a monitor: the process that listens, those that are connected to it, its other monitors.

Knows how the kernel's socket tables and /proc fit together (facts f). Must not know sentences; connects
to nothing, as a probing connection takes a monitor's only place (facts l).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from qmonsh.chardev import monitors_in
from qmonsh.errors import UsageError
from qmonsh.target import Target, parse_target
from qmonsh.transport import processes, socktable
from qmonsh.transport.processes import Process
from qmonsh.transport.socktable import UnixSocket, UnixTable

#: Host names that mean this machine.
_LOOPBACK = ("localhost", "127.", "::1", "ip6-localhost")


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is at a listening socket.

    ``listener`` is its process when that can be seen. ``others`` counts accepted connections that are not
    ours, ``holders`` are those of them whose process can be seen. ``is_ours`` says that a connection of
    this process is accepted, ``waiting`` counts the connections nobody has accepted yet, ours included.
    """

    listener: Process | None
    others: int
    holders: tuple[Process, ...]
    is_ours: bool
    waiting: int


def presence(target: Target) -> Presence | None:
    """Return who is at a unix, abstract or local TCP target; None when nobody listens or nobody can tell."""
    if target.scheme == "tcp":
        return _tcp_presence(target)
    table = socktable.unix_table()
    rows = sockets_at(target, table)
    listening = [row for row in rows if row.is_listening]
    accepted = [row for row in rows if not row.is_listening]
    if not listening:
        return None
    owners = processes.owners_of([listening[0].inode, *(row.peer for row in accepted)])
    ours = [row for row in accepted if owners.get(row.peer) == os.getpid()]
    # Without the kernel's diagnosis an accepted connection has no known peer, but may well have one.
    others = [row for row in accepted if row not in ours and (row.peer or not table.has_peers)]
    return Presence(
        listener=_process_of(owners, listening[0].inode),
        others=len(others),
        holders=_processes_of(owners, [row.peer for row in others]),
        is_ours=bool(ours),
        waiting=len(listening[0].pending),
    )


def sockets_at(target: Target, table: UnixTable) -> list[UnixSocket]:
    """Return the sockets bound to a target's path or abstract name, and those accepted there."""
    if target.scheme == "abstract":
        return [row for row in table.sockets if row.name == "@" + target.path]
    names = {target.path, os.path.abspath(target.path), os.path.realpath(target.path)}
    try:
        found = os.stat(target.path)
    except OSError:
        file = None
    else:
        # Tells a path that QEMU bound under another spelling: relative, or before -daemonize.
        file = (found.st_dev, found.st_ino)
    return [row for row in table.sockets if row.name in names or (file is not None and row.file == file)]


def other_monitors(pid: int, *, besides: Target | None = None) -> tuple[str, ...]:
    """Return the addresses of a QEMU's other listening sockets that nobody is connected to.

    When its command line tells which of them are monitors only those, otherwise its unix sockets.
    """
    mine = processes.sockets_of(pid)
    table = socktable.unix_table()
    taken = set() if besides is None else {row.inode for row in sockets_at(besides, table)}
    held = {row.name for row in table.sockets if not row.is_listening}
    free = [
        _unix_target(row)
        for row in table.sockets
        if row.is_listening and row.inode in mine and row.inode not in taken and row.name not in held
    ]
    known = monitors_of(pid)
    if known:
        free = [one for one in free if any(_is_same_file(one, other) for other in known)]
        free += _free_ports(mine, known, besides)
    return tuple(dict.fromkeys(one.address for one in free))


def monitors_of(pid: int) -> list[Target]:
    """Return the monitors that a process's command line names, as far as they can be connected to."""
    found = processes.process(pid)
    targets = []
    for spelling in monitors_in(found.arguments) if found else ():
        try:
            targets.append(parse_target(spelling))
        except UsageError:
            continue  # stdio, a pty, ...
    return targets


def listening_near(target: Target) -> tuple[str, ...]:
    """Return the addresses of listening unix sockets whose file has the same name as the target's."""
    name = os.path.basename(target.path)
    rows = socktable.unix_table().sockets
    same = [row for row in rows if row.is_listening and os.path.basename(row.name.lstrip("@")) == name]
    return tuple(dict.fromkeys(_unix_target(row).address for row in same))


# -- TCP ----------------------------------------------------------------------------------------


def _tcp_presence(target: Target) -> Presence | None:
    if not is_local(target):
        return None
    table = socktable.tcp_table()
    listening = [row for row in table if row.is_listening and row.local[1] == target.port]
    if not listening:
        return None
    here = [row for row in table if not row.is_listening and row.local[1] == target.port]
    ends = {(row.local, row.remote): row.inode for row in table if not row.is_listening}
    peers = {row: ends.get((row.remote, row.local), 0) for row in here}
    owners = processes.owners_of([listening[0].inode, *peers.values()])
    accepted = [row for row in here if row.inode]
    ours = [row for row in accepted if owners.get(peers[row]) == os.getpid()]
    others = [row for row in accepted if row not in ours]
    return Presence(
        listener=_process_of(owners, listening[0].inode),
        others=len(others),
        holders=_processes_of(owners, [peers[row] for row in others]),
        is_ours=bool(ours),
        waiting=len(here) - len(accepted),
    )


def is_local(target: Target) -> bool:
    """Return whether a TCP target is on this machine, as far as its name says."""
    return target.host.startswith(_LOOPBACK) or target.host in ("0.0.0.0", "::", os.uname().nodename)


def _free_ports(mine: set[int], known: list[Target], besides: Target | None) -> list[Target]:
    """Return the TCP monitors among ``known`` that are listening, free and not the one asked about."""
    table = socktable.tcp_table()
    listening = {row.local[1] for row in table if row.is_listening and row.inode in mine}
    held = {row.local[1] for row in table if not row.is_listening and row.inode in mine}
    asked = besides.port if besides is not None else 0
    return [one for one in known if one.port in listening - held - {asked}]


# -- small things -------------------------------------------------------------------------------


def _process_of(owners: dict[int, int], inode: int) -> Process | None:
    return processes.process(owners[inode]) if inode in owners else None


def _processes_of(owners: dict[int, int], inodes: list[int]) -> tuple[Process, ...]:
    found = (_process_of(owners, inode) for inode in inodes)
    return tuple({one.pid: one for one in found if one is not None}.values())


def _unix_target(row: UnixSocket) -> Target:
    if row.name.startswith("@"):
        return Target("abstract", f"abstract:{row.name[1:]}", path=row.name[1:])
    return Target("unix", f"unix:{row.name}", path=row.name)


def _is_same_file(one: Target, other: Target) -> bool:
    """Return whether two targets are the same path; QEMU's may be relative to a directory it has left."""
    if one.scheme != other.scheme:
        return False
    return one.path == other.path or (
        not other.path.startswith("/") and os.path.basename(one.path) == os.path.basename(other.path)
    )
