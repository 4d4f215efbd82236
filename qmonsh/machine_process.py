"""One running process as a Machine: its program, its command line with what is configured, its monitors.

Knows how command lines (machine_options.py), programs and what is open (machine_monitors.py) fit together,
and when the way to a monitor is libvirt's. Must not know how machines are named or listed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from qmonsh.address import libvirt_at
from qmonsh.machine import Machine, MonitorFound
from qmonsh.machine_monitors import Sockets, folders_of, monitors_of
from qmonsh.machine_options import (
    config_arguments,
    config_files,
    kind_named,
    kind_of,
    name_of,
)
from qmonsh.transport import libvirt, processes, program
from qmonsh.transport.processes import Process
from qmonsh.transport.program import Program, Versions

_STATES = {"T": "stopped", "t": "traced"}


#: Bytes of a configuration file that are read at most.
_LARGEST = 1 << 20


def machine_of(process: Process, sockets: Sockets, versions: Versions | None = None) -> Machine | None:
    """Return the machine that a process is, None when it is none; its version when ``versions`` reads it."""
    running = program.program_of(process.pid)
    is_carrier = program.is_carrier(running.path or "".join(process.arguments[:1]))
    kind = kind_of(running.path, process.arguments, is_carrier=is_carrier)
    # QEMU's helper for a quick end (async-teardown) is a copy of it without a monitor.
    if not kind or process.state == "Z" or process.name.startswith("cleanup/"):
        return None
    running = _program(process, running, kind)
    arguments = (*process.arguments, *_configured(process))
    name = name_of(arguments)
    user = processes.user_of(process.pid)
    monitors = monitors_of(process.pid, kind, arguments, sockets)
    return Machine(
        kind=kind,
        pid=process.pid,
        name=name,
        user=user,
        state=_STATES.get(process.state, "running"),
        program=running.path,
        is_replaced=running.is_replaced,
        monitors=tuple(_through_libvirt(name, user, arguments, monitors, sockets)),
        version=versions.of(process.pid, running) if versions is not None else "",
    )


# -- the program and its configuration ----------------------------------------------------------


def _program(process: Process, running: Program, kind: str) -> Program:
    """Return the program's file: behind a loader the one that it loaded."""
    if kind_named(running.path) == kind:
        return running
    word = next((word for word in process.arguments if kind_named(word) == kind), "")
    loaded = program.mapped(process.pid, os.path.basename(word)) if running.is_carrier else Program("")
    return loaded if loaded.path else Program(running.path if running.path and not word else word)


def _configured(process: Process) -> list[str]:
    """Return what the files given with -readconfig say, as command line."""
    found = []
    for name in config_files(process.arguments):
        for folder in ("",) if name.startswith("/") else folders_of(process.pid):
            text = _text(os.path.join(folder, name))
            if text:
                found += config_arguments(text)
                break
    return found


def _text(path: str) -> str:
    """Return a regular file's text; "" when it cannot be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ""
        with open(path, "rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


# -- libvirt ------------------------------------------------------------------------------------


def _through_libvirt(
    name: str, user: int, arguments: Sequence[str], monitors: Sequence[MonitorFound], sockets: Sockets
) -> list[MonitorFound]:
    """Return the monitors of a domain and, while libvirt holds one of them, the way through libvirt."""
    words = [*arguments, *map(_path, monitors)]
    is_left = any(one.is_free and libvirt.domain_of(_path(one)) for one in monitors)
    if not name or is_left or not libvirt.is_domain(words):
        return list(monitors)
    # The system's libvirt starts QEMUs as another user.
    uri = sockets.libvirt_uris.get(user if libvirt.is_session(words) else 0)
    if uri is None:
        return list(monitors)
    target = libvirt_at(uri, name)
    return [MonitorFound("qmp", target.address, target), *monitors]


def _path(one: MonitorFound) -> str:
    return one.target.path if one.target is not None else ""
