"""Which QEMUs run on this host, and how each can be reached; ``qmonsh ls``, names and pid:N.

Knows how command lines (machine_options.py) and open sockets (/proc) fit together. Never connects to a
monitor to find out: a probe would take its only place (QEMU-FACTS l). Must not know how a list is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from qmonsh.errors import UsageError
from qmonsh.machine_options import Declared, declared_monitors, kind_of, name_of, properties
from qmonsh.target import Target, parse_target, unix_target
from qmonsh.transport import holder, processes, socktable
from qmonsh.transport.processes import Process

_WORST_LAST = {"qmp": 0, "hmp": 1, "agent": 2, "": 3}
_STATES = {"T": "stopped", "t": "traced", "Z": "dead"}


@dataclass(frozen=True, slots=True)
class MonitorFound:
    """A monitor of a running machine.

    ``dialect`` is "qmp", "hmp", "agent" or "" when the command line does not tell. ``target`` is None when it
    cannot be connected to from here (stdio, a client-mode chardev). ``holders`` are those connected to it.
    """

    dialect: str
    address: str
    target: Target | None
    is_busy: bool = False
    holders: tuple[Process, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether a connection would be greeted at once."""
        return self.target is not None and not self.is_busy


@dataclass(frozen=True, slots=True)
class Machine:
    """A running QEMU ("vm"), storage daemon ("storage") or guest agent ("agent").

    ``name`` is that of ``-name``, or "". ``state`` is the process's ("running", "stopped"): the run state
    of the guest is only known to the monitor. ``is_replaced``: the program's file changed since it started.
    """

    kind: str
    pid: int
    name: str
    user: int
    state: str
    program: str
    is_replaced: bool
    monitors: tuple[MonitorFound, ...]

    @property
    def title(self) -> str:
        """The name, or "pid:N" for a machine without one."""
        return self.name or f"pid:{self.pid}"

    def best(self) -> MonitorFound | None:
        """Return the monitor to open: a free one before a busy one, QMP before HMP."""
        ways = [one for one in self.monitors if one.target is not None]
        return min(ways, key=lambda one: (one.is_busy, _WORST_LAST[one.dialect]), default=None)

    def document(self) -> dict[str, Any]:
        """Return the machine as JSON data (``qmonsh ls --json``)."""
        return {
            "kind": self.kind,
            "name": self.name,
            "pid": self.pid,
            "uid": self.user,
            "state": self.state,
            "program": self.program,
            "replaced": self.is_replaced,
            "monitors": [
                {
                    "dialect": one.dialect or "unknown",
                    "address": one.address,
                    "reachable": one.target is not None,
                    "busy": one.is_busy,
                    "holders": [
                        {"pid": who.pid, "command": " ".join(who.arguments) or who.name}
                        for who in one.holders
                    ],
                }
                for one in self.monitors
            ],
        }


class Sockets(NamedTuple):
    """What one look at the machine showed: its unix sockets, and a process for each socket's inode."""

    unix: socktable.UnixTable
    owners: Mapping[int, int]


def machines(*, pids: Iterable[int] | None = None) -> list[Machine]:
    """Return the machines of this host that this user may see, by name and pid."""
    found = []
    sockets = Sockets(socktable.unix_table(), processes.all_owners())
    for pid in processes.all_pids() if pids is None else pids:
        process = processes.process(pid)
        kind = kind_of(process.arguments) if process is not None else ""
        if process is not None and kind and process.state != "Z":
            found.append(_machine(process, kind, sockets))
    return sorted(found, key=lambda one: (one.kind != "vm", one.name, one.pid))


def named(name: str) -> Machine:
    """Return the running machine of that name; raises UsageError naming those that run."""
    running = machines()
    matching = [one for one in running if one.name == name]
    if len(matching) == 1:
        return matching[0]
    if matching:
        pids = ", ".join(f"pid:{one.pid}" for one in matching)
        raise UsageError(f"{len(matching)} machines are called '{name}'", advice=f"say which: {pids}")
    raise UsageError(f"there is no file, and no running VM, called '{name}'", advice=advice(running, name))


def only_target() -> Target:
    """Return the monitor of the only running VM; raises UsageError that lists them, or says how to begin."""
    running = [one for one in machines() if one.kind == "vm" and one.best() is not None]
    if len(running) == 1:
        return target_of(running[0])
    if not running:
        raise UsageError("no TARGET, and no VM with a monitor runs here", advice=HOW_TO_BEGIN)
    listed = ", ".join(one.title for one in running)
    raise UsageError(f"no TARGET, and {len(running)} VMs run here", advice=f"name one: {listed}")


def target_of(machine: Machine) -> Target:
    """Return the target of a machine's best monitor; raises UsageError when it has none to connect to."""
    best = machine.best()
    if best is None or best.target is None:
        raise UsageError(f"{machine.title} has no monitor that can be connected to", advice=HOW_TO_BEGIN)
    return best.target


def resolve(target: Target) -> Target:
    """Return the monitor behind a ``pid:N`` or name target, others as they are; raises UsageError."""
    if target.scheme == "name":
        return target_of(named(target.path))
    if target.scheme == "pid":
        found = machines(pids=[target.pid])
        if not found:
            raise UsageError(f"process {target.pid} is no QEMU that can be seen", advice="see qmonsh ls")
        return target_of(found[0])
    return target


def located(target: Target) -> Target:
    """Return the monitor behind a name or pid; a file of that name here comes before a VM of that name."""
    if target.scheme == "name" and os.path.lexists(target.path):
        return target
    return resolve(target)


