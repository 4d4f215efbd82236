"""Why a TCP port could not be connected to, as a ConnectError.

Knows the errors of resolving and of connect(2) over IP, and which one tells most when a name has several
addresses. Looks only.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence

from qmonsh.errors import ConnectError
from qmonsh.target import Target
from qmonsh.transport.neighbours import few


def unresolvable(target: Target, error: OSError) -> ConnectError:
    """Return the failure of a host name without an address."""
    if isinstance(error, TimeoutError):
        return ConnectError(
            target.address,
            f"the name server did not answer about '{target.host}' in time",
            cause="unresolvable",
            advice="give the address as a number, or a longer --connect-timeout",
        )
    return ConnectError(
        target.address,
        f"the host '{target.host}' is not known ({error.strerror or error})",
        cause="unresolvable",
        advice="check the spelling, or give the address as a number",
    )


def tcp_failed(target: Target, failures: Sequence[tuple[str, OSError]]) -> ConnectError:
    """Return what the failures of a host's addresses mean together; there is at least one."""
    order = list(_FAILURES)
    kind, error = min(((_kind(error), error) for _, error in failures), key=lambda pair: order.index(pair[0]))
    cause, reason, advise = _FAILURES[kind]
    said = reason.format(port=target.port, host=target.host, error=error.strerror or error)
    tried = ", ".join(address for address, _ in failures)
    if tried != target.host:
        said += f" (tried {tried})"
    return ConnectError(target.address, said, cause=cause, advice=advise(target))


def _advise_refused(target: Target) -> str:
    from qmonsh.transport import holder

    wanted = f"-qmp tcp:HOST:{target.port},server=on,wait=off"
    if not holder.is_local(target):
        return f"QEMU must listen on an address that is reachable from here, not only on localhost: {wanted}"
    ports = _qemu_ports()
    if ports:
        return f"QEMUs listen here on {few(ports)} (monitors, displays and the like)"
    return f"no QEMU is seen to listen on any port here; start it with {wanted}"


def _qemu_ports() -> list[str]:
    """Return the ports on which QEMUs of this machine listen, with their pids."""
    from qmonsh.transport import processes, socktable

    rows = [row for row in socktable.tcp_table() if row.is_listening and row.inode]
    owners = processes.owners_of([row.inode for row in rows])
    found = {}
    for row in rows:
        owner = processes.process(owners[row.inode]) if row.inode in owners else None
        if owner is not None and owner.is_qemu:
            found[row.local[1]] = owner.pid
    return [f"{port} (pid {pid})" for port, pid in sorted(found.items())]


def _advise_no_answer(target: Target) -> str:
    return (
        f"a firewall may drop it, or the host is down; try a longer --connect-timeout, or {_forward(target)}"
    )


def _advise_unreachable(target: Target) -> str:
    return f"check the network, or {_forward(target)}"


def _advise_firewall(target: Target) -> str:
    return f"see its rules (nft list ruleset), or {_forward(target)}"


def _advise_nothing(target: Target) -> str:
    return ""


def _forward(target: Target) -> str:
    return f"forward the port: ssh -N -L {target.port}:localhost:{target.port} {target.host}"


#: kind -> cause, reason, advice. The most telling first: a host that refuses is there at least.
_FAILURES: dict[str, tuple[str, str, Callable[[Target], str]]] = {
    "refused": ("refused", "nobody listens on port {port} of {host}", _advise_refused),
    "permission": ("permission", "a firewall of this machine forbids it ({error})", _advise_firewall),
    "no answer": ("timeout", "{host} did not answer in time", _advise_no_answer),
    "unreachable": ("unreachable", "{host} cannot be reached ({error})", _advise_unreachable),
    "failed": ("failed", "{error}", _advise_nothing),
}

_KINDS = {
    errno.ECONNREFUSED: "refused",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ETIMEDOUT: "no answer",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.EHOSTDOWN: "unreachable",
}


def _kind(error: OSError) -> str:
    return "no answer" if isinstance(error, TimeoutError) else _KINDS.get(error.errno or 0, "failed")
