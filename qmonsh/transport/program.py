"""Which program a process runs, and which version it says it is; read from /proc and the program's own file.

Knows how programs are started through loaders, and the words with which QEMU's programs print their version.
Runs nothing: another user's program must not be started to ask it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

_DELETED = " (deleted)"

#: Programs that carry another: loaders, emulators of foreign machines, debugging tools.
_CARRIERS = re.compile(r"ld[-.]|ld\d+\.|valgrind|memcheck-|qemu-(x86_64|i386|aarch64|arm|ppc64|s390x)|box64")

#: What stands before the version in what ``--version`` prints, as it lies in the file.
_BEFORE = (b"QEMU emulator version ", b"qemu-storage-daemon version ", b"%s version ", b"QEMU Guest Agent ")
_VERSION = re.compile(rb"(\d+\.\d+\.\d+)(?: \(([\x20-\x7e]{1,200}?)\))?[\n\0]")

#: The guest agent's version stands alone in the file; only a vendor's name behind it makes it one for sure.
_ALONE = re.compile(rb"\0(\d+\.\d+\.\d+)(?: \(([\x20-\x7e]{1,200})\))\0")

_PIECE = 1 << 20
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Program:
    """A program's file: ``is_replaced`` says that it changed since the process started. "" is not known."""

    path: str
    is_replaced: bool = False

    @property
    def is_carrier(self) -> bool:
        """Whether it only carries another program, which is then in its arguments."""
        return is_carrier(self.path)


def is_carrier(path: str) -> bool:
    """Return whether the program of that path carries another one (``ld.so --library-path L PROGRAM``)."""
    return _CARRIERS.match(os.path.basename(path)) is not None


def program_of(pid: int) -> Program:
    """Return the file that a process runs; for another user's process it is mostly not known."""
    try:
        link = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return Program("")
    return Program(link.removesuffix(_DELETED), link.endswith(_DELETED))


def mapped(pid: int, name: str) -> Program:
    """Return the file of that name which a process has in its memory: what its loader loaded."""
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            lines = os.fsdecode(file.read()).split("\n")
    except OSError:
        return Program("")
    for line in lines:
        path = line.partition("/")
        whole = path[1] + path[2]
        if os.path.basename(whole.removesuffix(_DELETED)) == name:
            return Program(whole.removesuffix(_DELETED), whole.endswith(_DELETED))
    return Program("")


class Versions:
    """Reads versions out of programs, each file once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def of(self, pid: int, program: Program) -> str:
        """Return the version of a running program ("7.2.22 (Debian 1:7.2)"), "" when it cannot be told."""
        if not program.path or program.is_carrier:
            return ""
        running = program_of(pid)
        # The link to a running program leads to its file even when that has been replaced.
        path = f"/proc/{pid}/exe" if running.path == program.path else program.path
        if path == program.path and program.is_replaced:
            return ""
        try:
            found = os.stat(path)
            key = (found.st_dev, found.st_ino)
            if key not in self._known:
                self._known[key] = version_in(path)
        except OSError:
            return ""
        return self._known[key]


def version_in(path: str) -> str:
    """Return the version that a program's file says it is, or ""; raises OSError."""
    # One look for each of the words: the first ones are a QEMU's, whose file is by far the largest.
    for words in _BEFORE:
        for piece in _pieces(path):
            if version := _behind(words, piece):
                return version
    return next((_said(found) for piece in _pieces(path) if (found := _ALONE.search(piece))), "")


def _pieces(path: str) -> Iterator[bytes]:
    """Yield a file in pieces that overlap. (Not mapped: a file that is cut short meanwhile would end us.)"""
    rest = b""
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield rest + piece
            rest = (rest + piece)[-_LONGEST:]


def _behind(words: bytes, text: bytes) -> str:
    at = text.find(words)
    while at >= 0:
        if found := _VERSION.match(text, at + len(words)):
            return _said(found)
        at = text.find(words, at + 1)
    return ""


def _said(found: re.Match[bytes]) -> str:
    number, vendor = found.groups()
    return number.decode("ascii") + (f" ({vendor.decode('ascii')})" if vendor else "")
