"""Which paths are libvirt's monitors, and of which domain."""

from __future__ import annotations

import pytest

from qmonsh.transport.libvirt import domain_of, is_domain, is_session, uri_of


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


KEY = '{"qom-type":"secret","id":"masterKey0","file":"%s/libvirt/qemu/%sdomain-1-web/master-key.aes"}'


@pytest.mark.parametrize(
    ("words", "domain", "session"),
    [
        (["-object", KEY % ("/var/lib", "")], True, False),
        (["-object", KEY % ("/home/u/.config", "lib/")], True, True),
        (["/var/lib/libvirt/qemu/domain-1-web/monitor.sock"], True, False),
        (["-drive", "file=/var/lib/libvirt/images/web.qcow2"], False, False),
        ([], False, False),
    ],
)
def test_domain_is_told_from_its_arguments(words: list[str], domain: bool, session: bool) -> None:
    assert (is_domain(words), is_session(words)) == (domain, session)


def test_uri_of_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert uri_of("/run/libvirt/libvirt-sock") == "qemu:///system"
    assert uri_of("/var/run/libvirt/virtqemud-sock") == "qemu:///system"
    monkeypatch.setattr("os.geteuid", lambda: 7)
    assert uri_of("/run/user/7/libvirt/virtqemud-sock") == "qemu:///session"
    other = "/run/user/8/libvirt/libvirt-sock"
    assert uri_of(other) == f"qemu+unix:///session?socket={other}"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert uri_of("/run/user/7/libvirt/libvirt-sock") != "qemu:///session", "root's own is the system's"
    assert uri_of("/run/libvirt/libvirt-sock-ro") is None and uri_of("@x") is None
