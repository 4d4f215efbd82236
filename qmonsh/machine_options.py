"""What a QEMU, storage daemon or guest agent says about itself on its command line; pure.

Knows the options that name the machine and its monitors, in QEMU's option-list, JSON and short forms.
Must not know processes or sockets: what is really open says discover.py.
"""

from __future__ import annotations

import json
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
#: A loader or wrapper stands before the program's own name by at most this many words.
_LOADER_WORDS = 6

#: The port name by which guests open their agent's end of a virtio-serial chardev.
_AGENT_PORT = "org.qemu.guest_agent.0"


@dataclass(frozen=True, slots=True)
class Declared:
    """A monitor that a command line declares: ``dialect`` is "qmp", "hmp" or "agent".

    ``spelling`` is the chardev as QEMU spells it ("unix:/p,server=on"), ``chardev`` its id or "".
    """

    dialect: str
    spelling: str
    chardev: str = ""


def kind_of(arguments: Sequence[str]) -> str:
    """Return "vm", "storage", "agent", or "" for a command line of another program.

    The program may stand behind a loader (``ld.so --library-path L qemu-system-x86_64``) and its binary may
    have been replaced since (" (deleted)" is not in the arguments).
    """
    for word in arguments[:_LOADER_WORDS]:
        name = word.rpartition("/")[2]
        for beginning, kind in PROGRAMS:
            if name.startswith(beginning):
                return kind
    return ""


def name_of(arguments: Sequence[str]) -> str:
    """Return the name given with ``-name`` (``guest=`` in the list and JSON forms), or ""."""
    for flag, value in options(arguments):
        if flag == "name":
            given = properties(value, implied="guest")
            return given.get("guest", "")
    return ""


def declared_monitors(arguments: Sequence[str]) -> list[Declared]:
    """Return the monitors of a command line in its order; guest agent ports count as monitors."""
    kind = kind_of(arguments)
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
    for word, following in zip(arguments, (*arguments[1:], ""), strict=True):
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
        return [Declared("hmp", value.removeprefix("mon:"))]
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
