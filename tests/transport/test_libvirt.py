"""Which paths are libvirt's monitors, and of which domain."""

from __future__ import annotations

import pytest

from qmonsh.transport.libvirt import domain_of


@pytest.mark.parametrize(
    ("path", "domain"),
    [
        ("/var/lib/libvirt/qemu/domain-1-web/monitor.sock", "web"),
        ("/var/lib/libvirt/qemu/domain-12-my-vm.1/monitor.sock", "my-vm.1"),
        ("/var/lib/libvirt/qemu/domain-web/monitor.sock", "web"),
        ("/var/lib/libvirt/qemu/domain-7-abcdefghijklmnopqrst/monitor.sock", "7"),
        ("/home/u/.config/libvirt/qemu/lib/domain-1-sm1/monitor.sock", "sm1"),
        ("libvirt/qemu/lib/domain-1-sm1/monitor.sock", "sm1"),
        ("/var/lib/libvirt/qemu/domain-1-web/qmp.sock", None),
        ("/var/lib/libvirt/qemu/channel/target/domain-1-web/org.qemu.guest_agent.0", None),
        ("/var/lib/libvirt/qemu/domain-1-web/x/monitor.sock", None),
        ("/run/vm/monitor.sock", None),
        ("monitor.sock", None),
    ],
)
def test_domain_is_told_from_the_path(path: str, domain: str | None) -> None:
    assert domain_of(path) == domain
