"""What a schema cannot say of an argument: its unit, and what QEMU takes when it is left out.

Facts of QEMU's interface, told in few words where the manual is not installed or not asked. Must not know
types: an argument that a monitor does not have is never looked up.
"""

from __future__ import annotations

import re

_BANDWIDTH = "bytes a second"
_SECONDS = "seconds"
_MILLISECONDS = "ms"
_PERCENT = "percent"

#: (command, argument) -> fact, where the argument's name alone does not decide.
_OF_COMMAND = {
    ("announce-self", "initial"): _MILLISECONDS,
    ("announce-self", "max"): _MILLISECONDS,
    ("announce-self", "step"): _MILLISECONDS,
    ("balloon", "value"): "bytes left to the guest",
    ("block_resize", "size"): "bytes",
    ("blockdev-change-medium", "force"): "default off",
    ("calc-dirty-rate", "calc-time"): "seconds, or what calc-time-unit says",
    ("calc-dirty-rate", "mode"): "default page-sampling",
    ("calc-dirty-rate", "calc-time-unit"): "default second",
    ("cxl-inject-poison", "start"): "an address of the device",
    ("cxl-inject-poison", "length"): "bytes, a multiple of 64",
    ("drive-backup", "mode"): "default absolute-paths",
    ("drive-mirror", "mode"): "default absolute-paths",
    ("blockdev-snapshot-sync", "mode"): "default absolute-paths",
    ("blockdev-snapshot-sync", "format"): "default qcow2",
    ("dump-guest-memory", "begin"): "a guest-physical address",
    ("dump-guest-memory", "length"): "bytes",
    ("dump-guest-memory", "format"): "default elf",
    ("dump-guest-memory", "paging"): "on: through the guest's page tables",
    ("eject", "force"): "default off",
    ("memsave", "val"): "a virtual address of the guest",
    ("memsave", "size"): "bytes",
    ("migrate", "detach"): "without effect",
    ("migrate", "resume"): "default off",
    ("migrate-set-cache-size", "value"): "bytes",
    ("migrate_set_downtime", "value"): _SECONDS,
    ("migrate_set_speed", "value"): _BANDWIDTH,
    ("pmemsave", "val"): "a guest-physical address",
    ("pmemsave", "size"): "bytes",
    ("screendump", "format"): "default ppm",
    ("set_password", "connected"): "default keep",
    ("set-vcpu-dirty-limit", "dirty-rate"): "MB/s",
}

#: argument -> fact, the same in all commands that have it.
_OF_NAME = {
    "announce-initial": _MILLISECONDS,
    "announce-max": _MILLISECONDS,
    "announce-step": _MILLISECONDS,
    "auto-dismiss": "default on",
    "auto-finalize": "default on",
    "avail-switchover-bandwidth": _BANDWIDTH,
    "backing-file": "the string written into the image, default: as the chain is then",
    "buf-size": "bytes in flight",
    "cache-clean-interval": _SECONDS,
    "compare_timeout": _MILLISECONDS,
    "copy-mode": "default background",
    "cpu-index": "the index of a CPU",
    "cpu-throttle-increment": f"{_PERCENT}, default 10",
    "cpu-throttle-initial": f"{_PERCENT}, default 20",
    "detect-zeroes": "default off",
    "discard": "default ignore",
    "downtime-limit": f"{_MILLISECONDS}, default 300",
    "granularity": "bytes, a power of two; default: the cluster size, else 64 KiB",
    "handshake-max-seconds": f"{_SECONDS}, 0 waits for ever",
    "head": "the number of a screen, default 0",
    "hold-time": f"{_MILLISECONDS}, default 100",
    "iter-time": _MILLISECONDS,
    "keep-alive-idle": _SECONDS,
    "keep-alive-interval": _SECONDS,
    "max-bandwidth": f"{_BANDWIDTH}, default 128 MiB",
    "max-chunk": "bytes",
    "max-cpu-throttle": f"{_PERCENT}, default 99",
    "max-postcopy-bandwidth": f"{_BANDWIDTH}, default 0: no limit",
    "multifd-channels": "default 2",
    "on-error": "default report",
    "on-source-error": "default report",
    "on-target-error": "default report",
    "open-timeout": _SECONDS,
    "read-only-mode": "default retain",
    "reconnect": _SECONDS,
    "reconnect-delay": f"{_SECONDS}, default 0: fail at once",
    "sample-pages": "pages of each GiB, default 512",
    "speed": f"{_BANDWIDTH}, default 0: no limit",
    "throttle-bps": _BANDWIDTH,
    "throttle-ops": "operations a second",
    "throttle-trigger-threshold": f"{_PERCENT}, default 50",
    "vcpu-dirty-limit": "MB/s",
    "write-threshold": "bytes, 0 switches it off",
    "x-checkpoint-delay": _MILLISECONDS,
    "x-vcpu-dirty-limit-period": _MILLISECONDS,
    "xbzrle-cache-size": "bytes, default 64 MiB",
}

#: Families of names.
_OF_PATTERN = (
    (re.compile(r"(?:x-)?(?:bps|iops)[_-].*length"), "seconds that a burst may last"),
    (re.compile(r"(?:x-)?iops[_-]size"), "bytes that count as one operation"),
    (re.compile(r"(?:x-)?bps(?:[_-]\w+)*"), f"{_BANDWIDTH}, 0: no limit"),
    (re.compile(r"(?:x-)?iops(?:[_-]\w+)*"), "operations a second, 0: no limit"),
    (re.compile(r"(?!queue-|max_queue_).*-size(?:-hint)?|hugetlbsize"), "bytes"),
    (re.compile(r".*-ns"), "ns"),
    (re.compile(r".*-us"), "microseconds"),
    (re.compile(r".*-ms"), _MILLISECONDS),
)


def fact_of(command: str, argument: str) -> str:
    """Return the unit and the default of an argument ("ms, default 300"), ``""`` for nothing.

    ``argument`` may be a dotted key: its last part is what has a meaning.
    """
    known = _OF_COMMAND.get((command, argument))
    name = argument.rpartition(".")[2]
    if known is None:
        known = _OF_NAME.get(name)
    if known is None:
        known = next((fact for pattern, fact in _OF_PATTERN if pattern.fullmatch(name)), "")
    return known
