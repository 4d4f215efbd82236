"""What /proc tells about processes: command, state, and whose a socket is.

Knows /proc and that most of it may be unreadable or gone by the next line: "not known" is an answer.
Must not know targets or sentences, and never sends a signal.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_QEMU_WORDS = ("qemu-system-", "qemu-kvm", "qemu-storage-daemon")

#: Characters of a command line that are enough to know the process by.
_SHOWN = 70


@dataclass(frozen=True, slots=True)
class Process:
    """A process: ``name`` is the kernel's (15 characters), ``arguments`` its command line, maybe empty.

    ``state`` is the kernel's letter: R running, S sleeping, D waiting for a disk, T stopped, t traced.
    """

    pid: int
    name: str
    arguments: tuple[str, ...]
    state: str

    @property
    def is_stopped(self) -> bool:
        """Whether a signal or a debugger keeps it from running."""
        return self.state in ("T", "t")

    @property
    def is_qemu(self) -> bool:
        """Whether it is a QEMU, by its name or, run through a loader or wrapper, by its first arguments."""
        return self.name.startswith("qemu") or any(
            word in argument for argument in self.arguments[:8] for word in _QEMU_WORDS
        )

    def __str__(self) -> str:
        command = " ".join(self.arguments) or self.name
        return f"pid {self.pid} ({command if len(command) <= _SHOWN else command[: _SHOWN - 3] + '...'})"


def process(pid: int) -> Process | None:
    """Return a process, None when there is none of that id (or no /proc)."""
    try:
        status = _read(f"/proc/{pid}/stat")
        line = _read(f"/proc/{pid}/cmdline")
    except OSError:
        return None
    # The name stands in brackets and may itself contain brackets and blanks.
    name, _, rest = status.partition("(")[2].rpartition(")")
    arguments = tuple(line.rstrip("\0").split("\0")) if line else ()
    return Process(pid, name, arguments, rest.split()[0])


def all_owners() -> dict[int, int]:
    """Return the pid of a process for each socket inode that can be seen: one look for many questions."""
    found: dict[int, int] = {}
    for pid in all_pids():
        for inode in sockets_of(pid):
            found.setdefault(inode, pid)
    return found


def owners_of(inodes: Collection[int]) -> dict[int, int]:
    """Return, for each socket inode whose owner can be seen, the pid of a process that has it open."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, int] = {}
    for pid in all_pids() if wanted else ():
        for link in _descriptors(pid):
            if link in wanted:
                found.setdefault(wanted[link], pid)
        if len(found) == len(wanted):
            break
    return found


def sockets_of(pid: int) -> set[int]:
    """Return the inodes of a process's sockets; empty when they may not be seen."""
    return {int(link[8:-1]) for link in _descriptors(pid) if link.startswith("socket:[")}


def user_of(pid: int) -> int:
    """Return the user id of a process, -1 when there is none."""
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1


def folder_of(pid: int) -> str:
    """Return the working directory of a process, or ``""``."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def first_folder_of(pid: int) -> str:
    """Return the directory in which a process was started, as its environment tells, or ``""``."""
    try:
        variables = _read(f"/proc/{pid}/environ").split("\0")
    except OSError:
        return ""
    return next((one[4:] for one in variables if one.startswith("PWD=/")), "")


def socket_at(pid: int, fd: int) -> int:
    """Return the inode of the socket that a process has open as ``fd``; 0 when it is none, or unseen."""
    try:
        link = os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:
        return 0
    return int(link[8:-1]) if link.startswith("socket:[") else 0


def first_named(names: Collection[str]) -> Process | None:
    """Return a running process whose kernel name is one of ``names``."""
    return next(all_named(names), None)


def all_named(names: Collection[str]) -> Iterator[Process]:
    """Yield the living processes whose kernel name is one of ``names``."""
    for pid in all_pids():
        try:
            name = _read(f"/proc/{pid}/comm").rstrip("\n")
        except OSError:
            continue
        found = process(pid) if name in names else None
        if found is not None and found.state != "Z":
            yield found


def all_pids() -> Iterator[int]:
    """Yield the ids of the processes of this machine (of this pid namespace)."""
    try:
        entries = os.listdir("/proc")
    except OSError:
        return
    for entry in entries:
        if entry.isdigit():
            yield int(entry)


def _descriptors(pid: int) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)
    except OSError:
        return
    for number in numbers:
        try:
            yield os.readlink(f"{folder}/{number}")
        except OSError:
            continue


def _read(path: str) -> str:
    with open(path, "rb") as file:
        return os.fsdecode(file.read())
