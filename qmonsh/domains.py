"""libvirt's domains among the machines: their states, and those that do not run or are not to be seen.

Knows which libvirts run here, and starts none by asking: only daemons that are up are asked. Must not know
how a domain's monitor is reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qmonsh.address import Target, libvirt_at
from qmonsh.errors import UsageError
from qmonsh.machine import Machine, MonitorFound
from qmonsh.machine_monitors import Sockets
from qmonsh.transport import libvirt_list


def with_domains(machines: Sequence[Machine]) -> list[Machine]:
    """Return machines with what libvirt says of their states, and libvirt's other domains behind them."""
    found = list(machines)
    for uri, domains in states().items():
        found = [_with_state(one, uri, domains) for one in found]
        known = {one.name for one in found if one.libvirt_uri == uri}
        found += [_domain(name, uri, domains[name]) for name in sorted(domains) if name not in known]
    return found


def target_named(name: str, known: Mapping[str, Mapping[str, str]]) -> Target | None:
    """Return the target of a running domain whose process cannot be seen, None when libvirt has no such one.

    ``known`` is what ``states`` returned. Raises UsageError for a domain that is shut off.
    """
    for uri, domains in known.items():
        if domains.get(name) == libvirt_list.SHUT_OFF:
            start = f"virsh -c '{uri}' start '{name}'"
            raise UsageError(f"the libvirt domain '{name}' is shut off", advice=f"start it: {start}")
        if name in domains:
            return libvirt_at(uri, name)
    return None


def states() -> dict[str, dict[str, str]]:
    """Return the states of the domains by the URI of their libvirt, one row for each that runs here."""
    return {uri: libvirt_list.states(uri) for uri in Sockets().libvirt_uris.values()}


def _with_state(machine: Machine, uri: str, states: dict[str, str]) -> Machine:
    if machine.libvirt_uri != uri or machine.name not in states or machine.state != "running":
        return machine
    return replace(machine, state=states[machine.name])


def _domain(name: str, uri: str, state: str) -> Machine:
    target = libvirt_at(uri, name)
    way = MonitorFound("qmp", target.address, None if state == libvirt_list.SHUT_OFF else target)
    return Machine("vm", 0, name, -1, state, "", False, (way,))
