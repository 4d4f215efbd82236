"""Which events tell the end of what a QMP command sets going (QEMU-FACTS i): a table.

Pure. Must not know what is waited for, or by whom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: Asks the monitor a question by its name and returns the answer.
Ask = Callable[[str], Any]


class Ending(NamedTuple):
    """An event that ends something: ``key`` of its data must equal the command's argument; what it means."""

    event: str
    key: str
    meaning: str
    match: tuple[str, Any] = ("", "")


class Rule(NamedTuple):
    """What a command sets going: ``arguments`` name the thing (the first that was given).

    ``refusal``, where it is given, stands in the refusal of a command that has only asked the guest: its
    success leaves nothing to be waited for. ``is_awaited``, where it is given, tells whether success leaves
    anything to be waited for: a function of a question to the monitor and the thing.
    """

    arguments: tuple[str, ...]
    endings: tuple[Ending, ...]
    refusal: str = ""
    is_awaited: Callable[[Ask, str], bool] | None = None


def is_tray_awaited(ask: Ask, thing: str) -> bool:
    """Return whether a tray that was told to open will: the guest was asked for what it has locked.

    Otherwise it has moved before the reply, was open or is none: QEMU calls that success, too.
    """
    from qmonsh.language.call import records
    from qmonsh.language.danger_block import is_called

    meant = (drive for drive in records(ask("query-block")) if is_called(drive, thing))
    return any(drive.get("locked") is True and drive.get("tray_open") is False for drive in meant)


_JOB_THING = ("job-id", "device", "id")
_JOB_ENDINGS = (
    Ending("BLOCK_JOB_COMPLETED", "device", "the job has ended"),
    Ending("BLOCK_JOB_CANCELLED", "device", "the job was cancelled"),
    Ending("JOB_STATUS_CHANGE", "id", "the job is concluded", ("status", "concluded")),
)
_JOB_READY = (
    *_JOB_ENDINGS,
    Ending("BLOCK_JOB_READY", "device", "the job is ready; block_job_complete switches over"),
)

RULES: Mapping[str, Rule] = {
    "device_del": Rule(
        ("id",),
        (
            Ending("DEVICE_DELETED", "device", "the device is gone"),
            Ending("DEVICE_UNPLUG_GUEST_ERROR", "device", "the guest did not let the device go"),
            Ending("MEM_UNPLUG_ERROR", "device", "the guest did not let the memory go"),
        ),
    ),
    "eject": Rule(
        ("id", "device"),
        (Ending("DEVICE_TRAY_MOVED", "id", "the tray has moved"),),
        refusal="wait for tray to open",
    ),
    "blockdev-open-tray": Rule(
        ("id", "device"),
        (Ending("DEVICE_TRAY_MOVED", "id", "the tray has moved"),),
        is_awaited=is_tray_awaited,
    ),
    "system_powerdown": Rule(
        (),
        (
            Ending("SHUTDOWN", "", "the guest has shut down", ("guest", True)),
            Ending("SHUTDOWN", "", "QEMU ends"),
            Ending("SUSPEND_DISK", "", "the guest suspends to disk"),
        ),
    ),
    "dump-guest-memory": Rule((), (Ending("DUMP_COMPLETED", "", "the dump is written"),)),
    **dict.fromkeys(
        (
            "block-stream",
            "drive-backup",
            "blockdev-backup",
            "blockdev-create",
            "block-job-cancel",
            "block-job-complete",
            "block-job-finalize",
            "job-cancel",
            "job-complete",
            "job-finalize",
            "snapshot-save",
            "snapshot-load",
            "snapshot-delete",
        ),
        Rule(_JOB_THING, _JOB_ENDINGS),
    ),
    **dict.fromkeys(("block-commit", "drive-mirror", "blockdev-mirror"), Rule(_JOB_THING, _JOB_READY)),
}
