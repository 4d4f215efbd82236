"""Addresses that are understood, and their canonical spelling."""

from __future__ import annotations

import pytest

from qmonsh.address import Target, abstract_at, is_ipv6, is_port, libvirt_at, tcp_at, tls_at, unix_at
from qmonsh.credentials import Credentials
from qmonsh.errors import UsageError
from qmonsh.target import parse_target

PLAIN = tcp_at("db", "4444", text="")


@pytest.mark.parametrize(
    ("target", "address"),
    [
        (unix_at("/p"), "unix:/p"),
        (unix_at("/a,b"), "unix:/a,,b"),
        (unix_at("///run/p"), "unix:/run/p"),
        (unix_at("/p", telnet=True), "unix:/p,telnet=on"),
        (abstract_at("n", tight=None, telnet=False), "abstract:n"),
        (abstract_at("n", tight=False, telnet=True), "abstract:n,tight=off,telnet=on"),
        (tcp_at("", "4444", text=""), "tcp:localhost:4444"),
        (tcp_at("::1", "0044", text=""), "tcp:[::1]:44"),
        (tcp_at("h", "1", text="", telnet=True), "telnet:h:1"),
        (tls_at(PLAIN), "tls://db:4444"),
        (tls_at(PLAIN, Credentials(ca="/c a")), "tls://db:4444?ca=/c%20a"),
    ],
)
def test_canonical_spelling_leads_to_the_same_target(target: Target, address: str) -> None:
    assert target.address == address
    assert parse_target(address) == target


@pytest.mark.parametrize("port", ["", "0", "65536", "000001", "x", "-1", "٤"])
def test_what_is_no_port_is_refused(port: str) -> None:
    assert not is_port(port)
    with pytest.raises(UsageError, match="no usable port"):
        tcp_at("h", port, text="h:" + port)


@pytest.mark.parametrize("host", ["a b", "a/b", "a@b", "[", "\x1b[2J"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="no usable host name"):
        tcp_at(host, "1", text=host + ":1")


def test_nothing_is_no_path_and_no_name() -> None:
    with pytest.raises(UsageError, match="no path"):
        unix_at("")
    with pytest.raises(UsageError, match="no name"):
        abstract_at("", tight=None, telnet=False)


@pytest.mark.parametrize(("text", "is_one"), [("::1", True), ("fe80::1%eth0", True), ("h:1", False)])
def test_ipv6_addresses(text: str, is_one: bool) -> None:
    assert is_ipv6(text) == is_one


@pytest.mark.parametrize("name", ["web", "two words", "a#b", "é"])
def test_domain_of_any_name_is_spelled_and_understood_again(name: str) -> None:
    target = libvirt_at("qemu:///system", name)
    assert target == parse_target(target.address) and target.domain == name


def test_blanks_of_a_domain_are_part_of_its_name() -> None:
    assert libvirt_at("qemu:///system", " web ").domain == " web "
