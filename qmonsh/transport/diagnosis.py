"""What a monitor's silence, wrong greeting or absence means, as a ConnectError with what to do next.

Knows the cases of DESIGN section 2 beyond connect(2) itself (those are in path_failure.py and
tcp_failure.py). Looks only: it writes to nothing, connects to nothing, removes nothing. Strings from
outside (paths, command lines, first bytes) stand in the sentences as they are; who shows them escapes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from qmonsh.errors import ConnectError
from qmonsh.target import Target
from qmonsh.transport.neighbours import choice, few, running, sockets_in

if TYPE_CHECKING:
    from qmonsh.transport.holder import Presence
    from qmonsh.transport.processes import Process

# -- before connecting --------------------------------------------------------------------------


def busy(target: Target) -> ConnectError | None:
    """Return the failure to expect when somebody is connected to a monitor, None when it looks free.

    Looks at the kernel's tables only. The holder may be about to leave, and some listeners that are not
    QEMU serve several at once: good for saying why one waits, not for giving up.
    """
    from qmonsh.transport import holder

    if target.scheme not in _SEEN_BY_KERNEL:
        return None
    found = holder.presence(target, connected=False)
    return _busy(target, found) if found is not None and found.others else None


def held_by_libvirt(target: Target) -> ConnectError | None:
    """Return why a socket that libvirt made for itself is not to be touched; None when it may be.

    A connection parked there is accepted when libvirt restarts, which then hangs on that domain
    (measured). So it is refused while libvirt is connected to it or runs at all.
    """
    from qmonsh.transport import holder, libvirt, processes, socktable

    domain = libvirt.domain_of(os.path.abspath(target.path)) or libvirt.domain_of(
        os.path.realpath(target.path)
    )
    if domain is None:
        return None
    rows = holder.sockets_at(target, socktable.unix_table())
    daemon = processes.first_named(libvirt.DAEMONS)
    if daemon is None and all(row.is_listening for row in rows):
        return None
    who = f"{daemon} is running" if daemon is not None else "it is connected"
    return ConnectError(
        target.address,
        f"this monitor belongs to libvirt ({who}), and a second connection to it can wedge libvirt",
        cause="held-by-libvirt",
        advice=f"let libvirt pass the commands on: qmonsh libvirt:{domain} (or, without libvirt-python:"
        f" virt-qemu-qmp-proxy {domain} ./{domain}.sock, then qmonsh ./{domain}.sock)",
    )


def unsupported(target: Target) -> ConnectError:
    """Return the failure of a scheme that has no transport (yet)."""
    reason, advise = _UNSUPPORTED[target.scheme]
    return ConnectError(
        target.address, reason.format(target=target), cause="unsupported", advice=advise(target)
    )


# -- connected ----------------------------------------------------------------------------------


def silent(target: Target, seconds: float) -> ConnectError:
    """Return why a connection brought no greeting within ``seconds``; to be asked while it is still open."""
    from qmonsh.transport import holder

    if target.scheme in _SILENT_STREAMS:
        reason, advice = _SILENT_STREAMS[target.scheme]
        return ConnectError(target.address, reason.format(seconds=seconds), cause="silent", advice=advice)
    found = holder.presence(target, connected=True) if target.scheme in _SEEN_BY_KERNEL else None
    if found is not None and found.others and not found.is_accepted:
        return _busy(target, found)
    if found is not None and found.listener is not None and found.listener.is_stopped:
        return ConnectError(
            target.address,
            f"{found.listener} is stopped (by a signal or a debugger) and answers nobody",
            cause="stopped",
            advice=f"let it run again: kill -CONT {found.listener.pid}",
        )
    if found is not None and found.is_waiting:
        who = found.listener or "the process that listens there"
        return ConnectError(
            target.address,
            f"{who} has not accepted the connection within {seconds:g} s",
            cause="silent",
            advice="its main loop may be busy or hang; try again with a longer --connect-timeout",
        )
    return _quiet(target, seconds, found.listener if found is not None else None)


def not_a_monitor(address: str, first: bytes) -> ConnectError:
    """Return the failure of an other end that greeted with something else; ``first`` is how it began."""
    start = first.lstrip(b"\r\n ")
    name, advice = next((row[1:] for row in _STRANGERS if start.startswith(row[0])), _STRANGER)
    shown = first[:60].decode("utf-8", "replace").strip()
    return ConnectError(
        address, f"{name} answers there, it began with '{shown}'", cause="not-a-monitor", advice=advice
    )


def closed(target: Target, last_words: str = "") -> ConnectError:
    """Return the failure of a stream that ended before it greeted; ``last_words`` is the transport's."""
    if last_words:
        return ConnectError(target.address, f"it ended before greeting: {last_words}", cause="child-exited")
    return ConnectError(
        target.address,
        "it closed the connection before greeting",
        cause="closed",
        advice="QEMU may be ending, or something between (ssh, socat) cannot reach it; try again",
    )


def _busy(target: Target, found: Presence) -> ConnectError:
    who = " and ".join(str(one) for one in found.holders)
    if not who:
        who = "another program" + (" (root could see which)" if os.geteuid() else "")
    others = _others(target, found.listener)
    also = f", or use this VM's other monitor{'s' * (len(others) > 1)}: {few(others)}" if others else ""
    if not others and any("qmonsh" in word for one in found.holders for word in one.arguments):
        also = ", or let it add a monitor to the VM (.monitor add PATH; QEMU 11.1 and later)"
    return ConnectError(
        target.address,
        f"{who} is connected to it, and a monitor serves one at a time",
        cause="busy",
        advice=f"end that program first{also}",
    )


