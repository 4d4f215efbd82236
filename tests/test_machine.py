"""Which monitor of a machine is opened, and what its document says."""

from __future__ import annotations

import pytest

from qmonsh.machine import Machine, MonitorFound
from qmonsh.target import parse_target


def monitor(dialect: str, address: str, *, busy: bool = False) -> MonitorFound:
    target = None if address == "stdio" else parse_target(address)
    return MonitorFound(dialect, address, target, is_busy=busy)


def machine(*monitors: MonitorFound, name: str = "web", pid: int = 7) -> Machine:
    return Machine("vm", pid, name, 0, "running", "/usr/bin/qemu-kvm", False, monitors)


@pytest.mark.parametrize(
    ("monitors", "best"),
    [
        ([monitor("hmp", "/h"), monitor("qmp", "/q")], "/q"),
        ([monitor("qmp", "/q", busy=True), monitor("hmp", "/h")], "/h"),
        ([monitor("qmp", "/q", busy=True)], "/q"),
        ([monitor("qmp", "stdio"), monitor("", "/x")], "/x"),
        ([monitor("qmp", "libvirt:web"), monitor("qmp", "/libvirts", busy=True)], "libvirt:web"),
        ([monitor("qmp", "libvirt:web"), monitor("qmp", "/own")], "/own"),
        ([monitor("qmp", "stdio")], None),
        ([], None),
    ],
)
def test_best_monitor(monitors: list[MonitorFound], best: str | None) -> None:
    found = machine(*monitors).best()
    assert (found.address if found is not None else None) == best


def test_title_of_one_without_a_name() -> None:
    assert machine(name="").title == "pid:7"


def test_libvirt_uri() -> None:
    assert machine(monitor("qmp", "libvirt+qemu:///system#web")).libvirt_uri == "qemu:///system"
    assert machine(monitor("qmp", "/own")).libvirt_uri is None


def test_document_has_null_for_what_is_not_known() -> None:
    document = machine(monitor("", "/x"), pid=0).document()
    assert document["pid"] is None and document["version"] is None
    assert document["monitors"][0]["dialect"] == "unknown"
