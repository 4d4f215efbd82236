"""Every failure to connect as a ConnectError: its own sentence, and what to do next (DESIGN section 2).

Knows why a connection can fail and where to look for the reason. Looks only: it writes to nothing,
connects to nothing, removes nothing. Strings from outside (paths, command lines) go into the sentences as
they are; whoever shows them escapes them.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qmonsh.errors import ConnectError
from qmonsh.target import Target

if TYPE_CHECKING:
    from qmonsh.transport.holder import Presence
    from qmonsh.transport.processes import Process

# -- before connecting --------------------------------------------------------------------------


def busy(target: Target) -> ConnectError | None:
    """Return the failure to expect when somebody is connected to a monitor, None when it looks free.

    Looks at the kernel's tables only. The holder may be about to leave, and few listeners that are not
    QEMU serve several at once: good for saying why one waits, not for giving up.
    """
    from qmonsh.transport import holder

    if target.scheme not in ("unix", "abstract", "tcp"):
        return None
    found = holder.presence(target)
    return _busy(target, found) if found is not None and found.others else None


def held_by_libvirt(target: Target) -> ConnectError | None:
    """Return why a socket that libvirt made for itself is not to be touched; None when it may be.

    A connection parked there is accepted when libvirt restarts, which then hangs on that domain
    (measured). So it is refused while libvirt is connected to it or runs at all.
    """
    from qmonsh.transport import holder, libvirt, processes, socktable

    domain = libvirt.domain_of(os.path.realpath(target.path)) or libvirt.domain_of(target.path)
    if domain is None:
        return None
    rows = holder.sockets_at(target, socktable.unix_table())
    daemon = processes.first_named(libvirt.DAEMONS)
    if daemon is None and not any(not row.is_listening for row in rows):
        return None
    who = f"{daemon} is running" if daemon is not None else "it is connected"
    return ConnectError(
        target.address,
        f"this monitor belongs to libvirt ({who}), which a second connection can wedge",
        cause="held-by-libvirt",
        advice=f"ask libvirt: virsh qemu-monitor-command {domain} --hmp 'info status'; for a whole session,"
        f" virt-qemu-qmp-proxy {domain} ./{domain}.sock and then qmonsh ./{domain}.sock"
        f" (libvirt:{domain} is to come)",
    )


def unsupported(target: Target) -> ConnectError:
    """Return the failure of a scheme that has no transport in this version."""
    reason, advice = _UNSUPPORTED[target.scheme](target)
    return ConnectError(target.address, reason, cause="unsupported", advice=advice)


# -- connecting ---------------------------------------------------------------------------------


def unix_failed(target: Target, error: OSError) -> ConnectError:
    """Return what an OSError of connecting to a path means."""
    if "too long" in str(error) and error.errno is None:
        return too_long(target, len(os.fsencode(target.path)), 107)
    explain = _UNIX_FAILURES.get(error.errno or 0, _otherwise)
    return explain(target, error)


def abstract_failed(target: Target, error: OSError) -> ConnectError:
    """Return what an OSError of connecting to an abstract name means."""
    from qmonsh.transport import socktable

    if error.errno == errno.EAGAIN:
        return _full(target, error)
    if error.errno != errno.ECONNREFUSED:
        return _otherwise(target, error)
    rows = socktable.unix_table().sockets
    names = sorted({row.name[1:] for row in rows if row.name.startswith("@") and row.is_listening})
    near = _nearest(target.path, names)
    return ConnectError(
        target.address,
        "nobody listens on that abstract name",
        cause="refused",
        advice=f"did you mean abstract:{near[0]}?"
        if near
        else "abstract names belong to a network namespace: a container's are not seen from outside",
    )


def too_long(target: Target, length: int, limit: int) -> ConnectError:
    """Return the failure of a name that a socket address cannot hold."""
    return ConnectError(
        target.address,
        f"its name has {length} bytes, a socket's may have {limit}",
        cause="path-too-long",
        advice="change to its directory and give the file name alone, or link to it: ln -s LONG /tmp/vm.sock",
    )


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
    """Return what the failures of all of a host's addresses mean together: the most telling one leads."""
    order = list(_TCP_FAILURES)
    kinds = [_tcp_kind(error) for _, error in failures]
    kind = min(kinds, key=order.index)
    cause, reason, advise = _TCP_FAILURES[kind]
    tried = ", ".join(address for address, _ in failures)
    said = reason.format(port=target.port, host=target.host, error=failures[kinds.index(kind)][1].strerror)
    if tried != target.host:
        said += f" (tried {tried})"
    return ConnectError(target.address, said, cause=cause, advice=advise(target))


