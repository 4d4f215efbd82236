"""What the first bytes say about the other end, and when they do not say it yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.wire.recognise import recognise
from tests.wire import recorded
from tests.wire.test_telnet import OFFER

FIRST: list[tuple[bytes, str | None]] = [
    (b"", None),
    (b"\r\n", None),
    (b"{", None),
    (b"{\r\n    ", None),
    (b'{"Q', None),
    (b"QEM", None),
    (b"\xff", None),
    (b'{"QMP": {"version"', "qmp"),
    (b'{\r\n    "QMP": {', "qmp"),
    (b'\r\n{"QMP"', "qmp"),
    (b'{"return": {}, "id": "other-1"}\r\n{"QMP"', "qmp"),
    (b'{"id": "other-1", "error"', "qmp"),
    (b'{"error": {', "qmp"),
    (b'{"timestamp": {"seconds"', "qmp"),
    (b'{"event": "STOP"', "qmp"),
    (b"QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ", "hmp"),
    (b"\r\nQEMU 0.12.1 monitor", "hmp"),
    (OFFER, "telnet"),
    (OFFER + b'{"QMP"', "telnet"),
    (b"\xff\xfa", "telnet"),
    (b'\xff{"return": 1}', "neither"),
    (b"\xff\xff", "neither"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", "neither"),
    (b"HTTP/1.1 400 Bad Request\r\n", "neither"),
    (b"RFB 003.008\n", "neither"),
    (b"QMP", "neither"),
    (b"(qemu) ", "neither"),
    (b'{"jsonrpc": "2.0"', "neither"),
    (b"{1", "neither"),
    (b"{}", "neither"),
    (b"[", "neither"),
    (b"1", "neither"),
    (b"\x00", "neither"),
]


@pytest.mark.parametrize(("data", "dialect"), FIRST)
def test_first_bytes_tell_the_dialect(data: bytes, dialect: str | None) -> None:
    assert recognise(data) == dialect


@pytest.mark.parametrize(("data", "dialect"), [case for case in FIRST if case[1]])
def test_fewer_bytes_tell_the_same_or_nothing(data: bytes, dialect: str) -> None:
    for end in range(len(data)):
        assert recognise(data[:end]) in (None, dialect)


@pytest.mark.parametrize("name", [n for kind in ("qmp", "pretty") for n in recorded.names(kind)])
def test_recorded_qmp_greeting_is_recognised(name: str) -> None:
    assert recognise(recorded.joined(recorded.recording(name)["steps"][0]["chunks"])) == "qmp"


@pytest.mark.parametrize("name", recorded.names("hmp"))
def test_recorded_banner_is_recognised(name: str) -> None:
    assert recognise(recorded.joined(recorded.recording(name)["banner"])) == "hmp"


@given(st.binary(max_size=30), st.binary(max_size=10))
def test_a_decision_never_changes(data: bytes, more: bytes) -> None:
    decided = recognise(data)
    assert decided is None or recognise(data + more) == decided
