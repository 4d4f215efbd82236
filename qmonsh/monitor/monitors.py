"""The monitors of a VM as QEMU tells them itself: objects since 11.1, which come and go while it runs.

Knows how monitors, their objects and their chardevs belong together, and what makes and removes them, on QMP
and on a text monitor; what ``.monitor`` says of an older QEMU. Asks only; must not know the user.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from qmonsh.errors import CommandError, RefusedError, UsageError
from qmonsh.target import parse_target, unix_target

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection

#: The words of the command that uses this, in the shell and in scripts.
NAME, USAGE = ".monitor", "list|add PATH|del MONITOR"
SUMMARY = "which monitors the VM has; one more, one less (11.1 on)"
#: What ids of ours begin with.
PREFIX = "qmonsh-"
#: Kinds of targets whose process the kernel's tables can tell.
_SEEN = ("unix", "abstract", "tcp", "tls")

_KIND = re.compile(r"child<monitor-(\w+)>")
_TEXT_OBJECT = re.compile(r"^(\S+) \((child<[^>]*>)\)$", re.MULTILINE)
_TEXT_CHARDEV = re.compile(r"^(.+?): filename=(.*)$", re.MULTILINE)
#: What a chardev's file name begins with while nobody is connected.
_NOBODY = "disconnected:"


class OwnMonitor(NamedTuple):
    """A monitor: the ``id`` of its object, "qmp" or "hmp", its chardev and where that is.

    ``is_taken`` says that somebody is connected. ``is_ours``: it was made by ``.monitor add``.
    """

    id: str
    dialect: str
    chardev: str
    address: str
    is_taken: bool

    @property
    def path(self) -> str:
        """The path of its socket."""
        return self.address.partition(":")[2].replace(",,", ",")

    @property
    def is_ours(self) -> bool:
        """Whether a qmonsh made it."""
        return self.id.startswith(PREFIX)

    def is_called(self, word: str) -> bool:
        """Return whether a user can mean this one by ``word``: its id, its address, its path."""
        here = os.path.abspath(os.path.expanduser(word))
        return word in (self.id, self.address) or self.path in (word, here)

    def why_not_to_go(self) -> str:
        """Return who would miss it, "" when nobody would."""
        if self.is_taken:
            return f"somebody is connected to {self.address}, and would lose the connection"
        return "" if self.is_ours else f"{self.id} was there from the start, other programs may count on it"

    def row(self) -> dict[str, str]:
        """Return it as a row of the list."""
        use = "in use" if self.is_taken else "free"
        return {"monitor": self.id, "dialect": self.dialect, "address": self.address, "use": use}


class Monitors(NamedTuple):
    """All monitors of a VM, and every id that is taken, by objects and chardevs."""

    found: tuple[OwnMonitor, ...]
    ids: frozenset[str]

    def new_id(self) -> str:
        """Return an id that nothing has."""
        return next(id for n in range(1, len(self.ids) + 2) if (id := f"{PREFIX}{n}") not in self.ids)


def ask_monitors(connection: Connection) -> Monitors | None:
    """Return the VM's monitors; None when they are no objects (QEMU up to 11.0), nor can be added then.

    Raises what ``Connection.execute`` does, and RefusedError for a guest agent.
    """
    if connection.dialect == "agent":
        raise RefusedError(NAME, "this is a guest agent, and no monitor")
    try:
        return _asked(connection)
    except CommandError:
        return None  # who does not know the questions has no such objects


def _asked(connection: Connection) -> Monitors | None:
    ask = _TextQuestions(connection) if connection.dialect == "hmp" else _Questions(connection)
    objects = ask.objects()
    kinds = {name: match[1] for name, kind in objects.items() if (match := _KIND.fullmatch(kind))}
    if not kinds:
        return None
    chardevs = ask.chardevs()
    found = []
    for id, dialect in kinds.items():
        chardev = ask.chardev_of(id)
        name = chardevs.get(chardev, "")
        found.append(OwnMonitor(id, dialect, chardev, address_of(name), not name.startswith(_NOBODY)))
    return Monitors(tuple(found), frozenset([*objects, *chardevs]))


def new_monitor(connection: Connection, words: str) -> OwnMonitor:
    """Return the monitor that ``.monitor add PATH`` shall make; raises UsageError, RefusedError.

    Raises RefusedError for a file that is there too: QEMU would take it away.
    """
    path = _new_path(connection, words)
    found = ask_monitors(connection)
    if found is None:
        raise RefusedError(f"{NAME} add", _why_none(connection))
    id = found.new_id()
    return OwnMonitor(id, "qmp", id, unix_target(path).address, False)


def named_monitor(connection: Connection, word: str) -> OwnMonitor:
    """Return the monitor that ``.monitor del MONITOR`` means; raises UsageError, RefusedError."""
    if not word:
        raise UsageError("name the monitor: its id or its path", advice=f"{NAME} {USAGE}")
    found = ask_monitors(connection)
    if found is None:
        raise RefusedError(f"{NAME} del", "the monitors of this QEMU stay as long as it runs")
    chosen = next((one for one in found.found if one.is_called(word)), None)
    if chosen is None:
        known = ", ".join(one.id for one in found.found)
        raise UsageError(f"there is no monitor '{word}'", advice=f"there are: {known}")
    return chosen


def rows(connection: Connection) -> list[dict[str, str]]:
    """Return the list of monitors: as the VM tells them, else as the process shows them; it may be empty."""
    found = ask_monitors(connection)
    return [one.row() for one in found.found] if found is not None else _seen(connection)


def _new_path(connection: Connection, words: str) -> str:
    if not words:
        raise UsageError("name the path of the new monitor's socket", advice=f"{NAME} {USAGE}")
    if len(words) > 1 and words[0] == words[-1] and words[0] in "\"'":
        words = words[1:-1]
    if connection.peer_pid is None:
        if not words.startswith("/"):
            raise UsageError("that QEMU is not seen from here: give a whole path, as it is over there")
        return words
    path = os.path.abspath(os.path.expanduser(words))
    if os.path.lexists(path):
        raise RefusedError(f"{NAME} add", f"there is something at {path} already")
    return path


def _seen(connection: Connection) -> list[dict[str, str]]:
    """Return the monitors of a QEMU of this host, as its process shows them."""
    from qmonsh.discover import machines

    pid = process_of(connection)
    return [
        {
            "dialect": one.dialect,
            "address": one.address,
            "use": "free" if one.is_free else "in use" if one.is_busy else "not to be connected to",
        }
        for machine in (machines(pids=[pid]) if pid is not None else [])
        for one in machine.monitors
    ]


def process_of(connection: Connection) -> int | None:
    """Return the process at the other end: who listens there, as another may have made the socket for it."""
    from qmonsh.transport import holder

    target = connection.target
    found = holder.presence(target, connected=True) if target and target.scheme in _SEEN else None
    return found.listener.pid if found and found.listener else connection.peer_pid


def _why_none(connection: Connection) -> str:
    """Return why no monitor can be added, and which other ones there are."""
    reason = (
        "a monitor can be added while QEMU runs since 11.1; to this one a chardev could be added, but nothing"
        " that makes it a monitor"
    )
    free = [row["address"] for row in _seen(connection) if row["use"] == "free"]
    return f"{reason}. It has a free one: {', '.join(free)}" if free else reason


def address_of(filename: str) -> str:
    """Return where a chardev with that file name is, in qmonsh's spelling where there is one."""
    plain = filename.removeprefix(_NOBODY).partition(" <-> ")[0]
    scheme, _, path = plain.removesuffix(",server=on").partition(":")
    try:
        # QEMU does not double the commas of a path here.
        return unix_target(path).address if scheme == "unix" and path else parse_target(plain).address
    except UsageError:
        return plain


