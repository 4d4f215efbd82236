"""VMs elsewhere become Targets: ``ssh://``, ``tls://``, ``libvirt:``; pure.

Knows the parts of each. Must not know other schemes (target.py), nor what is at the other end.
"""

from __future__ import annotations

from qmonsh.address import Target, is_port, tls_at
from qmonsh.credentials import SPELLING, read_credentials
from qmonsh.errors import UsageError
from qmonsh.socket_spelling import read_tcp

# Each function returns the target that the rest behind its scheme spells, and raises UsageError; what begins
# with libvirt+ is a whole.


def read_ssh(rest: str) -> Target:
    """Return ``//[user@]host[:port]/path``, or ``#NAME`` of a VM there; without both it is the only one."""
    problem = UsageError(
        f"'ssh:{rest}' cannot be used",
        advice="it is spelled ssh://[user@]host[:port]/path.sock or ssh://[user@]host[:port]#NAME",
    )
    place, slash, path = rest.removeprefix("//").partition("/")
    place, hash, name = place.partition("#")
    if hash:
        name, slash, path = name + slash + path, "", ""
    if not path and rest.endswith("/") and not hash:
        slash = ""
    if not rest.startswith("//") or not place:
        raise problem
    user, _, place = place.rpartition("@")
    host, port = place, ""
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        port = port.removeprefix(":")
    elif ":" in place:
        host, _, port = place.rpartition(":")
    if not host or (port and not is_port(port)):
        raise problem
    return Target(
        "ssh", f"ssh:{rest}", path=slash + path, host=host, port=int(port or 0), user=user, domain=name
    )


def read_tls(rest: str) -> Target:
    """Return ``//HOST:PORT[?KEY=VALUE&...]``; also without the slashes."""
    place, question, query = rest.partition("?")
    credentials = read_credentials(f"tls:{rest}", query)
    if not place.removeprefix("//").rstrip("/").rpartition(":")[2].isdigit():
        raise UsageError(f"'tls:{rest}' has no port", advice=f"it is spelled tls://HOST:PORT{SPELLING[:8]}")
    return tls_at(read_tcp(place), credentials)


def read_libvirt(rest: str) -> Target:
    """Return ``DOMAIN`` of libvirt's default URI."""
    if rest.startswith("//"):
        raise UsageError(f"'libvirt:{rest}' names no domain", advice="it is spelled libvirt:DOMAIN")
    return Target("libvirt", f"libvirt:{rest}", domain=rest)


def read_libvirt_uri(text: str) -> Target:
    """Return ``libvirt+URI#DOMAIN``."""
    uri, _, domain = text.removeprefix("libvirt+").partition("#")
    if not uri.partition(":")[2]:
        raise UsageError(f"'{text}' has no libvirt URI", advice="it is spelled libvirt+qemu:///system#DOMAIN")
    return Target("libvirt", text, uri=uri, domain=domain)
