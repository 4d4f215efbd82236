"""What the language and the completer may ask about a monitor.

Implemented by monitor/knowledge.py over a live connection (each fact fetched by need and once) and by
tests over captured replies. Methods may block and may raise ConnectionLostError or DeadlineError;
"not known" is an answer, not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from qmonsh.qapi.property import Property
    from qmonsh.qapi.schema import Schema


class Knowledge(Protocol):
    """Facts about one monitor."""

    def commands(self) -> frozenset[str]:
        """Return the names of its QMP commands (query-commands); empty on a text monitor."""
        ...

    def schema(self) -> Schema | None:
        """Return the index of query-qmp-schema, or None when it has none (QEMU before 2.5)."""
        ...

    def hmp_help(self) -> Mapping[str, str]:
        """Return every HMP command and alias, ``info WORD`` included, with its help text.

        Keys are as typed ("c", "cont", "info network"), values the line of ``help`` with its
        continuation. Empty when the monitor has no HMP at all.
        """
        ...

    def has_hmp(self) -> bool:
        """Return whether HMP lines can be passed on: human-monitor-command, or a text monitor."""
        ...

    def device_properties(self, driver: str) -> Mapping[str, Property] | None:
        """Return a driver's properties by name, or None when it may not or cannot be introspected.

        ``driver`` is resolved from an alias first (``resolve_driver``).
        """
        ...

    def resolve_driver(self, name: str) -> str:
        """Return the real name of a driver given by alias (virtio-net -> virtio-net-pci), else ``name``."""
        ...

    def drivers(self) -> Mapping[str, tuple[str, str, str]]:
        """Return what ``device_add help`` lists: driver -> (bus, alias, description); empty without HMP."""
        ...

    def has_file(self, path: str) -> bool:
        """Return whether QEMU would find a file with something in it at ``path``; False when not known."""
        ...

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the value of a command that cannot change the VM (query-*, qom-get, qom-list); not cached.

        Raises CommandError as the monitor does.
        """
        ...
