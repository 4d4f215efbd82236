"""Sockets as users and QEMU spell them become Targets: a path or HOST:PORT, with QEMU's options behind; pure.

Knows what may stand behind ``unix:``, ``tcp:``, ``telnet:`` and ``abstract:``, and that chardev.py reads the
options. Must not know other schemes (target.py), nor what listens there.
"""

from __future__ import annotations

from qmonsh import chardev
from qmonsh.address import Target, abstract_at, is_digits, is_ipv6, tcp_at, tls_at, unix_at
from qmonsh.errors import UsageError

# Each function returns the target that the rest behind its scheme spells, and raises UsageError.


def read_unix(rest: str, *, telnet: bool = False) -> Target:
    """Return ``PATH`` or ``path=PATH`` with QEMU's options."""
    first, *others = chardev.split_options(rest)
    if not first.startswith(("path=", "abstract=", "tight=")):
        first = "path=" + _without_slashes(first)
    address = chardev.read_socket("unix:" + rest, [first, *others])
    if telnet:
        return unix_at(address.path, telnet=True)
    return of_socket("unix:" + rest, address)


def read_tcp(rest: str, *, telnet: bool = False) -> Target:
    """Return ``HOST:PORT`` with QEMU's options; an empty host is localhost."""
    first, *others = chardev.split_options(rest.removeprefix("//"))
    if first.startswith(("host=", "port=")):
        address = chardev.read_socket("tcp:" + rest, [first, *others])
        return of_socket("tcp:" + rest, address._replace(telnet=telnet or address.telnet))
    host, colon, port = first.rstrip("/").rpartition(":")
    if not colon:
        advice = f"did you mean 'tcp::{port}'?" if is_digits(port) else "it is spelled tcp:HOST:PORT"
        raise UsageError(f"'tcp:{rest}' has no port", advice=advice)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        advice = f"an IPv6 address stands in brackets: tcp:[{host}]:{port}" if is_ipv6(host) else ""
        raise UsageError(f"'{rest}' has more than one ':'", advice=advice or "it is spelled tcp:HOST:PORT")
    address = chardev.read_socket("tcp:" + rest, others)
    plain = tcp_at(host, port, text="tcp:" + rest, telnet=telnet or address.telnet)
    return tls_at(plain) if address.tls else plain


def read_abstract(rest: str) -> Target:
    """Return ``NAME`` with QEMU's options."""
    first, *others = chardev.split_options(rest)
    address = chardev.read_socket("abstract:" + rest, ["path=" + first, *others])
    return abstract_at(address.path, tight=address.tight, telnet=address.telnet)


def read_telnet(rest: str) -> Target:
    """Return a port where telnet is spoken."""
    return read_tcp(rest, telnet=True)


def read_telnet_unix(rest: str) -> Target:
    """Return a unix socket where telnet is spoken."""
    return read_unix(rest, telnet=True)


def of_socket(text: str, address: chardev.SocketAddress) -> Target:
    """Return the target of a socket that options describe; ``text`` is the whole, for messages."""
    if address.path and address.abstract:
        return abstract_at(address.path, tight=address.tight, telnet=address.telnet)
    if address.path:
        return unix_at(address.path, telnet=address.telnet)
    if address.port:
        plain = tcp_at(address.host, address.port, text=text, telnet=address.telnet)
        return tls_at(plain) if address.tls else plain
    raise UsageError(f"'{text}' has neither a path nor a port", advice="it needs path=, or host= and port=")


def _without_slashes(path: str) -> str:
    """Return the path of a URL's ``//`` form: ``///run/x`` is /run/x."""
    return path[2:] if path.startswith("///") else path