#: Names in an error before "and N more".
MOST_LISTED = 20
HOW_TO_BEGIN = "start QEMU with a monitor: -qmp unix:/tmp/vm.qmp,server=on,wait=off; or try qmonsh demo"


def advice(running: Sequence[Machine], name: str) -> str:
    """Return what to do when no machine is called ``name``."""
    import difflib

    titles = [one.title for one in running]
    if not titles:
        return HOW_TO_BEGIN
    near = difflib.get_close_matches(name, titles, n=1)
    more = f" and {len(titles) - MOST_LISTED} more, see qmonsh ls" if len(titles) > MOST_LISTED else ""
    return f"did you mean {near[0]}?" if near else f"these run: {', '.join(titles[:MOST_LISTED])}{more}"


# -- one machine ------------------------------------------------------------------------------------


def _machine(process: Process, kind: str, sockets: Sockets) -> Machine:
    program, is_replaced = _program(process)
    return Machine(
        kind=kind,
        pid=process.pid,
        name=name_of(process.arguments),
        user=processes.user_of(process.pid),
        state=_STATES.get(process.state, "running"),
        program=program,
        is_replaced=is_replaced,
        monitors=tuple(_monitors(process, sockets)),
    )


def _program(process: Process) -> tuple[str, bool]:
    """Return the program's path and whether its file was replaced since it started."""
    try:
        link = os.readlink(f"/proc/{process.pid}/exe")
    except OSError:
        link = ""
    is_replaced = link.endswith(" (deleted)")
    path = link.removesuffix(" (deleted)")
    if kind_of([path]):
        return path, is_replaced
    return next((word for word in process.arguments if kind_of([word])), path), is_replaced


def _monitors(process: Process, sockets: Sockets) -> list[MonitorFound]:
    """Return what the command line declares, where it is really open, and other listening sockets."""
    mine = processes.sockets_of(process.pid)
    open_paths = [row for row in sockets.unix.sockets if row.is_listening and row.inode in mine]
    found, used = [], set()
    for one in declared_monitors(process.arguments):
        row = _listening_row(one, open_paths) or _inherited_row(one, open_paths, process.pid)
        if row is not None:
            used.add(row.inode)
        found.append(_found(one, row, process.pid, sockets))
    if _has_unseen_monitor(found):
        # An inherited descriptor or a config file: the path is only known to the kernel.
        unseen = [row for row in open_paths if row.inode not in used]
        found += [_found(Declared("", ""), row, process.pid, sockets) for row in unseen]
    return [one for one in found if one.target is not None or one.address]


def _has_unseen_monitor(found: Sequence[MonitorFound]) -> bool:
    return not any(one.target is not None for one in found)


def _listening_row(one: Declared, rows: Sequence[socktable.UnixSocket]) -> socktable.UnixSocket | None:
    """Return the open listening socket of a declared unix chardev."""
    try:
        target = parse_target(one.spelling) if one.spelling else None
    except UsageError:
        return None
    if target is None or target.scheme not in ("unix", "abstract"):
        return None
    wanted = "@" + target.path if target.scheme == "abstract" else target.path
    return next((row for row in rows if row.name == wanted), None)


def _inherited_row(
    one: Declared, rows: Sequence[socktable.UnixSocket], pid: int
) -> socktable.UnixSocket | None:
    """Return the listening socket behind a chardev with ``fd=N``, as libvirt starts QEMU."""
    number = properties(one.spelling, implied="backend").get("fd", "")
    inode = processes.socket_at(pid, int(number)) if number.isdigit() else 0
    return next((row for row in rows if inode and row.inode == inode), None)


def _found(one: Declared, row: socktable.UnixSocket | None, pid: int, sockets: Sockets) -> MonitorFound:
    target = _reachable(one, row, pid)
    if target is None:
        return MonitorFound(one.dialect, _shown(one.spelling), None)
    present = holder.presence(target, connected=False, table=sockets.unix, owners=sockets.owners)
    if present is None and target.scheme in ("unix", "abstract"):
        return MonitorFound(one.dialect, _shown(one.spelling), None)
    return MonitorFound(
        one.dialect,
        target.address,
        target,
        is_busy=present is not None and present.others > 0,
        holders=present.holders if present is not None else (),
    )


def _reachable(one: Declared, row: socktable.UnixSocket | None, pid: int) -> Target | None:
    if row is not None and row.name.startswith("@"):
        return Target("abstract", f"abstract:{row.name[1:]}", path=row.name[1:])
    if row is not None:
        path = _absolute(row, pid)
        return unix_target(path) if path else None
    if not one.spelling or not _listens(one.spelling):
        return None
    try:
        target = parse_target(one.spelling)
    except UsageError:
        return None
    return target if target.scheme in ("unix", "abstract", "tcp") else None


def _absolute(row: socktable.UnixSocket, pid: int) -> str:
    """Return the path of a socket from here, or "" when it cannot be told.

    The kernel keeps the spelling of bind(): a relative one is of a directory that QEMU may have left since
    (-daemonize goes to /), but its first working directory is still in its environment.
    """
    if row.name.startswith("/"):
        return row.name
    for folder in (processes.folder_of(pid), processes.first_folder_of(pid), os.getcwd()):
        path = os.path.normpath(os.path.join(folder, row.name)) if folder else ""
        if path and row.file is not None and _file(path) == row.file:
            return path
    return ""


def _file(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
