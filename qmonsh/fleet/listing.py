"""The sockets that a pattern of paths matches on another host: the words that list them, and what they said.

Pure. Knows the other side's POSIX shell. Must not know how the words get there.
"""

from __future__ import annotations

from shlex import quote

from qmonsh.errors import ConnectError
from qmonsh.target import Target

_WILD = "*?[]"
#: What means something between brackets, and nothing to a shell that is no terminal.
_PLAIN = "/._-+:@%,=!^"
#: More bytes of names than this are no list of monitors.
MOST_BYTES = 1 << 20


def list_command(pattern: str) -> str:
    """Return a command for the other host's login shell that lists the sockets, each behind a NUL."""
    words = "".join(char if char.isalnum() or char in _WILD + _PLAIN else f"\\{char}" for char in pattern)
    # What the login shell's own files print stands before the first NUL.
    script = f"for p in {words}; do if [ -S \"$p\" ]; then printf '\\000%s' \"$p\"; fi; done; printf '\\000.'"
    return f"sh -c {quote(script)}"


def listed(data: bytes, target: Target) -> list[str]:
    """Return the paths of a listing; raises ConnectError when there are none or it was cut short."""
    _, *found = data.split(b"\0")
    is_long = len(data) >= MOST_BYTES
    if is_long or not found or found.pop() != b".":
        cut = f": the list is longer than {MOST_BYTES >> 20} MiB" if is_long else ""
        raise ConnectError(
            target.address,
            f"the sockets on {target.host} could not be listed{cut}",
            cause="closed",
            advice="name them one by one",
        )
    if not found:
        raise ConnectError(
            target.address, f"no socket on {target.host} matches {target.path}", cause="no-such-file"
        )
    return [path.decode("utf-8", "surrogateescape") for path in found]
