"""libvirt's words and what is made of them."""

from __future__ import annotations

import pytest

from qmonsh.target import parse_target
from qmonsh.transport import libvirt_failure

TARGET = parse_target("libvirt+qemu:///system#web")


class Error(Exception):
    """Stands for libvirt.libvirtError."""

    def get_error_message(self) -> str:
        return str(self)


@pytest.mark.parametrize(
    ("said", "cause", "part"),
    [
        ("Failed to connect socket to '/x': No such file or directory", "no-libvirt", "start libvirtd"),
        ("Failed to connect socket to '/x': Permission denied", "permission", "#web"),
        ("authentication unavailable: no polkit agent", "permission", "group libvirt"),
        ("Unable to get system bus connection: no such file", "permission", "group libvirt"),
        ("no connection driver available for foo:///", "unsupported", "qemu:///system"),
        ("internal error: what is {this}", "failed", "virsh -c 'qemu:///system' list"),
    ],
)
def test_libvirt_that_cannot_be_opened(said: str, cause: str, part: str) -> None:
    error = libvirt_failure.not_connected(TARGET, Error(said))
    assert error.cause == cause and part.lower() in str(error).lower()
    assert "internal error" not in str(error)


@pytest.mark.parametrize(
    ("text", "running", "defined", "cause", "part"),
    [
        ("libvirt:web", ["db", "mail"], [], "no-such-domain", "unning: db, mail"),
        ("libvirt:web", [], [], "no-such-domain", "o domain is running"),
        ("libvirt:web", ["db"], ["web"], "not-running", "virsh start web"),
        ("libvirt+qemu:///session#web", [], ["web"], "not-running", "virsh -c 'qemu:///session' start web"),
        ("libvirt+qemu:///system", ["db", "mail"], [], "no-domain", "db, mail"),
        ("libvirt+qemu:///system", [], ["web"], "no-domain", "no domain is running"),
    ],
)
def test_no_domain(text: str, running: list[str], defined: list[str], cause: str, part: str) -> None:
    error = libvirt_failure.no_domain(parse_target(text), running, defined)
    assert error.cause == cause and part in str(error)


def test_without_the_extra_both_ways_on_are_told() -> None:
    said = str(libvirt_failure.not_installed(TARGET, ImportError("No module", name="libvirt")))
    assert "pip install 'qmonsh[libvirt]'" in said
    assert "virt-qemu-qmp-proxy -c qemu:///system web ./vm.sock, then qmonsh ./vm.sock" in said
    broken = libvirt_failure.not_installed(TARGET, ImportError("libvirt.so.0: cannot open"))
    assert "libvirt.so.0" in str(broken)


def test_refusal_and_slowness() -> None:
    assert "refuses: no" in str(libvirt_failure.not_usable(TARGET, Error("no")))
    assert libvirt_failure.too_slow(TARGET, 2).cause == "silent"
