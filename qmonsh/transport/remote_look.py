"""The VMs of another host: the words that look for them there, and what they found; pure.

Where qmonsh is installed its own list is asked. Otherwise a few POSIX tools read /proc over there, and the
command lines that they print are understood here. Must not know how the words get there.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from shlex import quote
from typing import Any, NamedTuple

from qmonsh.errors import ConnectError, UsageError
from qmonsh.machine_options import Declared, declared_monitors, kind_of, name_of, properties
from qmonsh.target import Target, parse_target
from qmonsh.transport import libvirt, socktable, ssh_end

#: More bytes than this are no list of VMs.
MOST_BYTES = 8 << 20

#: What stands before each kind of list; the login shell's own files may print something before that.
_LISTED, _LOOKED, _END = b"\0listed\n", b"\0looked\n", b"\0."

# Line by line: "pid", "exe", "cwd", "pwd" (where it was started), "fd NUMBER INODE", "arg"; at the end what
# listens, "unix INODE NAME" and "tcp INODE ADDRESS". A line break in an argument becomes \1.
_LOOK = r"""PATH=$PATH:$HOME/.local/bin:/usr/local/bin:/usr/sbin:/sbin
if command -v qmonsh >/dev/null 2>&1 && found=$(qmonsh ls --all --json 2>/dev/null) && [ "$found" ]; then
printf '\000listed\n%s\n\000.' "$found"; exit; fi
printf '\000looked\n'
for p in $(grep -lE 'qemu|kvm' /proc/[0-9]*/cmdline 2>/dev/null); do d=${p%/cmdline}; echo "pid ${d#/proc/}"
echo "exe $(readlink $d/exe 2>/dev/null)"; echo "cwd $(readlink $d/cwd 2>/dev/null)"
tr '\000' '\n' <$d/environ 2>/dev/null | sed -n 's/^PWD=/pwd /p' | head -n 1
ls -l $d/fd 2>/dev/null | sed -n 's/.* \([0-9]*\) -> socket:\[\([0-9]*\)\]$/fd \1 \2/p'
tr '\000\n' '\n\001' <$p 2>/dev/null | sed 's/^/arg /'; done
sed -n 's/^[^ ]* [^ ]* [^ ]* 00010000 [^ ]* [^ ]*  *\([0-9]*\) \(.*\)/unix \1 \2/p' /proc/net/unix
sed -n 's/^[^:]*: \([0-9A-F:]*\) [^ ]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* *\([0-9]*\) .*/tcp \2 \1/p' \
/proc/net/tcp /proc/net/tcp6
printf '\000.'"""

#: The command for the other host's login shell.
COMMAND = f"sh -c {quote(_LOOK)} 2>/dev/null"

_ORDER = {"qmp": 0, "hmp": 1}

#: Who listens on all addresses over there is reached on the other host's own.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(slots=True)
class Found:
    """A VM on the other host: ``monitors`` are (is busy, dialect, address there)."""

    name: str
    pid: int
    monitors: list[tuple[bool, str, str]]

    @property
    def title(self) -> str:
        """The name, or "pid:N" for a VM without one."""
        return self.name or f"pid:{self.pid}"


@dataclass(slots=True)
class _Seen:
    """What was printed of one process."""

    pid: int
    exe: str = ""
    cwd: str = ""
    pwd: str = ""
    fds: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)


class _Listening(NamedTuple):
    """The listening sockets over there by inode: names of unix sockets, host and port of others."""

    unix: dict[str, str]
    tcp: dict[str, tuple[str, int]]


def choose(target: Target, data: bytes) -> str:
    """Return the end (ssh_end.py) that an ``ssh://host#NAME`` target means; raises ConnectError."""
    found = _known(target, data)
    listed = ", ".join(one.title for one in found)
    if not found:
        raise _error(target, f"no QEMU on {target.host} that this user may see", "no-such-machine", "")
    matching = [one for one in found if not target.domain or target.domain in (one.name, f"pid:{one.pid}")]
    if not matching:
        reason = f"no VM on {target.host} is called '{target.domain}'"
        raise _error(target, reason, "no-such-machine", f"these run: {listed}")
    if len(matching) > 1:
        which = ", ".join(f"#pid:{one.pid}" if target.domain else f"#{one.title}" for one in matching)
        raise _error(
            target, f"{len(matching)} VMs on {target.host}", "no-such-machine", f"say which: {which}"
        )
    return _end(target, matching[0])


