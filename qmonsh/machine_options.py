"""What a QEMU, storage daemon or guest agent says about itself on its command line; pure.

Knows the options that name the machine and its monitors, in QEMU's option-list, JSON and short forms.
Must not know processes or sockets: what is really open says discover.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qmonsh.chardev import split_options

#: Program name -> kind; names are the beginning of the file name.
PROGRAMS = (
    ("qemu-system-", "vm"),
    ("qemu-kvm", "vm"),
    ("qemu-storage-daemon", "storage"),
    ("qemu-ga", "agent"),
)
#: Whole file names that are too short to be the beginning of one (Proxmox calls its QEMU so).
NAMES = {"kvm": "vm"}

#: A carrier's own words stand before the program's name, at most this many.
_CARRIER_WORDS = 8

#: The port name by which guests open their agent's end of a virtio-serial chardev.
_AGENT_PORT = "org.qemu.guest_agent.0"


_HEADING = re.compile(r'\s*\[\s*([\w-]+)(?:\s+"([^"]*)")?\s*\]')
_ASSIGNMENT = re.compile(r'\s*([\w.-]+)\s*=\s*"(.*)"')
#: Sections of a configuration file, each with the key that its option on the command line leaves out.
_CONFIGURED = {
    "name": "guest",
    "chardev": "backend",
    "mon": "chardev",
    "object": "qom-type",
    "device": "driver",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """A monitor that a command line declares: ``dialect`` is "qmp", "hmp" or "agent".

    ``spelling`` is the chardev as QEMU spells it ("unix:/p,server=on"), ``chardev`` its id or "".
    ``is_shared`` says that a serial port is on the same line (``-serial mon:...``).
    """

    dialect: str
    spelling: str
    chardev: str = ""
    is_shared: bool = False


def kind_of(program: str, arguments: Sequence[str], *, is_carrier: bool = False) -> str:
    """Return "vm", "storage", "agent", or "" for another program's path and command line.

    ``program`` is "" when it is not known; then the arguments tell. A carrier (``ld.so --library-path L
    qemu-system-x86_64``) has its program among its arguments; whoever only starts one (timeout, sudo, a
    debugger) is none, the program itself is another process.
    """
    if not arguments:
        return ""  # it is just beginning or ending
    if is_carrier:
        return next((kind for word in arguments[:_CARRIER_WORDS] if (kind := kind_named(word))), "")
    return kind_named(program) or kind_named(arguments[0])


def kind_named(path: str) -> str:
    """Return the kind of a program by its file name; that of a wrapper may begin with a dot."""
    name = path.rpartition("/")[2].removeprefix(".")
    if name in NAMES:
        return NAMES[name]
    return next((kind for beginning, kind in PROGRAMS if name.startswith(beginning)), "")


def name_of(arguments: Sequence[str]) -> str:
    """Return the name given with ``-name`` (``guest=`` in the list and JSON forms), the last one, or ""."""
    given = [properties(value, implied="guest") for flag, value in options(arguments) if flag == "name"]
    return next((one["guest"] for one in reversed(given) if one.get("guest")), "")


def config_files(arguments: Sequence[str]) -> list[str]:
    """Return the paths given with ``-readconfig``."""
    return [value for flag, value in options(arguments) if flag == "readconfig"]


def config_arguments(text: str) -> list[str]:
    """Return what a file for ``-readconfig`` says as the command line that says the same.

    Of interest are the sections ``[name]``, ``[chardev "ID"]``, ``[mon "ID"]``, ``[object "ID"]`` and
    ``[device "ID"]``; the others are left out.
    """
    sections: list[tuple[str, dict[str, str]]] = []
    for line in text.split("\n"):
        if heading := _HEADING.match(line):
            name, id = heading.groups()
            sections.append((name, {"id": id} if id else {}))
        elif sections and (found := _ASSIGNMENT.match(line)):
            sections[-1][1][found[1]] = found[2]
    words = []
    for name, given in sections:
        if name in _CONFIGURED:
            # The first word is said without its key, as people do it.
            first = given.pop(_CONFIGURED[name], "")
            items = [first, *(f"{key}={value}" for key, value in given.items())]
            words += [f"-{name}", ",".join(item.replace(",", ",,") for item in items)]
    return words


def declared_monitors(kind: str, arguments: Sequence[str]) -> list[Declared]:
    """Return the monitors of a command line in its order; guest agent ports count as monitors."""
    if kind == "agent":
        return _agents_own(arguments)
    chardevs: dict[str, str] = {}
    found: list[Declared] = []
    for flag, value in options(arguments):
        if flag == "chardev":
            chardevs[properties(value, implied="backend").get("id", "")] = value
        found += _declared("mon" if kind == "storage" and flag == "monitor" else flag, value)
    if kind == "storage":  # it has no HMP, and its --monitor is QEMU's -mon (QEMU-FACTS, QSD)
        found = [Declared("qmp", one.spelling, one.chardev) for one in found]
    return [_followed(one, chardevs) for one in found]


def monitors_in(arguments: Sequence[str]) -> list[str]:
    """Return the chardev spelling of every monitor in a piece of a QEMU command line, as target.py reads it.

    A monitor whose ``-chardev`` is not there becomes ``chardev:ID``, one that shares its line ``mon:...``. A
    piece without a monitor is taken as the chardevs themselves.
    """
    found = [one for one in declared_monitors("vm", arguments) if one.dialect != "agent"]
    if not found:
        return [value for flag, value in options(arguments) if flag == "chardev" and value]
    return [spelling for one in found if (spelling := _pasted(one))]


def _pasted(one: Declared) -> str:
    spelling = one.spelling or (f"chardev:{one.chardev}" if one.chardev else "")
    return f"mon:{spelling}" if one.is_shared else spelling


def properties(value: str, *, implied: str) -> dict[str, str]:
    """Return the members of an option's value: a list ``a,k=v``, or JSON; ``implied`` names the first."""
    if value.lstrip().startswith("{"):
        try:
            members = json.loads(value)
        except ValueError:
            return {}
        return {str(k): v if isinstance(v, str) else json.dumps(v) for k, v in members.items()}
    given: dict[str, str] = {}
    for number, item in enumerate(split_options(value)):
        key, equals, text = item.partition("=")
        if equals:
            given[key] = text
        elif number == 0:
            given[implied] = key
        else:
            given[key] = "on"
    return given


