"""The standard streams as a shell may leave them: closed, lacking a letter, unwritable at the end.

Knows descriptors 0, 1 and 2 only. Must not know what is read from them or written to them.
"""

from __future__ import annotations

import os
import sys

#: A closed stream is replaced by one that fails as it would (EBADF), except stderr: nobody could be told.
_CLOSED = (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def mend() -> None:
    """Make sys.stdin, stdout and stderr usable objects, and their descriptors nobody else's.

    A descriptor that was closed (``<&-``, ``>&-``) would be the next socket's number, and what is printed
    would go to the monitor. A letter that the terminal's encoding lacks is spelled out.
    """
    for name, flags, mode in _CLOSED:
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.open(os.devnull, flags), mode, closefd=False, encoding="utf-8")
            setattr(sys, name, stream)
        if mode == "w" and stream.errors != "backslashreplace" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def complain(text: str) -> None:
    """Print a line to stderr, if it can be written."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def columns() -> int | None:
    """Return how wide the terminal is that stderr is on, None when it is on none."""
    try:
        return os.get_terminal_size(2).columns or None
    except (OSError, ValueError):
        return None


def flush(status: int) -> int:
    """Flush stdout before the interpreter does: an unwritable one is said, a closed pipe is silent."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    except (OSError, ValueError) as error:
        complain(f"qmonsh: cannot write to stdout: {getattr(error, 'strerror', error)}")
        silence_stdout()
        status = max(status, 1)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        silence(2)  # what could not be said changes no status
    return status


def silence_stdout() -> None:
    """Point stdout at /dev/null, so that the interpreter's last flush cannot fail."""
    silence(1)


def silence(fd: int) -> None:
    """Point a descriptor at /dev/null."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), fd)
