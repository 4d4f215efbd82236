"""The words for monitors that do not greet or agree."""

from __future__ import annotations

import pytest

from qmonsh.errors import ConnectionLostError, ProtocolError
from qmonsh.monitor import opening


def test_silence_with_first_bytes_is_no_monitor() -> None:
    assert opening.silence("unix:/x", None, b"SSH-2.0-x\r\n", 1).cause == "not-a-monitor"
    assert opening.silence("unix:/x", None, b"", 1).cause == "silent"


@pytest.mark.parametrize(
    ("lost", "first", "words", "cause"),
    [
        (ProtocolError("bad"), b"HTTP/1.1 400", "", "not-a-monitor"),
        (ConnectionLostError("reset"), b"", "", "closed"),
        (ConnectionLostError("closed"), b"", "qemu: no such option", "child-exited"),
    ],
)
def test_early_end(lost: ProtocolError, first: bytes, words: str, cause: str) -> None:
    error = opening.early_end("unix:/x", lost, first, words)
    assert error.cause == cause and error.status == 3 and words in str(error)


@pytest.mark.parametrize(
    ("first", "cause"),
    [(b"", "silent"), (b"{\"QMP\": {\"ver", "not-an-agent"), (b"QEMU 7.2", "not-an-agent"), (b"x", "silent")],
)
def test_no_agent_tells_a_monitor_from_silence(first: bytes, cause: str) -> None:
    error = opening.no_agent("unix:/x", None, first, 2)
    assert error.cause == cause and error.status == 3


def test_negotiation_failed_keeps_the_last_words() -> None:
    error = opening.negotiation_failed("exec:q", "the connection was lost: closed", "q: killed")
    assert "greeted, then the connection was lost" in str(error) and "q: killed" in str(error)
