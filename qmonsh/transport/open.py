"""A Target becomes an open Transport; the one place where each scheme gets its way of travelling.

Knows which module carries which scheme. Imports a transport's module when it is needed: start-up is most
of a one-shot's time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import monotonic

from qmonsh.target import Target
from qmonsh.transport.base import Transport


def open_transport(target: Target, *, timeout: float = 5.0) -> Transport:
    """Return an open transport; nothing is written to it.

    ``timeout`` (seconds) bounds resolving and connecting, all addresses of a name together. Raises
    ConnectError with the cause and what to do next.
    """
    return _OPENERS[target.scheme](target, monotonic() + timeout)


def _open_unix(target: Target, until: float) -> Transport:
    from qmonsh.transport.socket import SocketTransport, connect_unix

    if target.path.startswith("~") and not os.path.lexists(target.path):
        target = target._replace(path=os.path.expanduser(target.path))  # no shell saw unix:~/vm.sock
    _refuse_libvirts(target)
    return _telnet_aware(SocketTransport(connect_unix(target, until=until), target.address), target)


def _open_abstract(target: Target, until: float) -> Transport:
    from qmonsh.transport.socket import SocketTransport, connect_abstract

    return _telnet_aware(SocketTransport(connect_abstract(target, until=until), target.address), target)


def _open_tcp(target: Target, until: float) -> Transport:
    from qmonsh.transport.socket import SocketTransport, connect_tcp

    return _telnet_aware(SocketTransport(connect_tcp(target, until=until), target.address), target)


def _open_fd(target: Target, until: float) -> Transport:
    from qmonsh.transport.descriptor import inherited

    return _telnet_aware(inherited(target), target)


def _open_stdio(target: Target, until: float) -> Transport:
    from qmonsh.transport.descriptor import claim_stdio

    return _telnet_aware(claim_stdio(target), target)


def _open_exec(target: Target, until: float) -> Transport:
    from qmonsh.transport.child import start_child

    return _telnet_aware(start_child(target), target)


def _open_ssh(target: Target, until: float) -> Transport:
    if not target.path:
        from qmonsh.transport.ssh_master import open_by_name

        return open_by_name(target, until=until)
    from qmonsh.transport.ssh import open_ssh

    return open_ssh(target, until=until)


def _open_libvirt(target: Target, until: float) -> Transport:
    from qmonsh.transport.libvirt_open import open_libvirt

    return open_libvirt(target, until=until)


def _open_tls(target: Target, until: float) -> Transport:
    from qmonsh.transport.tls import open_tls

    return _telnet_aware(open_tls(target, until=until), target)


def _open_name(target: Target, until: float) -> Transport:
    """Open a file of that name in the current directory; VMs are not found by name yet."""
    if os.path.lexists(target.path):
        return _open_unix(target._replace(scheme="unix"), until)
    return _unsupported(target, until)


def _unsupported(target: Target, until: float) -> Transport:
    from qmonsh.transport import diagnosis

    raise diagnosis.unsupported(target)


def _refuse_libvirts(target: Target) -> None:
    """Raise ConnectError for libvirt's own monitor socket while libvirt holds it."""
    if os.path.basename(target.path) != "monitor.sock" and not os.path.islink(target.path):
        return
    from qmonsh.transport import diagnosis

    refusal = diagnosis.held_by_libvirt(target)
    if refusal is not None:
        raise refusal


def _telnet_aware(transport: Transport, target: Target) -> Transport:
    from qmonsh.transport.telnet import TelnetTransport

    return TelnetTransport(transport, expected=target.telnet)


#: scheme -> opener; a row of target.py's SCHEMES without one here cannot be opened in this version.
_OPENERS: dict[str, Callable[[Target, float], Transport]] = {
    "unix": _open_unix,
    "abstract": _open_abstract,
    "tcp": _open_tcp,
    "fd": _open_fd,
    "stdio": _open_stdio,
    "exec": _open_exec,
    "name": _open_name,
    "ssh": _open_ssh,
    "libvirt": _open_libvirt,
    "tls": _open_tls,
    "pid": _unsupported,
}
