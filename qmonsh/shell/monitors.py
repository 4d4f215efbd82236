"""The monitors of a VM as QEMU tells them itself: objects since 11.1, which come and go while it runs.

Knows how monitors, their objects and their chardevs belong together, and what makes and removes them, on QMP
and on a text monitor. Asks only; must not know the user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from qmonsh.errors import UsageError
from qmonsh.target import parse_target, unix_target

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection

#: What ids of ours begin with.
PREFIX = "qmonsh-"

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
    def is_ours(self) -> bool:
        """Whether a qmonsh made it."""
        return self.id.startswith(PREFIX)

    def is_called(self, word: str) -> bool:
        """Return whether a user can mean this one by ``word``: its id, its address, its path."""
        return word in (self.id, self.address, self.address.partition(":")[2].replace(",,", ","))


class Monitors(NamedTuple):
    """All monitors of a VM, and every id that is taken, by objects and chardevs."""

    found: tuple[OwnMonitor, ...]
    ids: frozenset[str]

    def new_id(self) -> str:
        """Return an id that nothing has."""
        return next(id for n in range(1, len(self.ids) + 2) if (id := f"{PREFIX}{n}") not in self.ids)


def ask_monitors(connection: Connection) -> Monitors | None:
    """Return the VM's monitors; None when they are no objects (QEMU up to 11.0), nor can be added then.

    Raises what ``Connection.execute`` does.
    """
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


def address_of(filename: str) -> str:
    """Return where a chardev with that file name is, in qmonsh's spelling where there is one."""
    plain = filename.removeprefix(_NOBODY).partition(" <-> ")[0]
    scheme, _, path = plain.removesuffix(",server=on").partition(":")
    try:
        # QEMU does not double the commas of a path here.
        return unix_target(path).address if scheme == "unix" and path else parse_target(plain).address
    except UsageError:
        return plain


def lines_to_add(path: str, id: str, *, is_text: bool) -> tuple[str, str]:
    """Return the two lines that make a QMP monitor which listens on ``path``."""
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
