"""Host names to socket addresses within a deadline.

Knows getaddrinfo and that it cannot be interrupted. Must not connect to anything.
"""

from __future__ import annotations

import errno
import socket
from time import monotonic

#: A socket family and the address to connect to.
Address = tuple[int, tuple[object, ...]]


def addresses_of(host: str, port: int, *, until: float) -> list[Address]:
    """Return the addresses of a host's port in the order of the system's preference, each once.

    Raises OSError: socket.gaierror, or TimeoutError when the name was not resolved until then.
    """
    try:
        return _look_up(host, port, flags=socket.AI_NUMERICHOST)
    except OSError:
        pass  # not a number but a name
    import threading

    found: list[list[Address]] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            found.append(_look_up(host, port))
        except OSError as error:
            failed.append(error)

    # A name server that does not answer blocks for longer than our deadline: leave that thread behind.
    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    thread.start()
    thread.join(max(0.0, until - monotonic()))
    if found:
        return found[0]
    raise failed[0] if failed else TimeoutError(errno.ETIMEDOUT, "the name was not resolved in time")


def _look_up(host: str, port: int, *, flags: int = 0) -> list[Address]:
    try:
        # As bytes: for text Python loads its IDNA codec, which takes longer than the whole exchange.
        name: str | bytes = host.encode("ascii") if host.isascii() else host
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        raise OSError(errno.EINVAL, f"no host can have that name ({error})") from None
    return list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))
