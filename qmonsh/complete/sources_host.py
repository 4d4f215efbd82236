"""Files and programs of a host: of this one for ``>`` and ``|``, of QEMU's where QEMU opens them.

Knows how a typed path is cut into folder and name. Must not know how folders are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.complete.sources import Place, source


@source("file", "image")
def qemu_files(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give files as QEMU would open them: below its own working folder, when it runs on this host."""
    return _files(look, place.typed, of="qemu")


@source("vnc-target")
def vnc_targets(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what ``change DEVICE`` takes: a file, or ``password`` of the VNC display."""
    if place.first("device") == "vnc":
        return [Candidate("password", "a new password, asked for", "word", rank=0)]
    return qemu_files(look, place)


@source("own-file")
def own_files(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give files as qmonsh opens them."""
    return _files(look, place.typed, of="qmonsh")


@source("program")
def programs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the programs that a shell finds by name."""
    if "/" in place.typed:
        return own_files(look, place)
    return look.derived("programs", _programs, look.ask("programs"))


def _files(look: Inquiry, typed: str, *, of: str) -> Sequence[Candidate]:
    folder = typed[: typed.rfind("/") + 1]
    name = typed[len(folder) :]
    rows = look.ask(question("files", directory=folder, of=of))
    found = look.derived(("files", of, folder), lambda listing: _entries(folder, listing), rows)
    if name.startswith("."):
        return found
    return [one for one in found if not one.display.startswith(".")]


def _entries(folder: str, rows: Any) -> tuple[Candidate, ...]:
    found = []
    for name, is_folder in rows if isinstance(rows, list) else ():
        meta, suffix = ("folder", "/") if is_folder else ("", "")
        found.append(Candidate(folder + name, meta, "file", suffix, display=name))
    return tuple(found)


def _programs(names: Any) -> tuple[Candidate, ...]:
    return tuple(Candidate(name, "", "program", " ") for name in names) if isinstance(names, list) else ()
