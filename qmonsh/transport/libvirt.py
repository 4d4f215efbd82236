"""Which sockets are libvirt's own: its paths, its domain's name in them, its daemons' names.

Knows libvirt's naming only; opens nothing.
"""

from __future__ import annotations

import re

#: Kernel names of the daemons that hold QEMU monitors.
DAEMONS = frozenset({"libvirtd", "virtqemud"})

#: Longest domain name that libvirt puts into a directory's name whole.
_SHORT = 20

# system: /var/lib/libvirt/qemu/domain-ID-NAME, session: ~/.config/libvirt/qemu/lib/domain-ID-NAME
_SOCKET = re.compile(r"(?:^|/)libvirt/qemu/(?:lib/)?domain-(?:(\d+)-)?([^/]+)/monitor\.sock$")


def domain_of(path: str) -> str | None:
    """Return the domain whose monitor a path is, as virsh takes it; None when it is not libvirt's.

    libvirt cuts a long name short in the path: then it is the domain's id.
    """
    found = _SOCKET.search(path)
    if found is None:
        return None
    number, name = found.groups()
    return str(number) if number and len(name) >= _SHORT else name
