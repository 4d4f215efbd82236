"""Names become addresses within the deadline."""

from __future__ import annotations

import socket
import threading
from time import monotonic
from typing import Any

import pytest

from qmonsh.transport import resolve
from qmonsh.transport.resolve import addresses_of
from tests.transport.probe import DEADLINE


def soon() -> float:
    return monotonic() + DEADLINE


@pytest.mark.parametrize(
    ("host", "family"),
    [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("0x7f000001", socket.AF_INET)],
)
def test_number_is_its_own_address(host: str, family: int) -> None:
    [(found, address)] = addresses_of(host, 4444, until=soon())
    assert found == family
    assert address[1] == 4444


def test_number_needs_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", None)
    assert addresses_of("127.0.0.1", 1, until=0.0)


def test_name_has_each_address_once() -> None:
    found = addresses_of("localhost", 4444, until=soon())
    assert found
    assert len(found) == len(set(found))


def test_name_of_several_addresses_keeps_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: object, port: int, **options: Any) -> list[Any]:
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        rows = [("::2", socket.AF_INET6), ("10.0.0.1", socket.AF_INET), ("::2", socket.AF_INET6)]
        return [(family, socket.SOCK_STREAM, 6, "", (name, port)) for name, family in rows]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = addresses_of("vm", 1, until=soon())
    assert found == [(socket.AF_INET6, ("::2", 1)), (socket.AF_INET, ("10.0.0.1", 1))]


@pytest.mark.parametrize("host", ["no such host", "x" * 300, "\udcff", "a..b", "é" * 80])
def test_impossible_name_is_an_oserror(host: str) -> None:
    with pytest.raises(OSError):
        addresses_of(host, 1, until=soon())


def test_name_server_that_does_not_answer_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def look_up(host: str, port: int, *, flags: int = 0) -> list[resolve.Address]:
        if not flags:
            release.wait(DEADLINE)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(resolve, "_look_up", look_up)
    with pytest.raises(TimeoutError):
        addresses_of("slow", 1, until=monotonic() + 0.05)
    release.set()
