"""Where an ssh leads to on the other host: a unix socket's path, ``tcp:HOST:PORT`` or ``abstract:NAME``.

Pure. Knows how ssh is told to forward to each, and which command over there carries the bytes where it cannot
or may not. Must not know how ssh is called.
"""

from __future__ import annotations

from shlex import quote

from qmonsh.transport.ssh_failure import MISSING, NO_TOOL, NOT_A_SOCKET, PERMISSION

#: What the ends that are no paths begin with.
TCP, ABSTRACT = "tcp:", "abstract:"

# They run on the other host when a forward brought nothing: the reason as a status, or the bytes themselves.
_PATH = f"""p={{path}}
if [ ! -e "$p" ]; then exit {MISSING}; fi
if [ ! -S "$p" ]; then exit {NOT_A_SOCKET}; fi
if [ ! -w "$p" ]; then exit {PERMISSION}; fi
if nc -h 2>&1 | grep -q "^[[:space:]]*-N"; then exec nc -N -U "$p"; fi
if command -v socat >/dev/null 2>&1; then exec socat - "UNIX-CONNECT:$p"; fi
if command -v ncat >/dev/null 2>&1; then exec ncat -U "$p"; fi
exit {NO_TOOL}"""

_PORT = f"""if nc -h 2>&1 | grep -q "^[[:space:]]*-N"; then exec nc -N {{host}} {{port}}; fi
if command -v socat >/dev/null 2>&1; then exec socat - {{joined}}; fi
if command -v ncat >/dev/null 2>&1; then exec ncat {{host}} {{port}}; fi
exit {NO_TOOL}"""

_NAME = f"""if command -v socat >/dev/null 2>&1; then exec socat - {{name}}; fi
exit {NO_TOOL}"""


def is_forwardable(end: str) -> bool:
    """Tell whether ssh can forward to it: it knows no abstract sockets."""
    return not end.startswith(ABSTRACT)


def forwarded(end: str) -> str:
    """Return an end as ``-L`` takes it: colons and backslashes of a path escaped, ``%`` doubled."""
    if end.startswith(TCP):
        return end.removeprefix(TCP)
    return end.replace("\\", "\\\\").replace(":", "\\:").replace("%", "%%")  # ssh_config(5), TOKENS


def host_and_port(end: str) -> tuple[str, int]:
    """Return those of a ``tcp:`` end."""
    host, _, port = end.removeprefix(TCP).rpartition(":")
    return host.strip("[]"), int(port)


def remote_command(end: str) -> str:
    """Return a command for the other host's login shell that carries the bytes of an end there."""
    return f"sh -c {quote(_script(end))}"


def _script(end: str) -> str:
    if end.startswith(TCP):
        host, port = host_and_port(end)
        return _PORT.format(host=quote(host), port=port, joined=quote(f"TCP:{end.removeprefix(TCP)}"))
    if end.startswith(ABSTRACT):
        # socat's own characters in a name are escaped for it.
        name = "".join(f"\\{c}" if c in "\\,:!\"'([{" else c for c in end.removeprefix(ABSTRACT))
        return _NAME.format(name=quote(f"ABSTRACT-CONNECT:{name}"))
    return _PATH.format(path=quote(end))
