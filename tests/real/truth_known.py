"""Where qmonsh and HMP are known to differ, each with its reason. Anything else that differs is a bug.

A row is a pattern for the line, what differs on it and why: the "outcome", the "text", or so much of the
state that it is not run ("all"). For "state" the pattern is for the place that differs. ``version`` is the
beginning of QEMU's version where it holds, "without HMP" where that is taken away.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Known(NamedTuple):
    line: str
    what: str
    why: str
    version: str = ""


KNOWN = (
    Known(r"screendump -f|info migrate -a", "outcome", "qmonsh takes the flags of newer HMPs on older QEMUs"),
    Known(r"s$", "all", "qmonsh takes the aliases of newer HMPs on older QEMUs", "5."),
    Known(
        r"object_add (secret,id=sec2|authz-list|\{)",
        "all",
        "as of 6.0: the rest of the line, keyval, JSON",
        "5.",
    ),
    Known(r"chardev-add .*nodelay", "all", "HMP of 5.2 lacks an option that its QMP has", "5."),
    Known(r"netdev_add hubport,id=n0", "all", "QMP of 5.2 takes an id that is in use", "5."),
    Known(r"migrate unix", "outcome", "HMP of 5.2 says nothing about a migration that failed later", "5."),
    Known(
        r"migrate_set_parameter tls-\S+ \"\"",
        "all",
        "HMP of 11 takes the quotes for a part of the value",
        "11.",
    ),
    Known(
        r"drive_backup .*nosuch/",
        "all",
        "HMP's drive_backup ends QEMU 11.1 when it cannot make the file",
        "11.",
    ),
    Known(r"drive_backup .*nosuch/", "all", "after one that failed 5.2 pauses all block jobs for good", "5."),
    Known(r"mouse_(move|button)", "outcome", "QMP refuses input while the VM is stopped", "without HMP"),
    Known(r"delvm", "outcome", "HMP says nothing when no disk could have a snapshot", "without HMP"),
    Known(
        r"/query-named-block-nodes/.*/(ro|image/virtual-size): |/query-blockstats/.*wr_highest_offset: ",
        "state",
        "block-commit leaves the backing image writable and does not empty the overlay, as HMP's commit does",
        "without HMP",
    ),
    Known(r"info qdm", "text", "QMP tells the names of device models, and HMP what they are", "without HMP"),
    Known(r"info snapshots", "text", "HMP says why there is none", "without HMP"),
    Known(r"info sgx|info sev", "outcome", "QMP refuses where HMP prints the same sentence as an answer"),
    Known(r"info history", "text", "the history of a text monitor is its own"),
    Known(r"gpa2hva", "text", "an address of the host"),
    Known(r"info (mtree|tlb|lapic|pic|irq)", "text", "listed in the order of host addresses, or time passes"),
    Known(r"info (jit|sync-profile|profile|opcount)", "text", "statistics of the host"),
    Known(r"info cpus|info iothreads", "text", "thread ids"),
    Known(r"info migrate", "text", "the figures of two migrations; without HMP also what it calls globals"),
    Known(r"info pci", "text", "HMP counts on from the address -1 of a region that has none"),
)


def is_known(line: str, what: str, version: str) -> bool:
    """Tell whether the twins may differ in this on this line."""
    return any(
        known.what == what and version.startswith(known.version) and re.match(known.line, line)
        for known in KNOWN
    )
