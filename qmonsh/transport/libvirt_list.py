"""What a libvirt says about its domains: their names and states, within a deadline.

Knows virsh, and libvirt-python where there is no virsh. Asks on a read-only connection and no QEMU: a domain
whose monitor hangs keeps nobody waiting.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from typing import Any

#: Seconds for a libvirt to answer; one that hangs is left out.
DEADLINE = 3.0

SHUT_OFF = "shut off"

#: virDomainState as virsh words it; a blocked one only waits for something.
STATES = {
    1: "running",
    2: "running",
    3: "paused",
    4: "in shutdown",
    5: SHUT_OFF,
    6: "crashed",
    7: "suspended",
}

_DOMAIN = re.compile(r"Domain: '(.*)'$")
_STATE = re.compile(r"\s+state\.state=(\d+)$")


def states(uri: str, deadline: float | None = None) -> dict[str, str]:
    """Return the state of each domain of a libvirt by name, running or not; none when it does not answer."""
    deadline = DEADLINE if deadline is None else deadline
    words = ["virsh", "-q", "-r", "-c", uri, "domstats", "--state", "--nowait"]
    try:
        done = subprocess.run(
            words,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=deadline,
        )
    except FileNotFoundError:
        return _without_virsh(uri, deadline)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return read_stats(done.stdout.decode("utf-8", "surrogateescape"))


def read_stats(text: str) -> dict[str, str]:
    """Return the states in what ``virsh domstats --state`` prints."""
    found: dict[str, str] = {}
    name = None
    for line in text.split("\n"):
        if heading := _DOMAIN.match(line):
            name = heading[1]
        elif name is not None and (state := _STATE.match(line)):
            found[name] = STATES.get(int(state[1]), "unknown")
    return found


def _without_virsh(uri: str, deadline: float) -> dict[str, str]:
    """Ask through libvirt-python, which knows no deadline: a thread that hangs is left behind."""
    try:
        import libvirt  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        return {}
    found: dict[str, str] = {}

    def ask() -> None:
        try:
            libvirt.registerErrorHandler(_say_nothing, None)
            connection = libvirt.openReadOnly(uri)
            for domain in connection.listAllDomains():
                found[domain.name()] = STATES.get(domain.state()[0], "unknown")
            connection.close()
        except libvirt.libvirtError:
            found.clear()

    thread = threading.Thread(target=ask, name="libvirt lists", daemon=True)
    thread.start()
    thread.join(deadline)
    return {} if thread.is_alive() else found


def _say_nothing(_: Any, __: Any) -> None:
    """Keep libvirt from writing its errors to stderr."""
