"""libvirt's domains beside the machines that were found; libvirt's answers are made here."""

from __future__ import annotations

import pytest

from qmonsh import domains
from qmonsh.errors import UsageError
from qmonsh.machine import Machine, MonitorFound
from qmonsh.target import parse_target

URI = "qemu:///system"


def machine(name: str, address: str, state: str = "running") -> Machine:
    way = MonitorFound("qmp", address, parse_target(address))
    return Machine("vm", 7, name, 0, state, "/usr/bin/qemu-kvm", False, (way,))


@pytest.fixture(autouse=True)
def libvirt(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the states that the one libvirt tells, to be filled."""
    states: dict[str, str] = {}
    monkeypatch.setattr("qmonsh.machine_monitors.Sockets.libvirt_uris", {0: URI})
    monkeypatch.setattr("qmonsh.transport.libvirt_list.states", lambda uri: states if uri == URI else {})
    return states


def test_state_of_a_domain_is_libvirts(libvirt: dict[str, str]) -> None:
    libvirt.update(web="paused", own="paused", frozen="running")
    found = [
        machine("web", f"libvirt+{URI}#web"),
        machine("own", "/run/own.qmp"),
        machine("frozen", f"libvirt+{URI}#frozen", "stopped"),
    ]
    seen = domains.with_domains(found)
    assert [one.state for one in seen[:3]] == ["paused", "running", "stopped"]
    assert [(one.name, one.pid) for one in seen[3:]] == [("own", 0)], "one of libvirt's has that name too"


def test_domain_without_a_process(libvirt: dict[str, str]) -> None:
    libvirt.update(off="shut off", hidden="running")
    hidden, off = domains.with_domains([])
    assert (hidden.name, off.name, off.pid, off.state) == ("hidden", "off", 0, "shut off")
    assert hidden.best() is not None and off.best() is None
    assert off.monitors[0].address == f"libvirt+{URI}#off"


def test_target_of_a_name(libvirt: dict[str, str]) -> None:
    libvirt.update(off="shut off", hidden="running")
    assert domains.target_named("hidden", domains.states()) == parse_target(f"libvirt+{URI}#hidden")
    assert domains.target_named("other", domains.states()) is None
    with pytest.raises(UsageError, match="shut off. Start it: virsh -c 'qemu:///system' start 'off'"):
        domains.target_named("off", domains.states())


def test_without_a_libvirt_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmonsh.machine_monitors.Sockets.libvirt_uris", {})
    monkeypatch.setattr("qmonsh.transport.libvirt_list.states", lambda uri: pytest.fail("asked"))
    found = [machine("web", "/run/web.qmp")]
    assert domains.with_domains(found) == found and domains.target_named("web", domains.states()) is None
