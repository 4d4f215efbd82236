"""Paths and ports with QEMU's options behind them; whole targets are in test_target.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qmonsh import chardev
from qmonsh.address import Target
from qmonsh.errors import UsageError
from qmonsh.socket_spelling import (
    of_socket,
    read_abstract,
    read_tcp,
    read_telnet,
    read_telnet_unix,
    read_unix,
)

READ: list[tuple[Callable[[str], Target], str, str]] = [
    (read_unix, "/run/a b.sock", "unix:/run/a b.sock"),
    (read_unix, "///run/a", "unix:/run/a"),
    (read_unix, "/run/a,server=on,wait=off", "unix:/run/a"),
    (read_unix, "path=/run/a,,b,server", "unix:/run/a,,b"),
    (read_unix, "/run/a,telnet=on", "unix:/run/a,telnet=on"),
    (read_telnet_unix, "/run/a", "unix:/run/a,telnet=on"),
    (read_tcp, ":4444", "tcp:localhost:4444"),
    (read_tcp, "//db:4444/", "tcp:db:4444"),
    (read_tcp, "[::1]:4444,server=on", "tcp:[::1]:4444"),
    (read_tcp, "host=db,port=4444,telnet=on", "telnet:db:4444"),
    (read_tcp, "db:4444,tls-creds=c0", "tls://db:4444"),
    (read_telnet, "db:4444", "telnet:db:4444"),
    (read_abstract, "vm,tight=off", "abstract:vm,tight=off"),
]


@pytest.mark.parametrize(("read", "rest", "address"), READ)
def test_spelling_is_read(read: Callable[[str], Target], rest: str, address: str) -> None:
    assert read(rest).address == address


@pytest.mark.parametrize(
    ("read", "rest", "problem"),
    [
        (read_unix, "", "neither a path nor a port"),
        (read_tcp, "db", "no port"),
        (read_tcp, "4444", "did you mean 'tcp::4444'"),
        (read_tcp, "::1:4444", "brackets"),
        (read_tcp, "a:b:4444", "more than one ':'"),
        (read_tcp, "db:0", "no usable port"),
        (read_abstract, "", "no name"),
    ],
)
def test_spelling_is_refused(read: Callable[[str], Target], rest: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(rest)
    assert problem.lower() in str(caught.value).lower()


def test_options_that_name_no_place_are_refused() -> None:
    with pytest.raises(UsageError, match="neither a path nor a port"):
        of_socket("socket,id=m", chardev.read_socket("socket,id=m", ["id=m"]))
