"""Why a unix socket could not be connected to, as a ConnectError: what stands at the path and who may use it.

Knows the errors of connect(2) on unix sockets and what to look at for each. Looks only.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from qmonsh.errors import ConnectError
from qmonsh.target import Target
from qmonsh.transport.neighbours import choice, few, nearest, running, sockets_in

#: What to do when no socket can be named.
_IS_IT_RUNNING = "is QEMU running?"


def unix_failed(target: Target, error: OSError) -> ConnectError:
    """Return what an OSError of connecting to a path means."""
    return _FAILURES.get(error.errno or 0, _otherwise)(target, error)


def abstract_failed(target: Target, error: OSError) -> ConnectError:
    """Return what an OSError of connecting to an abstract name means."""
    from qmonsh.transport import socktable

    if error.errno != errno.ECONNREFUSED:
        return unix_failed(target, error)
    rows = socktable.unix_table().sockets
    names = sorted({row.name[1:] for row in rows if row.name.startswith("@") and row.is_listening})
    near = nearest(target.path, names)
    return ConnectError(
        target.address,
        "nobody listens on that abstract name",
        cause="refused",
        advice=f"did you mean abstract:{near}?"
        if near
        else "abstract names belong to a network namespace: a container's are not seen from outside",
    )


def too_long(target: Target, *, length: int, limit: int) -> ConnectError:
    """Return the failure of a name that a socket address cannot hold; both are in bytes."""
    return ConnectError(
        target.address,
        f"its name has {length} bytes, a socket's may have {limit}",
        cause="path-too-long",
        advice="change to its directory and give the file name alone, or link to it: ln -s LONG /tmp/vm.sock",
    )


# -- one function a case ------------------------------------------------------------------------


def _missing(target: Target, error: OSError) -> ConnectError:
    """Say that a file does not exist, and which one may have been meant."""
    from qmonsh.transport import holder

    path = target.path
    folder = os.path.dirname(path) or "."
    live = holder.listening_near(path)
    if os.path.islink(path):
        reason = f"it is a symbolic link to {os.readlink(path)}, which does not exist"
    elif not os.path.isdir(folder):
        reason = f"there is no directory {folder}"
    else:
        reason = f"there is no such file in {os.path.abspath(folder)}"
    if os.path.abspath(path) in live:
        reason += ", although a process listens on it: the file was deleted, or is in another mount namespace"
        advice = "use another monitor of that VM, or its container's view of the file system"
    else:
        advice = choice(path, live or sockets_in(folder)) or running() or _IS_IT_RUNNING
    return ConnectError(target.address, reason, cause="no-such-file", advice=advice)


def _not_a_directory(target: Target, error: OSError) -> ConnectError:
    part = os.path.dirname(os.path.abspath(target.path))
    while not os.path.lexists(part):
        part = os.path.dirname(part)
    return ConnectError(
        target.address,
        f"{part} is not a directory",
        cause="no-such-file",
        advice=choice(target.path, sockets_in(os.path.dirname(part))) or "check the spelling of the path",
    )


def _refused(target: Target, error: OSError) -> ConnectError:
    """Say what stands at a path where connecting was refused: a stale socket, or no socket at all."""
    try:
        mode = os.stat(target.path).st_mode
    except OSError:
        mode = stat.S_IFSOCK
    if not stat.S_ISSOCK(mode):
        return _not_a_socket(target, mode)
    others = sockets_in(os.path.dirname(target.path) or ".", only_live=True)
    advice = "start that VM again, QEMU makes the socket anew"
    if others:
        advice += f"; sockets of running programs there: {few(others)}"
    return ConnectError(
        target.address,
        "nobody listens on that socket: the QEMU that made it is gone",
        cause="refused",
        advice=advice,
    )


def _not_a_socket(target: Target, mode: int) -> ConnectError:
    kind, advice = next(words for is_kind, words in _KINDS if is_kind(mode))
    if stat.S_ISDIR(mode):
        inside = sockets_in(target.path)
        advice = f"the sockets in it are {few(inside)}" if inside else f"no socket is in it; {_IS_IT_RUNNING}"
    return ConnectError(target.address, f"it is {kind}, not a socket", cause="not-a-socket", advice=advice)


def _denied(target: Target, error: OSError) -> ConnectError:
    """Say whose the file or the directory in the way is, and who may use it."""
    barrier, bits = _barrier(target.path)
    if not barrier:
        return ConnectError(
            target.address,
            "permission denied, and not by its file mode: SELinux, AppArmor or a sandbox may forbid it",
            cause="permission",
            advice="see the audit log: ausearch -m avc, or dmesg",
        )
    found = os.stat(barrier)
    user, group = _user(found.st_uid), _group(found.st_gid)
    sudo = "sudo" if user == "root" else f"sudo -u {user}"
    may_group = found.st_mode & stat.S_IRWXG & bits and found.st_gid not in (os.getegid(), *os.getgroups())
    return ConnectError(
        target.address,
        f"permission denied: {barrier} belongs to {user}:{group} ({stat.filemode(found.st_mode)})"
        f" and we are {_user(os.geteuid())}",
        cause="permission",
        advice=f"run it as that user, {sudo} qmonsh ..." + (f", or join the group {group}" * bool(may_group)),
    )


def _other_type(target: Target, error: OSError) -> ConnectError:
    return ConnectError(
        target.address,
        "it is a datagram or packet socket, and a monitor is a stream",
        cause="not-a-monitor",
        advice=choice(target.path, _others_of(target.path)) or _IS_IT_RUNNING,
    )


def _full(target: Target, error: OSError) -> ConnectError:
    """Say that even the queue before the monitor is full."""
    from qmonsh.transport import diagnosis

    found = diagnosis.busy(target)
    if found is not None:
        return found
    return ConnectError(
        target.address,
        "others are waiting for it already, its queue is full",
        cause="busy",
        advice="QEMU may be stopped or hang; end the programs that wait ('ss -xp' shows them)",
    )


def _loop(target: Target, error: OSError) -> ConnectError:
    return ConnectError(
        target.address,
        "its symbolic links lead in a circle",
        cause="no-such-file",
        advice="give the path of the socket itself",
    )


def _otherwise(target: Target, error: OSError) -> ConnectError:
    return ConnectError(target.address, error.strerror or str(error), cause="failed")


_FAILURES: dict[int, Callable[[Target, OSError], ConnectError]] = {
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

#: What is no socket: a test of the mode, then what it is and what to do.
_KINDS: tuple[tuple[Callable[[int], bool], tuple[str, str]], ...] = (
    (stat.S_ISDIR, ("a directory", "")),
    (
        stat.S_ISREG,
        ("a regular file", "give the path that stands after -qmp or -monitor in QEMU's command line"),
    ),
    (stat.S_ISFIFO, ("a fifo", "a monitor on fifos: exec:\"sh -c 'cat P.out & exec cat > P.in'\"")),
    (stat.S_ISCHR, ("a character device", "a monitor on a pty: exec:'socat - PATH,raw,echo=0'")),
    (lambda mode: True, ("a device", "give the path that stands after -qmp or -monitor")),
)


# -- looking ------------------------------------------------------------------------------------


def _barrier(path: str) -> tuple[str, int]:
    """Return what may not be used, and the mode bits that would allow it: a directory, else the file.

    ``("", 0)`` when the modes allow everything.
    """
    real = os.path.realpath(path)
    folder = "/"
    for part in os.path.dirname(real).split("/"):
        folder = os.path.join(folder, part)
        if not _may(folder, os.X_OK):
            return folder, stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    return ("", 0) if _may(real, os.W_OK) else (real, stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def _may(path: str, need: int) -> bool:
    return os.access(path, need, effective_ids=os.access in os.supports_effective_ids)


def _others_of(path: str) -> list[str]:
    return [one for one in sockets_in(os.path.dirname(path) or ".") if one != os.path.normpath(path)]


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