def titles(target: Target, data: bytes) -> list[str]:
    """Return the VMs that an ``ssh://host#PATTERN`` target means; raises ConnectError when there is none."""
    found = _known(target, data)
    matching = [one.title for one in found if fnmatchcase(one.title, target.domain)]
    if not matching:
        listed = ", ".join(one.title for one in found)
        reason = f"no VM on {target.host} is called like '{target.domain}'"
        raise _error(target, reason, "no-such-machine", f"these run: {listed}" if listed else "")
    return matching


def _known(target: Target, data: bytes) -> list[Found]:
    """Return the VMs of a list; raises ConnectError when it is none."""
    found = machines(data)
    if found is not None:
        return found
    cut = f": the list is longer than {MOST_BYTES >> 20} MiB" if len(data) >= MOST_BYTES else ""
    raise _error(target, f"the VMs on {target.host} could not be listed{cut}", "closed", "name its socket")


def machines(data: bytes) -> list[Found] | None:
    """Return the VMs of a list; None when it is none, or was cut short."""
    for marker, read in ((_LISTED, _read_list), (_LOOKED, _read_look)):
        _, found, rest = data.partition(marker)
        if found and rest.endswith(_END):
            return read(rest.removesuffix(_END).decode("utf-8", "surrogateescape"))
    return None


# -- qmonsh's own list --------------------------------------------------------------------------


