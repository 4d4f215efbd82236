"""What the errors of resolving and connecting over TCP are said to be."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from qmonsh.errors import ConnectError
from qmonsh.target import parse_target
from qmonsh.transport.socket import connect_tcp
from qmonsh.transport.tcp_failure import tcp_failed, unresolvable
from tests.transport.probe import black_hole, descriptors

REMOTE = parse_target("vm.example.org:4444")
LOCAL = parse_target("127.0.0.1:4444")


def failure(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("error", "cause", "reason", "advice"),
    [
        (failure(errno.ECONNREFUSED), "refused", "nobody listens on port 4444", "reachable from here"),
        (failure(errno.EHOSTUNREACH), "unreachable", "No route to host", "ssh -N -L 4444:localhost:4444"),
        (failure(errno.ENETUNREACH), "unreachable", "Network is unreachable", "ssh -N -L"),
        (failure(errno.EADDRNOTAVAIL), "unreachable", "cannot be reached", "ssh -N -L"),
        (failure(errno.ETIMEDOUT), "timeout", "did not answer in time", "--connect-timeout"),
        (TimeoutError("timed out"), "timeout", "did not answer in time", "firewall"),
        (failure(errno.EACCES), "permission", "firewall of this machine", "nft"),
        (failure(errno.EPERM), "permission", "firewall of this machine", "nft"),
        (failure(errno.EMFILE), "failed", "Too many open files", ""),
        (OSError("odd"), "failed", "odd", ""),
    ],
)
def test_error_is_said_with_what_to_do(error: OSError, cause: str, reason: str, advice: str) -> None:
    found = tcp_failed(REMOTE, [("10.0.0.1", error)])
    assert (found.address, found.cause) == ("tcp:vm.example.org:4444", cause)
    assert reason in found.reason
    assert "(tried 10.0.0.1)" in found.reason
    assert advice in found.advice


def test_most_telling_of_several_addresses_leads() -> None:
    found = tcp_failed(
        REMOTE,
        [
            ("::2", failure(errno.ENETUNREACH)),
            ("10.0.0.1", failure(errno.ECONNREFUSED)),
            ("10.0.0.2", TimeoutError()),
        ],
    )
    assert found.cause == "refused"
    assert found.reason.endswith("(tried ::2, 10.0.0.1, 10.0.0.2)")


def test_address_given_as_number_is_not_repeated() -> None:
    assert "tried" not in tcp_failed(LOCAL, [("127.0.0.1", failure(errno.ECONNREFUSED))]).reason


def test_refused_port_is_told_from_a_silent_one() -> None:
    before = descriptors()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, not listening: nobody else can take the port
        target = parse_target(f"127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(ConnectError) as caught:
            connect_tcp(target, until=1e9)
    assert caught.value.cause == "refused"
    with black_hole() as (host, port), pytest.raises(ConnectError) as caught:
        connect_tcp(parse_target(f"{host}:{port}"), until=0.0)
    assert caught.value.cause == "timeout"
    assert descriptors() == before


def test_unknown_name_is_said() -> None:
    found = unresolvable(REMOTE, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert (found.cause, "vm.example.org" in found.reason) == ("unresolvable", True)
    assert "not known" in found.reason


def test_name_server_without_an_answer_is_said() -> None:
    found = unresolvable(REMOTE, TimeoutError(errno.ETIMEDOUT, "x"))
    assert (found.cause, "name server" in found.reason) == ("unresolvable", True)


def test_impossible_host_name_is_said() -> None:
    with pytest.raises(ConnectError) as caught:
        connect_tcp(parse_target("a..b:1"), until=1e9)
    assert caught.value.cause == "unresolvable"