def os_failed(address: str, error: OSError) -> ConnectError:
    """Return the failure of a system call that has no sentence of its own."""
    return ConnectError(address, error.strerror or str(error), cause="failed")


# -- connected ----------------------------------------------------------------------------------


def silent(target: Target, seconds: float) -> ConnectError:
    """Return why a connection brought no greeting within ``seconds``; to be asked while it is still open."""
    from qmonsh.transport import holder

    if target.scheme in _SILENT_STREAMS:
        reason, advice = _SILENT_STREAMS[target.scheme]
        return ConnectError(target.address, reason.format(seconds=seconds), cause="silent", advice=advice)
    found = holder.presence(target)
    if found is None:
        return _quiet(target, seconds, None)
    if found.others and not found.is_ours:
        return _busy(target, found)
    if found.listener is not None and found.listener.is_stopped:
        return ConnectError(
            target.address,
            f"{found.listener} is stopped (by a signal or a debugger) and answers nobody",
            cause="stopped",
            advice=f"let it run again: kill -CONT {found.listener.pid}",
        )
    if not found.is_ours and found.waiting:
        return ConnectError(
            target.address,
            f"{_listener(found)} has not accepted the connection within {seconds:g} s",
            cause="silent",
            advice="its main loop may be busy or hang; try again with a longer --connect-timeout",
        )
    return _quiet(target, seconds, found)


def not_a_monitor(address: str, first: bytes) -> ConnectError:
    """Return the failure of an other end that greeted with something else; ``first`` is how it began."""
    name, advice = next(
        ((name, advice) for start, name, advice in _STRANGERS if first.lstrip(b"\r\n").startswith(start)),
        ("something that is no monitor", "it may be a serial port; connect to the -qmp or -monitor socket"),
    )
    shown = first[:60].decode("utf-8", "replace").strip()
    return ConnectError(
        address, f"{name} answers there, it began with '{shown}'", cause="not-a-monitor", advice=advice
    )


