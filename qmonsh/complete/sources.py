"""The kinds of values and what offers them: one registered function per kind.

Knows how a source is declared and found, and the kinds that need no monitor. To add one: a function with
``@source("kind")`` here or in a sources_*.py, which asks its questions through the Inquiry and gives
candidates; the kinds of HMP arguments are language/rules.py's. Must not know lines or ranking of matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry


@dataclass(frozen=True, slots=True)
class Place:
    """What is being completed: the text so far, and what else the line says.

    ``given`` are the values of the other arguments by name, ``command`` the command, ``driver`` the driver,
    type or backend of an option list.
    """

    typed: str = ""
    command: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    driver: str = ""

    def first(self, *names: str) -> str:
        """Return the first of these arguments that is given, or ``""``."""
        return next((self.given[name] for name in names if self.given.get(name)), "")


Source = Callable[[Inquiry, Place], Sequence[Candidate]]

#: kind -> the function that offers its values.
SOURCES: dict[str, Source] = {}
#: kind -> the characters after which the value begins anew (``ctrl-alt-del``, ``in_asm,int``).
SEPARATORS: dict[str, str] = {}

_MODULES = (
    "sources_block",
    "sources_command",
    "sources_cpu",
    "sources_host",
    "sources_machine",
    "sources_migration",
    "sources_names",
    "sources_net",
    "sources_node",
    "sources_qom",
    "sources_storage",
)


def source(*kinds: str, after: str = "") -> Callable[[Source], Source]:
    """Register a function for kinds of values; each kind has one."""

    def register(function: Source) -> Source:
        for kind in kinds:
            assert kind not in SOURCES, f"two sources for {kind}"
            SOURCES[kind] = function
            if after:
                SEPARATORS[kind] = after
        return function

    return register


def values_of(kind: str, look: Inquiry, place: Place) -> tuple[int, Sequence[Candidate]]:
    """Return the values of a kind, and how many characters of ``place.typed`` stand before what they replace.

    A kind without source has no values.
    """
    function = find(kind)
    if function is None:
        return 0, ()
    skip = max((place.typed.rfind(one) for one in SEPARATORS.get(kind, "")), default=-1) + 1
    found = function(look, place)
    return skip, found


def find(kind: str) -> Source | None:
    """Return the function of a kind."""
    _load()
    return SOURCES.get(kind)


@cache
def _load() -> None:
    """Import the modules that register sources; here, as they import this one."""
    for name in _MODULES:
        import_module(f"qmonsh.complete.{name}")


def size_text(size: object) -> str:
    """Return a number of bytes as people write it: "1 GiB", "1.5 MiB", "512 B"."""
    if not isinstance(size, int) or isinstance(size, bool):
        return ""
    amount, units = float(size), ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    while abs(amount) >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.4g} {units[0]}"


def words(*parts: object) -> str:
    """Return the parts that say something, joined with blanks."""
    return " ".join(str(part) for part in parts if _says(part))


def items(*parts: object) -> str:
    """Return the parts that say something, joined with commas."""
    return ", ".join(str(part) for part in parts if _says(part))


def _says(part: object) -> bool:
    return part is not None and part is not False and part != ""


def _static(rows: Mapping[str, str], suffix: str = "") -> Source:
    fixed = tuple(Candidate(text, meta, "word", suffix=suffix) for text, meta in rows.items())
    return lambda look, place: fixed


#: Kinds whose words are the same everywhere.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "onoff": {"on": "", "off": ""},
    "bool": {"on": "true", "off": "false"},
    "time": {"now": "at once", "never": "no end", "+60": "in 60 seconds"},
    "protocol": {"vnc": "", "spice": ""},
    "boot-order": {"c": "first hard disk", "d": "CD-ROM", "n": "network", "a": "floppy", "cd": "", "nc": ""},
    "uri-scheme": {
        "tcp:": "tcp:HOST:PORT",
        "unix:": "unix:PATH, a socket",
        "exec:": "exec:COMMAND, its stdin is the stream",
        "fd:": "fd:NAME, a descriptor from getfd",
        "file:": "file:PATH",
        "rdma:": "rdma:HOST:PORT",
        "vsock:": "vsock:CID:PORT",
    },
    "inet": {
        "localhost:10809": "this host, NBD's port",
        "0.0.0.0:10809": "every interface",
        "unix:": "unix:PATH",
    },
    "hostfwd-form": {
        "tcp::2222-:22": "host port 2222 to the guest's 22",
        "tcp:127.0.0.1:8080-:80": "local port 8080 to the guest's 80",
        "udp::5353-:53": "host port 5353 to the guest's 53",
    },
    "gdb": {"tcp::1234": "the default", "none": "stop the server", "stdio": "", "pty": ""},
    "aer-error": dict.fromkeys(
        (
            "DLP SDN POISON_TLP FCP COMP_TIME COMP_ABORT UNX_COMP RX_OVER MALF_TLP ECRC UNSUP ACSV INTN"
            " MCBTLP ATOP_EBLOCKED TLP_PRF_BLOCKED RCVR BAD_TLP BAD_DLLP REP_ROLL REP_TIMER ADV_NONFATAL"
        ).split(),
        "",
    ),
}
for _kind, _rows in _WORDS.items():
    SOURCES[_kind] = _static(_rows)