def options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each option of a command line without its dashes, with the word behind it ("" at the end)."""
    for word, following in zip(arguments, (*arguments[1:], ""), strict=False):
        if word.startswith("-") and len(word) > 1:
            flag, equals, glued = word.lstrip("-").partition("=")
            # --option=value is the storage daemon's and the agent's way; QEMU has no such form.
            yield (flag, glued) if equals and word.startswith("--") else (word.lstrip("-"), following)


def _declared(flag: str, value: str) -> list[Declared]:
    if flag in ("qmp", "qmp-pretty"):
        return [Declared("qmp", value)]
    if flag == "monitor":
        return [Declared("hmp", value)]
    if flag == "mon":
        return [_mon(value)]
    if flag == "serial" and value.startswith("mon:"):
        return [Declared("hmp", value.removeprefix("mon:"), is_shared=True)]
    if flag == "object":
        given = properties(value, implied="qom-type")
        dialect = {"monitor-qmp": "qmp", "monitor-hmp": "hmp"}.get(given.get("qom-type", ""))
        return [Declared(dialect, "", given.get("chardev", ""))] if dialect else []
    if flag == "device" and _AGENT_PORT in value:
        return [Declared("agent", "", properties(value, implied="driver").get("chardev", ""))]
    return []


def _mon(value: str) -> Declared:
    given = properties(value, implied="chardev")
    return Declared("qmp" if given.get("mode") == "control" else "hmp", "", given.get("chardev", ""))


def _followed(one: Declared, chardevs: dict[str, str]) -> Declared:
    """Return a declaration with its chardev's spelling, when it names one by id."""
    id = one.chardev or (one.spelling.removeprefix("chardev:") if one.spelling.startswith("chardev:") else "")
    return Declared(one.dialect, chardevs.get(id, ""), id) if id else one


def _agents_own(arguments: Sequence[str]) -> list[Declared]:
    """Return the socket on which a qemu-ga itself listens (``-m unix-listen -p PATH``)."""
    given = dict(options(arguments))
    method = given.get("m", given.get("method", ""))
    path = given.get("p", given.get("path", ""))
    return [Declared("agent", f"unix:{path}")] if method == "unix-listen" and path else []
