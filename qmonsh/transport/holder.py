"""Who is at a monitor: the process that listens, those that are connected to it, its other monitors.

Knows how the kernel's socket tables and /proc fit together (facts f). Must not know sentences; connects
to nothing, as a probing connection takes a monitor's only place (facts l).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qmonsh.errors import UsageError
from qmonsh.target import Target, parse_target
from qmonsh.transport import processes, socktable
from qmonsh.transport.processes import Process
from qmonsh.transport.socktable import UnixSocket, UnixTable

#: Host names and addresses that mean this machine, without those of 127.0.0.0/8.
_HERE = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "::1", "::", "0.0.0.0"})


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is at a listening socket.

    ``listener`` is its process when that can be seen. ``others`` counts the accepted connections that are
    not the asking one, ``holders`` are those of them whose process can be seen. ``is_accepted`` says that
    the asking connection is accepted, ``is_waiting`` that it is seen to be not accepted yet.
    """

    listener: Process | None
    others: int
    holders: tuple[Process, ...]
    is_accepted: bool
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class _End:
    """One connection at a listening socket: the inode of the connecting side (0: gone, or not known)."""

    peer: int
    is_accepted: bool


def presence(
    target: Target,
    *,
    connected: bool,
    table: UnixTable | None = None,
    owners: Mapping[int, int] | None = None,
) -> Presence | None:
    """Return who is at a unix, abstract or local TCP or TLS target; None: nobody listens, or nobody can tell.

    ``connected`` says that this process has just connected to it and asks what became of that. ``table`` and
    ``owners`` (all_owners) are given by who asks about many: each takes a look at the whole machine.
    """
    found = _tcp_ends(target) if target.scheme in ("tcp", "tls") else _unix_ends(target, table)
    if found is None:
        return None
    inode, ends, has_peers = found
    mine = processes.sockets_of(os.getpid()) if connected else set()
    waiting = [end for end in ends if not end.is_accepted]
    is_waiting = any(end.peer in mine for end in waiting) or (connected and not has_peers and bool(waiting))
    accepted = [end for end in ends if end.is_accepted]
    # While ours waits, an accepted one of this process is another connection of it.
    ours = [end for end in accepted if end.peer in mine and not is_waiting]
    if connected and not has_peers and not is_waiting:
        ours = accepted[-1:]
    others = [end for end in accepted if end not in ours]
    if owners is None:
        owners = processes.owners_of([inode, *(end.peer for end in others)])
    return Presence(
        listener=_process_of(owners, inode),
        others=len(others),
        holders=_processes_of(owners, [end.peer for end in others]),
        is_accepted=bool(ours),
        is_waiting=is_waiting,
    )


def sockets_at(target: Target, table: UnixTable) -> list[UnixSocket]:
    """Return the sockets bound to a target's path or abstract name, and those accepted there."""
    if target.scheme == "abstract":
        return [row for row in table.sockets if row.name == "@" + target.path]
    path = os.path.expanduser(target.path)
    names = {target.path, os.path.abspath(path), os.path.realpath(path)}
    try:
        found = os.stat(path)
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
    from qmonsh.machine_options import monitors_in

    found = processes.process(pid)
    targets = []
    for spelling in monitors_in(found.arguments) if found else ():
        try:
            targets.append(parse_target(spelling))
        except UsageError:
            continue  # stdio, a pty, ...
    return targets


def running_monitors(limit: int = 5) -> tuple[str, ...]:
    """Return the addresses of the free monitors of QEMUs on this machine, of ``limit`` VMs at most."""
    listening = [row.inode for row in socktable.unix_table().sockets if row.is_listening]
    listening += [row.inode for row in socktable.tcp_table() if row.is_listening]
    pids = sorted(set(processes.owners_of(listening).values()))
    found = (processes.process(pid) for pid in pids)
    qemus = [one.pid for one in found if one is not None and one.is_qemu]
    return tuple(address for pid in qemus[:limit] for address in other_monitors(pid))


def listening_near(path: str) -> tuple[str, ...]:
    """Return the paths of listening unix sockets that have the same file name as ``path``."""
    rows = socktable.unix_table().sockets
    same = [row.name for row in rows if row.is_listening and _last(row.name) == _last(path)]
    return tuple(dict.fromkeys(same))


def is_local(target: Target) -> bool:
    """Return whether a TCP target is on this machine, as far as its name says."""
    host = target.host.lower()
    is_loopback = host.startswith("127.") and host.replace(".", "").isdigit()
    return host in _HERE or is_loopback or host == os.uname().nodename.lower()


# -- connections at a listening socket ----------------------------------------------------------


def _unix_ends(target: Target, table: UnixTable | None) -> tuple[int, list[_End], bool] | None:
    """Return the listening inode, its connections, and whether their peers are known."""
    table = table or socktable.unix_table()
    rows = sockets_at(target, table)
    listening = [row for row in rows if row.is_listening]
    if not listening:
        return None
    ends = [_End(peer, is_accepted=False) for row in listening for peer in row.pending]
    ends += [
        _End(row.peer, is_accepted=bool(row.inode))
        for row in rows
        # An accepted one whose peer is gone is only waiting for QEMU to notice.
        if not row.is_listening and (row.peer or not table.has_peers)
    ]
    return listening[0].inode, ends, table.has_peers


def _tcp_ends(target: Target) -> tuple[int, list[_End], bool] | None:
    if not is_local(target):
        return None
    table = socktable.tcp_table()
    listening = [row for row in table if row.is_listening and row.local[1] == target.port]
    if not listening:
        return None
    inodes = {(row.local, row.remote): row.inode for row in table if not row.is_listening}
    ends = [
        _End(inodes.get((row.remote, row.local), 0), is_accepted=bool(row.inode))
        for row in table
        if not row.is_listening and row.local[1] == target.port
    ]
    return listening[0].inode, ends, True


def _free_ports(mine: set[int], known: Iterable[Target], besides: Target | None) -> list[Target]:
    """Return the TCP monitors among ``known`` that are listening, free and not the one asked about."""
    table = socktable.tcp_table()
    listening = {row.local[1] for row in table if row.is_listening and row.inode in mine}
    held = {row.local[1] for row in table if not row.is_listening and row.inode in mine}
    asked = besides.port if besides is not None else 0
    return [one for one in known if one.port in listening - held - {asked}]


# -- small things -------------------------------------------------------------------------------


def _process_of(owners: Mapping[int, int], inode: int) -> Process | None:
    return processes.process(owners[inode]) if inode in owners else None


def _processes_of(owners: Mapping[int, int], inodes: Iterable[int]) -> tuple[Process, ...]:
    found = (_process_of(owners, inode) for inode in inodes)
    return tuple({one.pid: one for one in found if one is not None}.values())


def _unix_target(row: UnixSocket) -> Target:
    scheme, path = ("abstract", row.name[1:]) if row.name.startswith("@") else ("unix", row.name)
    return Target(scheme, f"{scheme}:{path.replace(',', ',,')}", path=path)


def _is_same_file(one: Target, other: Target) -> bool:
    """Return whether two targets are the same path; QEMU's may be relative to a directory it has left."""
    if one.scheme != other.scheme:
        return False
    is_relative = not other.path.startswith("/")
    return one.path == other.path or (is_relative and _last(one.path) == _last(other.path))


def _last(path: str) -> str:
    return path.rpartition("/")[2]
