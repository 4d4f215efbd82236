"""A Target: the address of a monitor, understood, and its canonical spelling; pure.

Knows which fields each kind has and what is no path, host or port. Must not know how users and QEMU spell an
address (target.py).
"""

from __future__ import annotations

from typing import NamedTuple

from qmonsh.credentials import NO_CREDENTIALS, Credentials, spelled
from qmonsh.errors import UsageError


class Target(NamedTuple):
    """An address, understood; which fields are set follows from ``scheme``.

    ``address`` is the canonical spelling shown to users; parsing it gives the same Target again.
    unix: path. abstract: path (the name without its zero byte), tight (None: try exact, then padded to
    108 bytes). tcp: host, port. ``telnet`` says that QEMU sends telnet options first. fd: fd. exec: words.
    name: path (the word). pid: pid. ssh: user, host, port (0: ssh's own), path, or domain (the name of a VM
    there, with neither the only one). tls: host, port.
    libvirt: domain, uri ("" is libvirt's default).
    """

    scheme: str
    address: str
    path: str = ""
    host: str = ""
    port: int = 0
    fd: int = -1
    words: tuple[str, ...] = ()
    tight: bool | None = None
    telnet: bool = False
    user: str = ""
    pid: int = 0
    domain: str = ""
    uri: str = ""
    credentials: Credentials = NO_CREDENTIALS


def unix_at(path: str, *, telnet: bool = False) -> Target:
    """Return the target of a unix socket's path; raises UsageError without one."""
    if not path:
        raise UsageError("'unix:' has no path", advice="it is spelled unix:/path/to.sock")
    if path.startswith("///"):  # one slash to POSIX, and a URL's "//" before a path to us
        path = "/" + path.lstrip("/")
    return Target("unix", f"unix:{_doubled(path)}{',telnet=on' if telnet else ''}", path=path, telnet=telnet)


def abstract_at(name: str, *, tight: bool | None, telnet: bool) -> Target:
    """Return the target of an abstract unix socket's name; raises UsageError without one."""
    if not name:
        raise UsageError("'abstract:' has no name", advice="it is spelled abstract:NAME")
    said = "" if tight is None else f",tight={'on' if tight else 'off'}"
    said += ",telnet=on" if telnet else ""
    return Target("abstract", f"abstract:{_doubled(name)}{said}", path=name, tight=tight, telnet=telnet)


def tcp_at(host: str, port: str, *, text: str, telnet: bool = False) -> Target:
    """Return the target of a TCP port; an empty host is localhost.

    ``text`` is the whole as the user gave it, for messages. Raises UsageError for no usable port or host.
    """
    if not is_port(port):
        raise UsageError(f"'{text}' has no usable port: '{port}' is not a number from 1 to 65535")
    if any(c in " /,@[]" or c <= " " for c in host):
        raise UsageError(f"'{text}' has no usable host name: '{host}'", advice="it is spelled HOST:PORT")
    host = host or "localhost"
    shown = f"[{host}]" if ":" in host else host
    scheme = "telnet" if telnet else "tcp"
    return Target("tcp", f"{scheme}:{shown}:{int(port)}", host=host, port=int(port), telnet=telnet)


def tls_at(plain: Target, credentials: Credentials = NO_CREDENTIALS) -> Target:
    """Return a TCP target as one that speaks TLS."""
    address = f"tls://{plain.address.partition(':')[2].removeprefix('//')}{spelled(credentials)}"
    return Target("tls", address, host=plain.host, port=plain.port, credentials=credentials)


def libvirt_at(uri: str, domain: str) -> Target:
    """Return the target of a domain, whatever its name looks like, of the libvirt at a URI."""
    return Target("libvirt", f"libvirt+{uri}#{domain}", uri=uri, domain=domain)


def is_digits(text: str) -> bool:
    """Tell whether a text is a number in ASCII digits."""
    return text.isascii() and text.isdigit()


def is_port(text: str) -> bool:
    """Tell whether a text is a port number, 1 to 65535."""
    return is_digits(text) and len(text) <= 5 and 0 < int(text) < 65536


def is_ipv6(text: str) -> bool:
    """Tell whether a text looks like an IPv6 address, with or without a zone."""
    return text.count(":") > 1 and all(c in "0123456789abcdefABCDEF:." for c in text.partition("%")[0])


def _doubled(path: str) -> str:
    return path.replace(",", ",,")
