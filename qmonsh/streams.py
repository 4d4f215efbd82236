"""The standard streams as a shell may leave them: closed, or in an encoding that lacks a letter.

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
