"""Which QEMUs run on this host, and how each can be reached; ``qmonsh ls``, names and pid:N.

Knows how machines are named and chosen; what one process is says machine_process.py. Must not know how a
list is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from qmonsh import domains
from qmonsh.errors import UsageError
from qmonsh.machine import Machine, MonitorFound
from qmonsh.machine_monitors import Sockets
from qmonsh.machine_process import machine_of
from qmonsh.target import Target
from qmonsh.transport import processes
from qmonsh.transport.program import Versions

__all__ = [
    "Look",
    "Machine",
    "MonitorFound",
    "machines",
    "named",
    "only_target",
    "resolve",
    "located",
    "target_named",
    "target_of",
]


class Look:
    """One look at this host, for many names: each table is read, and each libvirt asked, once at the most."""

    @cached_property
    def sockets(self) -> Sockets:
        """The sockets of all processes."""
        return Sockets()

    @cached_property
    def machines(self) -> list[Machine]:
        """The machines that run."""
        return machines()

    @cached_property
    def domains(self) -> Mapping[str, dict[str, str]]:
        """The states of libvirt's domains by the URI of their libvirt."""
        return domains.states()


def machines(
    *, pids: Iterable[int] | None = None, versions: bool = False, sockets: Sockets | None = None
) -> list[Machine]:
    """Return the machines of this host that this user may see, by name and pid.

    ``versions`` looks for their versions too, in their programs' files.
    """
    sockets, seen = sockets or Sockets(), Versions() if versions else None
    running = (processes.process(pid) for pid in (processes.all_pids() if pids is None else pids))
    found = (machine_of(process, sockets, seen) for process in running if process is not None)
    kinds = [machine for machine in found if machine is not None]
    return sorted(kinds, key=lambda one: (one.kind != "vm", one.name, one.pid))


def named(name: str, *, look: Look | None = None) -> Machine:
    """Return the running machine of that name; raises UsageError naming those that run."""
    running = (look or Look()).machines
    matching = [one for one in running if one.name == name]
    if len(matching) == 1:
        return matching[0]
    if matching:
        pids = ", ".join(f"pid:{one.pid}" for one in matching)
        raise UsageError(f"{len(matching)} machines are called '{name}'", advice=f"say which: {pids}")
    raise UsageError(f"there is no file, and no running VM, called '{name}'", advice=advice(running, name))


def target_named(name: str, *, look: Look | None = None) -> Target:
    """Return the best monitor of the machine, or libvirt's domain, of that name; raises UsageError."""
    look = look or Look()
    try:
        return target_of(named(name, look=look))
    except UsageError:
        # A domain that is shut off, or whose process may not be seen.
        target = domains.target_named(name, look.domains)
        if target is None:
            raise
        return target


def only_target(choose: Callable[[Sequence[Machine]], Machine] | None = None) -> Target:
    """Return the monitor of the only running VM, or of that which ``choose`` chooses among several.

    Raises UsageError that lists them, or says how to begin, and what ``choose`` raises.
    """
    running = [one for one in machines() if one.kind == "vm" and one.best() is not None]
    if len(running) == 1:
        return target_of(running[0])
    if not running:
        raise UsageError("no TARGET, and no VM with a monitor runs here", advice=HOW_TO_BEGIN)
    if choose is not None:
        return target_of(choose(running))
    listed = ", ".join(one.title for one in running)
    raise UsageError(f"no TARGET, and {len(running)} VMs run here", advice=f"name one: {listed}")


def target_of(machine: Machine) -> Target:
    """Return the target of a machine's best monitor; raises UsageError when it has none to connect to."""
    best = machine.best()
    if best is None or best.target is None:
        raise UsageError(f"{machine.title} has no monitor that can be connected to", advice=HOW_TO_BEGIN)
    return best.target


def resolve(target: Target, *, look: Look | None = None) -> Target:
    """Return the monitor behind a ``pid:N`` or name target, others as they are; raises UsageError."""
    if target.scheme == "name":
        return target_named(target.path, look=look)
    if target.scheme == "pid":
        found = machines(pids=[target.pid], sockets=look.sockets if look is not None else None)
        if not found:
            raise UsageError(f"process {target.pid} is no QEMU that can be seen", advice="see qmonsh ls")
        return target_of(found[0])
    return target


def located(target: Target, *, look: Look | None = None) -> Target:
    """Return the monitor behind a name or pid; a file of that name here comes before a VM of that name."""
    if target.scheme == "name" and os.path.lexists(target.path):
        return target
    return resolve(target, look=look)


#: Names in an error before "and N more".
MOST_LISTED = 20
HOW_TO_BEGIN = "start QEMU with a monitor: -qmp unix:/tmp/vm.qmp,server=on,wait=off; or try qmonsh demo"


def advice(running: Sequence[Machine], name: str) -> str:
    """Return what to do when no machine is called ``name``."""
    import difflib

    titles = [one.title for one in running]
    if not titles:
        return HOW_TO_BEGIN
    near = difflib.get_close_matches(name, titles, n=1)
    more = f" and {len(titles) - MOST_LISTED} more, see qmonsh ls" if len(titles) > MOST_LISTED else ""
    return f"did you mean {near[0]}?" if near else f"these run: {', '.join(titles[:MOST_LISTED])}{more}"
