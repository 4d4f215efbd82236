"""Which sockets are libvirt's own: its paths, its domain's name in them, its daemons' names, its URIs.

Knows libvirt's naming only; opens nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

#: Kernel names of the daemons that hold QEMU monitors.
DAEMONS = frozenset({"libvirtd", "virtqemud"})

#: Longest domain name that libvirt puts into a directory's name whole.
_SHORT = 20

# system: /var/lib/libvirt/qemu/domain-ID-NAME, session: ~/.config/libvirt/qemu/lib/domain-ID-NAME
_SOCKET = re.compile(r"(?:^|/)libvirt/qemu/(?:lib/)?domain-(?:(\d+)-)?([^/]+)/monitor\.sock$")

#: A file of a domain in its QEMU's command line: its monitor, or the key that libvirt gives every QEMU.
_FILE = re.compile(r"/libvirt/qemu/(lib/)?domain-[^/]+/(?:monitor\.sock|master-key\.aes)")

#: Where libvirt's daemons listen; the system's, which root's are, lies in /run.
_DOORS = ("libvirt-sock", "virtqemud-sock")
_SYSTEM = ("/run/libvirt/", "/var/run/libvirt/")


def domain_of(path: str) -> str | None:
    """Return the domain whose monitor a path is, as virsh takes it; None when it is not libvirt's.

    libvirt cuts a long name short in the path: then it is the domain's id.
    """
    found = _SOCKET.search(path)
    if found is None:
        return None
    number, name = found.groups()
    return str(number) if number and len(name) >= _SHORT else name


def is_domain(words: Sequence[str]) -> bool:
    """Return whether a QEMU's arguments and sockets are those of a domain."""
    return any(_FILE.search(word) for word in words)


def is_session(words: Sequence[str]) -> bool:
    """Return whether a domain is one of a user's session and not the system's."""
    return any(found[1] for word in words if (found := _FILE.search(word)))


def uri_of(door: str) -> str | None:
    """Return the URI of the libvirt that listens at a path; None when no libvirt for QEMU is called so."""
    folder, _, name = door.rpartition("/")
    if name not in _DOORS:
        return None
    if door.startswith(_SYSTEM):
        return "qemu:///system"
    runtime = os.environ.get("XDG_RUNTIME_DIR") or os.path.expanduser("~/.cache")
    is_own = os.path.normpath(folder) == os.path.normpath(f"{runtime}/libvirt") and os.geteuid() != 0
    return "qemu:///session" if is_own else f"qemu+unix:///session?socket={door}"