def lines_to_add(monitor: OwnMonitor, *, is_text: bool) -> tuple[str, str]:
    """Return the two lines that make a QMP monitor, and its chardev first."""
    id, path = monitor.id, monitor.path
    if is_text:
        doubled = path.replace(",", ",,")
        chardev = f"socket,id={id},path={doubled},server=on,wait=off"
        return f"chardev-add {_quoted(chardev)}", f"object_add monitor-qmp,id={id},chardev={id}"
    address = {"type": "unix", "data": {"path": path}}
    backend = {"type": "socket", "data": {"addr": address, "server": True, "wait": False}}
    return (
        _command("chardev-add", {"id": id, "backend": backend}),
        _command("object-add", {"qom-type": "monitor-qmp", "id": id, "chardev": id}),
    )


def lines_to_remove(monitor: OwnMonitor, *, is_text: bool) -> tuple[str, str]:
    """Return the two lines that remove a monitor and its chardev."""
    if is_text:
        return f"object_del {monitor.id}", f"chardev-remove {monitor.chardev}"
    return _command("object-del", {"id": monitor.id}), _command("chardev-remove", {"id": monitor.chardev})


class _Questions:
    """Asks over QMP."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def objects(self) -> dict[str, str]:
        """Return the objects made by users, and their types."""
        return _pairs(self._connection.execute("qom-list", {"path": "/objects"}), "name", "type")

    def chardevs(self) -> dict[str, str]:
        """Return the chardevs and their file names."""
        return _pairs(self._connection.execute("query-chardev"), "label", "filename")

    def chardev_of(self, id: str) -> str:
        """Return the chardev of a monitor."""
        question = {"path": f"/objects/{id}", "property": "chardev"}
        return str(self._connection.execute("qom-get", question))


class _TextQuestions:
    """Asks a text monitor."""

    def __init__(self, connection: Connection) -> None:
        self._ask = connection.human

    def objects(self) -> dict[str, str]:
        """Return the objects made by users, and their types."""
        return dict(_TEXT_OBJECT.findall(self._ask("qom-list /objects")))

    def chardevs(self) -> dict[str, str]:
        """Return the chardevs and their file names."""
        return dict(_TEXT_CHARDEV.findall(self._ask("info chardev")))

    def chardev_of(self, id: str) -> str:
        """Return the chardev of a monitor."""
        return self._ask(f"qom-get /objects/{id} chardev").strip().strip('"')


def _pairs(rows: Any, key: str, value: str) -> dict[str, str]:
    if not isinstance(rows, Sequence):
        return {}
    return {str(row.get(key)): str(row.get(value, "")) for row in rows if isinstance(row, Mapping)}


def _command(name: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps({"execute": name, "arguments": arguments})


def _quoted(argument: str) -> str:
    """Return an argument as HMP reads it: in quotes when a blank or a quote is in it."""
    if not re.search(r"[\s\"'\\]", argument):
        return argument
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'
