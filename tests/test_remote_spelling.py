"""ssh://, tls:// and libvirt: addresses; whole targets are in test_target.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qmonsh.address import Target
from qmonsh.errors import UsageError
from qmonsh.remote_spelling import read_libvirt, read_libvirt_uri, read_ssh, read_tls


@pytest.mark.parametrize(
    ("rest", "parts"),
    [
        ("//h/run/a.sock", ("", "h", 0, "/run/a.sock", "")),
        ("//me@h:22/a", ("me", "h", 22, "/a", "")),
        ("//[::1]:22/a", ("", "::1", 22, "/a", "")),
        ("//h#web/1", ("", "h", 0, "", "web/1")),
        ("//h", ("", "h", 0, "", "")),
        ("//h/", ("", "h", 0, "", "")),
    ],
)
def test_parts_of_ssh(rest: str, parts: tuple[str, str, int, str, str]) -> None:
    target = read_ssh(rest)
    assert (target.user, target.host, target.port, target.path, target.domain) == parts
    assert target.scheme == "ssh" and target.address == f"ssh:{rest}"


def test_tls_has_its_credentials() -> None:
    target = read_tls("//db:4444?ca=/c.pem&name=vm")
    assert (target.scheme, target.host, target.port) == ("tls", "db", 4444)
    assert (target.credentials.ca, target.credentials.name) == ("/c.pem", "vm")
    assert read_tls("db:4444").address == "tls://db:4444"


def test_domains_with_and_without_uri() -> None:
    assert (read_libvirt("web").uri, read_libvirt("web").domain) == ("", "web")
    target = read_libvirt_uri("libvirt+qemu:///session#a#b")
    assert (target.uri, target.domain) == ("qemu:///session", "a#b")


@pytest.mark.parametrize(
    ("read", "rest"),
    [
        (read_ssh, "h/a"),
        (read_ssh, "///a"),
        (read_ssh, "//h:port/a"),
        (read_tls, "//db"),
        (read_tls, "//db:4444?nosuch=1"),
        (read_libvirt, "//web"),
        (read_libvirt_uri, "libvirt+nonsense#web"),
    ],
)
def test_what_is_not_complete_is_refused(read: Callable[[str], Target], rest: str) -> None:
    with pytest.raises(UsageError):
        read(rest)