def _read_list(text: str) -> list[Found] | None:
    try:
        found: list[dict[str, Any]] = json.loads(text)
        return [_listed(one) for one in found if one["kind"] == "vm" and one["pid"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _listed(one: dict[str, Any]) -> Found:
    ways = [way for way in one["monitors"] if way["reachable"]]
    monitors = [(bool(way["busy"]), str(way["dialect"]), str(way["address"])) for way in ways]
    return Found(str(one["name"]), int(one["pid"]), monitors)


# -- what the POSIX tools saw -------------------------------------------------------------------


def _read_look(text: str) -> list[Found]:
    seen: list[_Seen] = []
    listening = _Listening({}, {})
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        if word == "pid" and rest.isdigit():
            seen.append(_Seen(int(rest)))
        elif word == "unix":
            inode, _, name = rest.partition(" ")
            listening.unix[inode] = name
        elif word == "tcp":
            inode, _, address = rest.partition(" ")
            listening.tcp[inode] = _endpoint(address)
        elif seen:
            _take(seen[-1], word, rest)
    return [found for one in seen if (found := _found(one, listening)) is not None]


def _endpoint(address: str) -> tuple[str, int]:
    try:
        return socktable.endpoint(address)
    except ValueError:  # a table of another kind
        return "", 0


def _take(one: _Seen, word: str, rest: str) -> None:
    if word == "arg":
        one.arguments.append(rest.replace("\1", "\n"))
    elif word == "fd":
        number, _, inode = rest.partition(" ")
        one.fds[number] = inode
    elif word in ("exe", "cwd", "pwd"):
        setattr(one, word, rest)


def _found(one: _Seen, listening: _Listening) -> Found | None:
    """Return the VM that a process is, with its open unix sockets; None for anything else."""
    exe = one.exe.removesuffix(" (deleted)")
    is_carrier = os.path.basename(exe or "".join(one.arguments[:1])).startswith("ld")
    if kind_of(exe, one.arguments, is_carrier=is_carrier) != "vm":
        return None
    ways = [(way.dialect, _open(way, one, listening)) for way in declared_monitors("vm", one.arguments)]
    return Found(
        name_of(one.arguments), one.pid, [(False, dialect, address) for dialect, address in ways if address]
    )


def _open(way: Declared, one: _Seen, listening: _Listening) -> str:
    """Return the address of a monitor that is open, "" for one that cannot be reached by a path or port."""
    given = properties(way.spelling, implied="way")
    if "fd" in given:
        inode = one.fds.get(given["fd"], "")
        port = listening.tcp.get(inode)
        return _address(*port) if port else _absolute(listening.unix.get(inode, ""), one)
    try:
        target = parse_target(way.spelling) if way.spelling else None
    except UsageError:
        return ""
    if target is None or target.scheme not in ("unix", "abstract", "tcp"):
        return ""
    if target.scheme == "tcp":
        return _open_port(target, given, one, listening)
    mine = {name for inode, name in listening.unix.items() if inode in one.fds.values() or not one.fds}
    if target.scheme == "abstract":
        return target.address if f"@{target.path}" in mine else ""
    return _absolute(target.path, one) if target.path in mine else ""


def _open_port(target: Target, given: dict[str, str], one: _Seen, listening: _Listening) -> str:
    """Return the address of a declared port; where sockets may be looked at, of the one that is open."""
    if given.get("server", "off") == "off":
        return ""
    mine = [place for inode, place in listening.tcp.items() if inode in one.fds.values()]
    last = int(given["to"]) if given.get("to", "").isdigit() else target.port
    open_ones = [port for _, port in mine if target.port <= port <= last]
    if not one.fds:
        return target.address
    return target.address.replace(f":{target.port}", f":{open_ones[0]}") if open_ones else ""


def _address(host: str, port: int) -> str:
    return f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"


def _absolute(path: str, one: _Seen) -> str:
    """Return a path from the root: -daemonize leaves the folder, the environment still tells it."""
    folder = one.cwd if one.cwd != "/" or not one.pwd else one.pwd
    return os.path.normpath(os.path.join(folder, path)) if path and not path.startswith("@") else ""


# -- the choice ---------------------------------------------------------------------------------


def _end(target: Target, machine: Found) -> str:
    ways = sorted(machine.monitors, key=lambda way: (way[0], _ORDER.get(way[1], 2)))
    ends = [end for _, _, address in ways if (end := _end_of(address))]
    own = [end for end in ends if libvirt.domain_of(end) is None]
    if own:
        # What ssh can forward to needs no tool over there.
        return next((end for end in own if ssh_end.is_forwardable(end)), own[0])
    reason = f"{machine.title} on {target.host} has no monitor that ssh leads to"
    advice = "give it one: -qmp unix:/run/vm.qmp,server=on,wait=off"
    if ends:
        reason = f"the monitor of {machine.title} on {target.host} belongs to libvirt"
        kind = "session" if libvirt.is_session(ends) else "system"
        place = target.address.removeprefix("ssh://").partition("#")[0].rstrip("/")
        way = f"libvirt+qemu+ssh://{place}/{kind}#{machine.name}"
        advice = f"let libvirt pass the commands on: qmonsh '{way}'"
    elif ways:
        addresses = ", ".join(address for _, _, address in ways)
        advice = f"it has {addresses} there: run qmonsh on {target.host}"
    raise _error(target, reason, "no-monitor", advice)


def _end_of(address: str) -> str:
    """Return an address of the other host as ssh_end.py spells it, "" when ssh does not lead there."""
    if not _is_word(address):
        return ""
    if address.startswith("/"):
        return address
    try:
        found = parse_target(address)
    except UsageError:
        return ""
    if found.scheme == "tcp":
        host = _ANY.get(found.host, found.host)
        return _address(host, found.port)
    if found.scheme == "abstract":
        return f"{ssh_end.ABSTRACT}{found.path}"
    return found.path if found.scheme == "unix" else ""


def _is_word(text: str) -> bool:
    """Return whether a word of a command line can carry a text: JSON can hold what no file name does."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _error(target: Target, reason: str, cause: str, advice: str) -> ConnectError:
    return ConnectError(target.address, reason, cause=cause, advice=advice)
