"""Which events tell the end of what a QMP command sets going (QEMU-FACTS i): a table.

Pure. Must not know what is waited for, or by whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Ending(NamedTuple):
    """An event that ends something: ``key`` of its data must equal the command's argument; what it means."""

    event: str
    key: str
    meaning: str
    match: tuple[str, Any] = ("", "")


class Rule(NamedTuple):
    """What a command sets going: ``arguments`` name the thing (the first that was given).

    ``refusal``, where it is given, stands in the refusal of a command that has only asked the guest: its
    success leaves nothing to be waited for.
    """

    arguments: tuple[str, ...]
    endings: tuple[Ending, ...]
    refusal: str = ""


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
    "blockdev-open-tray": Rule(("id", "device"), (Ending("DEVICE_TRAY_MOVED", "id", "the tray has moved"),)),
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