def negotiation_refused(address: str, class_name: str, description: str) -> ConnectError:
    """Return the failure of a QMP monitor that greeted and then refused ``qmp_capabilities``."""
    return ConnectError(
        address,
        f"it greeted, but refused the capabilities negotiation: {description} ({class_name})",
        cause="negotiation",
        advice="somebody else may be using this connection through a proxy; connect to QEMU itself",
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


# -- who is there -------------------------------------------------------------------------------


def _busy(target: Target, found: Presence) -> ConnectError:
    from qmonsh.transport import holder

    who = " and ".join(str(one) for one in found.holders)
    if not who:
        who = "another program" if os.geteuid() == 0 else "another program (root could see which)"
    advice = "end that program first"
    if found.listener is not None:
        others = holder.other_monitors(found.listener.pid, besides=target)
        if others:
            advice += f", or use this VM's other monitor{'s' * (len(others) > 1)}: {', '.join(others)}"
    return ConnectError(
        target.address,
        f"{who} is connected to it, and a monitor serves one at a time",
        cause="busy",
        advice=advice,
    )


def _quiet(target: Target, seconds: float, found: Presence | None) -> ConnectError:
    """Return the failure of a connection that was made, as far as anybody can tell, and is silent."""
    from qmonsh.transport import holder

    listener = found.listener if found is not None else None
    reason = f"connected, but no greeting came within {seconds:g} s"
    if listener is not None:
        reason += f" from {listener}"
    if _is_agent(target, listener):
        advice = "this looks like a guest agent, which never greets: use --dialect agent"
    else:
        advice = (
            "another program may be connected to it, QEMU may be stopped, or it is no monitor: a guest agent"
            " (--dialect agent), a serial port, a TLS or websocket port"
        )
    if listener is not None:
        others = holder.other_monitors(listener.pid, besides=target)
        if others:
            advice += f"; that process also listens on {', '.join(others)}"
    return ConnectError(target.address, reason, cause="silent", advice=advice)


def _is_agent(target: Target, listener: Process | None) -> bool:
    words = (target.path.lower(), listener.name if listener is not None else "")
    return any(word in text for text in words for word in ("qga", "qemu-ga", "guest_agent", "guest-agent"))


def _listener(found: Presence) -> str:
    return str(found.listener) if found.listener is not None else "who listens there"


# -- a path -------------------------------------------------------------------------------------


def _missing(target: Target, error: OSError) -> ConnectError:
    """Say that a file does not exist, and which one may have been meant."""
    from qmonsh.transport import holder

    path = target.path
    folder = os.path.dirname(path) or "."
    if os.path.islink(path):
        reason = f"it is a symbolic link to {os.readlink(path)}, which does not exist"
        return ConnectError(target.address, reason, cause="no-such-file", advice="is QEMU running?")
    live = holder.listening_near(target)
    if not os.path.isdir(folder):
        reason = f"there is no directory {folder}"
    else:
        reason = f"there is no such file in {os.path.abspath(folder)}"
    if target.address in live or f"unix:{os.path.abspath(path)}" in live:
        reason += ", although a process still listens on it: the file was deleted"
        return ConnectError(
            target.address,
            reason,
            cause="no-such-file",
            advice="use another monitor of that VM, or restart it",
        )
    advice = _choice(path, [one.removeprefix("unix:") for one in live] or _sockets_in(folder))
    return ConnectError(target.address, reason, cause="no-such-file", advice=advice or "is QEMU running?")


def _not_a_directory(target: Target, error: OSError) -> ConnectError:
    part = os.path.dirname(target.path)
    while part and part != "/" and not os.path.lexists(part):
        part = os.path.dirname(part)
    return ConnectError(target.address, f"{part} is not a directory", cause="no-such-file")


def _refused(target: Target, error: OSError) -> ConnectError:
    """Say what stands at a path where connecting was refused: a stale socket, or no socket at all."""
    try:
        mode = os.stat(target.path).st_mode
    except OSError:
        mode = stat.S_IFSOCK
    if not stat.S_ISSOCK(mode):
        return _not_a_socket(target, mode)
    folder = os.path.dirname(target.path) or "."
    others = [one for one in _sockets_in(folder, only_live=True) if one != target.path]
    advice = "start that VM again (QEMU makes the socket anew)"
    if others:
        advice += f"; VMs that are running have {', '.join(others)}"
    return ConnectError(
        target.address,
        "nobody listens on that socket: the QEMU that made it is gone",
        cause="refused",
        advice=advice,
    )


def _not_a_socket(target: Target, mode: int) -> ConnectError:
    kind, advice = next(found for is_kind, *found in _KINDS if is_kind(mode))
    if stat.S_ISDIR(mode):
        inside = _sockets_in(target.path)
        advice = f"there is {_few(inside)} in it" if inside else "no socket is in it"
    return ConnectError(target.address, f"it is {kind}, not a socket", cause="not-a-socket", advice=advice)


def _denied(target: Target, error: OSError) -> ConnectError:
    """Say whose the file or the directory in the way is, and who may use it."""
    barrier, need = _barrier(target.path)
    try:
        found = os.stat(barrier)
    except OSError:
        found = None
    if found is None or os.geteuid() == 0:
        return ConnectError(
            target.address,
            "permission denied, and not by its file mode: SELinux, AppArmor or a sandbox may forbid it",
            cause="permission",
            advice="see the audit log (ausearch -m avc, dmesg)",
        )
    user, group = _user(found.st_uid), _group(found.st_gid)
    mode = stat.filemode(found.st_mode)
    may_group = bool(found.st_mode & stat.S_IRWXG & (stat.S_IWGRP if need == os.W_OK else stat.S_IXGRP))
    join = f", or join the group {group}" if may_group and found.st_gid not in os.getgroups() else ""
    return ConnectError(
        target.address,
        f"permission denied: {barrier} belongs to {user}:{group} ({mode}) and we are {_user(os.geteuid())}",
        cause="permission",
        advice=f"run qmonsh as {user} (sudo -u {user} qmonsh ...){join}",
    )


def _barrier(path: str) -> tuple[str, int]:
    """Return the first directory that may not be searched, else the file itself, and what is needed."""
    parts = os.path.abspath(path).split("/")
    for end in range(1, len(parts)):
        folder = "/".join(parts[:end]) or "/"
        if not os.access(folder, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            return folder, os.X_OK
    return os.path.abspath(path), os.W_OK


def _other_type(target: Target, error: OSError) -> ConnectError:
    return ConnectError(
        target.address,
        "it is a datagram socket, and a monitor is a stream",
        cause="not-a-monitor",
        advice=_choice(target.path, _sockets_in(os.path.dirname(target.path) or ".")),
    )


def _full(target: Target, error: OSError) -> ConnectError:
    """Say that even the queue before the monitor is full."""
    found = busy(target)
    if found is not None:
        return found
    return ConnectError(
        target.address,
        "others are waiting for it already, its queue is full",
        cause="busy",
        advice="QEMU may be stopped or hang; end the programs that wait ('ss -xp' shows them)",
    )


def _loop(target: Target, error: OSError) -> ConnectError:
    return ConnectError(target.address, "its symbolic links lead in a circle", cause="no-such-file")


def _otherwise(target: Target, error: OSError) -> ConnectError:
    return os_failed(target.address, error)


_UNIX_FAILURES: dict[int, Callable[[Target, OSError], ConnectError]] = {
    errno.ENOENT: _missing,
    errno.ENOTDIR: _not_a_directory,
    errno.ECONNREFUSED: _refused,
    errno.ENOTSOCK: _refused,
    errno.EACCES: _denied,
    errno.EPERM: _denied,
    errno.EPROTOTYPE: _other_type,
    errno.EAGAIN: _full,
    errno.ELOOP: _loop,
}

_KINDS: tuple[tuple[Callable[[int], bool], str, str], ...] = (
    (stat.S_ISDIR, "a directory", ""),
    (
        stat.S_ISREG,
        "a regular file",
        "give the path that stands after -qmp or -monitor in QEMU's command line",
    ),
    (stat.S_ISFIFO, "a fifo", "two fifos are no connection; use exec: with socat or cat"),
    (stat.S_ISCHR, "a character device", "for a pty: exec:'socat - PATH,raw,echo=0'"),
    (lambda mode: True, "a device", ""),
)


# -- TCP ----------------------------------------------------------------------------------------


def _advise_refused(target: Target) -> str:
    from qmonsh.transport import holder, processes, socktable

    advice = f"does QEMU run there, with '-qmp tcp:...:{target.port},server=on,wait=off'?"
    if not holder.is_local(target):
        return advice + " It must listen on an address that is reachable from here, not only on localhost"
    rows = [row for row in socktable.tcp_table() if row.is_listening and row.inode]
    owners = processes.owners_of([row.inode for row in rows])
    found = {}
    for row in rows:
        owner = processes.process(owners[row.inode]) if row.inode in owners else None
        if owner is not None and "qemu" in (
            owner.name + owner.arguments[0] if owner.arguments else owner.name
        ):
            found[row.local[1]] = owner.pid
    ports = [f"{port} (pid {pid})" for port, pid in sorted(found.items())]
    return f"{advice} QEMUs listen here on {_few(ports)}" if ports else advice


def _advise_no_answer(target: Target) -> str:
    return (
        "a firewall may drop it, or the host is down; from elsewhere:"
        f" ssh -N -L {target.port}:localhost:{target.port} {target.host}"
    )


def _advise_forward(target: Target) -> str:
    return f"check the network, or forward the port: ssh -N -L {target.port}:localhost:{target.port} HOST"


def _advise_nothing(target: Target) -> str:
    return ""


#: kind -> cause, reason, advice; the most telling first: a host that refuses is there.
_TCP_FAILURES: dict[str, tuple[str, str, Callable[[Target], str]]] = {
    "refused": ("refused", "nobody listens on port {port} of {host}", _advise_refused),
    "permission": ("permission", "a firewall of this machine forbids it ({error})", _advise_nothing),
    "no answer": ("timeout", "{host} did not answer in time", _advise_no_answer),
    "unreachable": ("unreachable", "{host} cannot be reached ({error})", _advise_forward),
    "failed": ("failed", "{error}", _advise_nothing),
}

_TCP_KINDS = {
    errno.ECONNREFUSED: "refused",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.ETIMEDOUT: "no answer",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.EHOSTDOWN: "unreachable",
}


def _tcp_kind(error: OSError) -> str:
    return "no answer" if isinstance(error, TimeoutError) else _TCP_KINDS.get(error.errno or 0, "failed")


# -- tables -------------------------------------------------------------------------------------

_PROTOCOL_ADVICE = "connect to the -qmp or -monitor socket of that VM"

#: What others greet with: first bytes, who that is, what to do.
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (
        b"HTTP/",
        "an HTTP server",
        "the port is wrong, or it is a websocket monitor, which QEMU does not answer",
    ),
    (
        b"SSH-",
        "an SSH server",
        "a monitor on that host is ssh -N -L vm.sock:/path/to.sock HOST, then qmonsh ./vm.sock",
    ),
    (b"RFB ", "a VNC display", _PROTOCOL_ADVICE),
    (b"REDQ", "a SPICE display", _PROTOCOL_ADVICE),
    (b"NBDMAGIC", "an NBD export", _PROTOCOL_ADVICE),
    (b"\x15\x03", "a TLS port", "TLS is not in this version yet; use a unix socket or ssh -L"),
    (b"\x16\x03", "a TLS port", "TLS is not in this version yet; use a unix socket or ssh -L"),
    (b"220", "a mail or FTP server", "check the host and the port"),
    (b"* OK", "an IMAP server", "check the host and the port"),
    (b"+OK", "a POP3 server", "check the host and the port"),
    (b"-ERR", "a Redis server", "check the host and the port"),
    (b"-DENIED", "a Redis server", "check the host and the port"),
    (b"SeaBIOS", "a serial port of a VM", _PROTOCOL_ADVICE),
    (b"\x1b[", "a serial port or a terminal", _PROTOCOL_ADVICE),
    (b"{", "something that speaks JSON but not QMP", _PROTOCOL_ADVICE),
)

_SILENT_STREAMS = {
    "exec": (
        "the command runs but said nothing within {seconds:g} s",
        "the monitor behind it may be held by another program; run the command by hand to see",
    ),
    "stdio": (
        "nothing came on stdin within {seconds:g} s",
        "stdio expects qmonsh's stdin and stdout to be connected to a monitor",
    ),
    "fd": (
        "nothing came on that descriptor within {seconds:g} s",
        "another program may have read the greeting, or the other end is no monitor",
    ),
}

_UNSUPPORTED: dict[str, Callable[[Target], tuple[str, str]]] = {
    "ssh": lambda t: (
        "ssh:// is not in this version yet",
        f"forward the socket: ssh -N -L ./vm.sock:{t.path} {f'-p {t.port} ' if t.port else ''}"
        f"{t.user + '@' if t.user else ''}{t.host}, then qmonsh ./vm.sock;"
        f' or qmonsh "exec:ssh {t.host} nc -N -U {t.path}"',
    ),
    "libvirt": lambda t: (
        "libvirt: is not in this version yet",
        f"virt-qemu-qmp-proxy {f'-c {t.uri} ' if t.uri else ''}{t.domain or 'DOMAIN'} ./vm.sock,"
        " then qmonsh ./vm.sock",
    ),
    "tls": lambda t: (
        "tls:// is not in this version yet",
        f"use a unix socket, or forward a plain port: ssh -N -L {t.port}:localhost:{t.port} {t.host}",
    ),
    "pid": lambda t: ("pid: is not in this version yet", _advise_pid(t)),
    "name": lambda t: (
        f"there is no file '{t.path}' here, and VMs are not found by name in this version yet",
        "give the path of its socket, or HOST:PORT" + _advise_sockets(t),
    ),
}


def _advise_pid(target: Target) -> str:
    from qmonsh.transport import holder, processes

    if processes.process(target.pid) is None:
        return f"there is no process {target.pid}"
    found = holder.other_monitors(target.pid)
    return (
        f"that process listens on {_few(list(found))}" if found else "no listening socket of it can be seen"
    )


def _advise_sockets(target: Target) -> str:
    near = _choice(target.path, _sockets_in("."))
    return f"; {near}" if near else ""


# -- words --------------------------------------------------------------------------------------


def _sockets_in(folder: str, *, only_live: bool = False) -> list[str]:
    """Return the paths of the sockets in a directory, sorted; none when it cannot be read."""
    from qmonsh.transport import socktable

    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)]
    except OSError:
        return []
    paths = sorted(os.path.normpath(entry.path) for entry in found)
    if only_live:
        table = socktable.unix_table().sockets
        files = {row.file for row in table} | {row.name for row in table}
        paths = [one for one in paths if os.path.abspath(one) in files or _file(one) in files]
    return paths


def _file(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _choice(path: str, sockets: Sequence[str]) -> str:
    """Return the question or the list that helps to find the right socket, ``""`` without any."""
    if not sockets:
        return ""
    by_name = {os.path.basename(one): one for one in sockets}
    near = _nearest(os.path.basename(path), list(by_name))
    return f"did you mean {by_name[near[0]]}?" if near else f"there is {_few(sockets)}"


def _few(words: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(words) - limit} more" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


def _nearest(word: str, words: Sequence[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(word, words, n=1)


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
