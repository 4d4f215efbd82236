"""QEMU's option lists, and the monitors in a command line."""

from __future__ import annotations

import pytest

from qmonsh.chardev import SocketAddress, is_option, read_socket, split_options
from qmonsh.errors import UsageError


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a", ["a"]),
        ("a,b=c", ["a", "b=c"]),
        ("a,,b", ["a,b"]),
        ("a,,,b", ["a,", "b"]),
        ("a,,,,b", ["a,,b"]),
        ("a,", ["a", ""]),
        ("", [""]),
    ],
)
def test_options_are_split_at_single_commas(text: str, items: list[str]) -> None:
    assert split_options(text) == items


@pytest.mark.parametrize(
    ("item", "known"),
    [
        ("server", True),
        ("noserver", True),
        ("nowait", True),
        ("nodelay", True),
        ("wait=off", True),
        ("path=/p", True),
        ("reconnect-ms=5", True),
        ("tls-creds=t", True),
        ("nopath", False),
        ("serve", False),
        ("b.sock", False),
        ("", False),
    ],
)
def test_option_is_known(item: str, known: bool) -> None:
    assert is_option(item) is known


@pytest.mark.parametrize(
    ("items", "address"),
    [
        (["path=/p"], SocketAddress(path="/p")),
        (["server", "nowait", "path=/p"], SocketAddress(path="/p")),
        (["path=/p", "path=/q", ""], SocketAddress(path="/q")),
        (["path=a=b"], SocketAddress(path="a=b")),
        (["host=h", "port=1", "nodelay"], SocketAddress(host="h", port="1")),
        (["path=n", "abstract"], SocketAddress(path="n", abstract=True)),
        (["path=n", "abstract=on", "notight"], SocketAddress(path="n", abstract=True, tight=False)),
        (["path=n", "abstract=off", "tight=on"], SocketAddress(path="n", tight=True)),
        (["host=h", "port=1", "tls-creds=t"], SocketAddress(host="h", port="1", tls=True)),
        (["path=n", "telnet=y"], SocketAddress(path="n", telnet=True)),
        (["path=n", "telnet=no", "websocket=off"], SocketAddress(path="n")),
    ],
)
def test_socket_options_say_the_address(items: list[str], address: SocketAddress) -> None:
    assert read_socket("x", items) == address


@pytest.mark.parametrize(
    "item", ["websocket", "tn3270=on", "fd=3", "server=1", "foo", "foo=on"]
)
def test_option_that_cannot_be_served_is_refused(item: str) -> None:
    with pytest.raises(UsageError, match=item.partition("=")[0]):
        read_socket("unix:/p", ["path=/p", item])