def _quiet(target: Target, seconds: float, listener: Process | None) -> ConnectError:
    """Return the failure of a connection that was accepted, as far as anybody can tell, and is silent."""
    reason = f"connected, but no greeting came within {seconds:g} s"
    if listener is not None:
        reason += f" from {listener}"
    if listener is not None and _is_tls(target, listener):
        advice = f"that port of its speaks TLS: tls://{target.address.partition(':')[2]}"
    elif listener is not None and _is_websocket(target, listener):
        advice = "that port of its is a websocket, over which QEMU does not answer QMP commands: use another"
    elif _is_agent(target, listener):
        advice = "this looks like a guest agent, which never greets: use --dialect agent"
    else:
        advice = (
            "another program may be connected to it, QEMU may be stopped, or it is no monitor: a guest agent"
            " (--dialect agent), a serial port, a TLS or websocket port"
        )
    others = _others(target, listener)
    if others:
        advice += f"; that process also listens on {few(others)}"
    return ConnectError(target.address, reason, cause="silent", advice=advice)


def _others(target: Target, listener: Process | None) -> tuple[str, ...]:
    from qmonsh.transport import holder

    return holder.other_monitors(listener.pid, besides=target) if listener is not None else ()


def _is_tls(target: Target, listener: Process) -> bool:
    from qmonsh.transport import holder

    found = holder.monitors_of(listener.pid) if target.scheme == "tcp" else []
    return any(one.scheme == "tls" and one.port == target.port for one in found)


def _is_websocket(target: Target, listener: Process) -> bool:
    from qmonsh.machine_options import monitors_in

    ends = (f":{target.port}", f"port={target.port}")
    return target.scheme == "tcp" and any(
        "websocket" in spelling and any(item.endswith(ends) for item in spelling.split(","))
        for spelling in monitors_in(listener.arguments)
    )


def _is_agent(target: Target, listener: Process | None) -> bool:
    words = (target.path.lower(), listener.name if listener is not None else "")
    return any(word in text for text in words for word in ("qga", "qemu-ga", "guest_agent", "guest-agent"))


# -- tables -------------------------------------------------------------------------------------

#: Schemes whose sockets the kernel's tables show.
_SEEN_BY_KERNEL = frozenset({"unix", "abstract", "tcp", "tls", "name"})

_SOCKET_ADVICE = "connect to the -qmp or -monitor socket of that VM"
_HOST_ADVICE = "check the host and the port"
_TLS_ADVICE = "say so: tls://HOST:PORT, with ?ca=FILE&cert=FILE&key=FILE"

#: What others greet with: first bytes, who that is, what to do.
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (b"HTTP/", "an HTTP server", "the port is wrong, or a websocket, on which QEMU's monitors do not answer"),
    (b"SSH-", "an SSH server", "name the monitor's socket on that host: ssh://HOST/path/to.sock"),
    (b"RFB ", "a VNC display", _SOCKET_ADVICE),
    (b"REDQ", "a SPICE display", _SOCKET_ADVICE),
    (b"NBDMAGIC", "an NBD export", _SOCKET_ADVICE),
    (b"\x15\x03", "a TLS port", _TLS_ADVICE),
    (b"\x16\x03", "a TLS port", _TLS_ADVICE),
    (b"220", "a mail or FTP server", _HOST_ADVICE),
    (b"* OK", "an IMAP server", _HOST_ADVICE),
    (b"+OK", "a POP3 server", _HOST_ADVICE),
    (b"-ERR", "a Redis server", _HOST_ADVICE),
    (b"-DENIED", "a Redis server", _HOST_ADVICE),
    (b"SeaBIOS", "a serial port of a VM", _SOCKET_ADVICE),
    (b"\x1b[", "a serial port or a terminal", _SOCKET_ADVICE),
    (b"{", "something that speaks JSON but not QMP", _SOCKET_ADVICE),
)

_STRANGER = ("something that is no monitor", f"it may be a serial port; {_SOCKET_ADVICE}")

#: For streams that no table of the kernel shows: reason, advice.
_SILENT_STREAMS = {
    "libvirt": (
        "libvirt passed the first question on, and QEMU did not answer within {seconds:g} s",
        "QEMU may hang, or libvirt be busy with that domain: virsh domjobinfo DOMAIN",
    ),
    "exec": (
        "the command runs but said nothing within {seconds:g} s",
        "the monitor behind it may be held by another program; run the command by hand to see",
    ),
    "stdio": (
        "nothing came on stdin within {seconds:g} s",
        "stdio expects qmonsh's own stdin and stdout to be connected to a monitor",
    ),
    "fd": (
        "nothing came on that descriptor within {seconds:g} s",
        "another program may have read the greeting, or the other end is no monitor",
    ),
}


def _advise_pid(target: Target) -> str:
    from qmonsh.transport import holder, processes

    if processes.process(target.pid) is None:
        return f"there is no process {target.pid}"
    found = holder.other_monitors(target.pid)
    return f"that process listens on {few(found)}" if found else "no free socket of that process can be seen"


def _advise_name(target: Target) -> str:
    near = choice(target.path, sockets_in(".")) or running()
    return f"give the path of its socket, or HOST:PORT{'; ' + near if near else ''}"


_UNSUPPORTED: dict[str, tuple[str, Callable[[Target], str]]] = {
    # The command line finds VMs by name and pid before it connects (discover.py).
    "pid": ("a process id is no address of a monitor", _advise_pid),
    "name": ("there is no file '{target.path}' here, and the name of a VM is no address", _advise_name),
}
