"""Whether an event that is to be waited for can come: a misspelled one would be waited for without end.

Knows the events of every QEMU; the monitor's schema, which takes a while to come, is asked for others only.
Must not know who waits, or for how long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qmonsh.errors import UsageError

if TYPE_CHECKING:
    from qmonsh.qapi.schema import Schema

#: Events that every QEMU from 5.2 to 11.1 has.
EVERYWHERE = frozenset(
    """
    ACPI_DEVICE_OST BALLOON_CHANGE BLOCK_EXPORT_DELETED BLOCK_IMAGE_CORRUPTED BLOCK_IO_ERROR
    BLOCK_JOB_CANCELLED BLOCK_JOB_COMPLETED BLOCK_JOB_ERROR BLOCK_JOB_PENDING BLOCK_JOB_READY
    BLOCK_WRITE_THRESHOLD DEVICE_DELETED DEVICE_TRAY_MOVED DUMP_COMPLETED GUEST_CRASHLOADED GUEST_PANICKED
    JOB_STATUS_CHANGE MEMORY_DEVICE_SIZE_CHANGE MEMORY_FAILURE MIGRATION MIGRATION_PASS
    NIC_RX_FILTER_CHANGED POWERDOWN RESET RESUME RTC_CHANGE SHUTDOWN STOP SUSPEND SUSPEND_DISK
    VSERPORT_CHANGE WAKEUP WATCHDOG
    """.split()
)


def raise_if_unknown(name: str, find_schema: Callable[[], Schema | None]) -> None:
    """Raise UsageError, with the nearest name, when the monitor's schema has no such event."""
    if name in EVERYWHERE:
        return
    schema = find_schema()
    names = schema.event_names() if schema is not None else ()
    if names and name not in names:
        from qmonsh.qapi.nearest import nearest

        near = nearest(name, names)
        raise UsageError(f"this monitor has no event {name}", advice=f"did you mean {near}?" if near else "")
