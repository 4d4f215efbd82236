"""TLS against a scripted peer with certificates of its own; a real QEMU's TLS is tested in tests/real."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from qmonsh import connect
from qmonsh.errors import ConnectError, ConnectionLostError
from qmonsh.target import parse_target
from qmonsh.transport.tls import TlsTransport, context_for, open_tls
from qmonsh.wire.message import Event
from tests.peer import (
    GREETING,
    Conversation,
    ScriptedPeer,
    close,
    event,
    expect,
    expect_end,
    greet,
    reset,
    send,
    serve,
)
from tests.transport.probe import descriptors, is_blocked, until
from tests.transport.tls_peer import CLIENT, FILES, SERVER, address, shaking_hands, wrap

FAR = 1e9


def peer(*steps: Callable[[Conversation], None], **options: object) -> ScriptedPeer:
    return ScriptedPeer(steps, family="tcp", wrap=wrap(**options))  # type: ignore[arg-type]


def opened(port: int, query: str = "") -> TlsTransport:
    return open_tls(parse_target(address(port, query)), until=FAR)


def failure(port: int, query: str = "", *, timeout: float = 20) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        connect(address(port, query), timeout=timeout)
    return caught.value


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_monitor_over_tls(version: str) -> None:
    before = descriptors()
    answers = {"query-status": {"status": "running"}, "query-big": "x" * 300_000}
    with peer(*greet(), serve(answers), version=version) as other, connect(address(other.port)) as monitor:
        assert monitor.execute("query-status") == {"status": "running"}
        assert len(monitor.execute("query-big")) == 300_000
        assert monitor.execute("query-status", {"x": "y" * 300_000}) == {"status": "running"}
    assert descriptors() == before


@pytest.mark.parametrize("size", [1, 2, 100, 100_000])
def test_last_byte_is_a_record_of_its_own(size: int) -> None:
    """What is sent is seen as QEMU's TLS library sees it: record by record."""
    records: list[int] = []

    def step(conversation: Conversation) -> None:
        while sum(records) < size:
            records.append(len(conversation.sock.recv(1 << 20)))

    with peer(step) as other:
        transport = opened(other.port)
        transport.write(b"a" * size)
        until(lambda: sum(records) >= size)
        transport.close()
    assert records[-1] == 1 and sum(records) == size


@pytest.mark.parametrize(
    ("host", "query"),
    [
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("127.0.0.1", "&name=localhost"),
        ("localhost", "&name=127.0.0.1"),
    ],
)
def test_name_is_verified(host: str, query: str) -> None:
    with peer(*greet(), expect_end()) as other:
        connect(f"tls://{host}:{other.port}?dir={CLIENT}{query}").close()


def test_another_name_is_accepted_when_it_is_asked_for() -> None:
    with peer(*greet(), expect_end(), cert="named.pem") as other:
        assert "not for '127.0.0.1'" in failure(other.port).reason
        connect(address(other.port, f"dir={CLIENT}&name=vm.example.org")).close()


@pytest.mark.parametrize(
    ("cert", "query", "cause", "said"),
    [
        ("expired.pem", "", "certificate", "has expired"),
        ("named.pem", "", "certificate", "--tls-name"),
        ("server/server-cert.pem", f"ca={FILES}/other-cert.pem", "certificate", "not trusted here"),
        ("server/server-cert.pem", "name=127.0.0.1", "certificate", "not trusted here"),
        ("server/server-cert.pem", f"dir={CLIENT}&name=other.example", "certificate", "'other.example'"),
    ],
)
def test_certificate_that_is_not_accepted(cert: str, query: str, cause: str, said: str) -> None:
    before = descriptors()
    with shaking_hands(wrap(cert, verify=False)) as port:
        error = failure(port, query)
    assert (error.cause, said in str(error)) == (cause, True), str(error)
    assert descriptors() == before


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"ca={FILES}/ca-cert.pem", "wants a certificate of ours|refused the handshake"),
        (
            f"dir={CLIENT}&cert={FILES}/other-client-cert.pem&key={FILES}/other-client-key.pem",
            "does not trust the authority that signed our certificate",
        ),
        (f"dir={CLIENT}&cert={FILES}/expired-client-cert.pem", "our certificate has expired"),
    ],
)
def test_certificate_of_ours_that_is_not_accepted(version: str, query: str, said: str) -> None:
    with shaking_hands(wrap(version=version)) as port:
        error = failure(port, query)
    assert error.cause == "tls" and re.search(said, error.reason), str(error)


@pytest.mark.parametrize(
    ("query", "said"),
    [(f"ca={FILES}/ca-cert.pem", "--tls-cert"), ("", "did not accept our certificate")],
)
def test_other_end_that_leaves_after_the_handshake(query: str, said: str) -> None:
    """A QEMU that does not accept our certificate says nothing (TLS 1.3)."""
    with shaking_hands(wrap(verify=False)) as port:
        error = failure(port, query)
    assert error.cause == "tls" and said in str(error)


@pytest.mark.parametrize(
    ("first", "cause", "said"),
    [
        (b'{"QMP": {"version"', "not-tls", "a monitor without TLS"),
        (b"QEMU 7.2.22 monitor - type", "not-tls", "a monitor without TLS"),
        (b"SSH-2.0-x\r\n", "not-tls", "speaks no TLS"),
        (b"\x16nonsense that is no record", "tls", ""),
        (b"\x15\3\3\0\2\2\x28", "tls", "refused the handshake"),
        (b"", "tls", "left during the TLS handshake"),
    ],
)
def test_other_end_that_speaks_no_tls(first: bytes, cause: str, said: str) -> None:
    with ScriptedPeer([send(first), close()], family="tcp") as other:
        error = failure(other.port)
    assert (error.cause, said in error.reason) == (cause, True), str(error)


def test_handshake_that_nobody_answers() -> None:
    with ScriptedPeer([expect_end()], family="tcp") as other:
        error = failure(other.port, timeout=0.2)
    assert error.cause == "silent" and "0.2 s" in error.reason


def test_handshake_without_end_is_ended() -> None:
    """Warnings that mean nothing, for ever: the deadline holds although something always comes."""
    stop = threading.Event()

    def flood(conversation: Conversation) -> None:
        with suppress(OSError):
            while not stop.is_set():
                conversation.send(b"\x16\3\3\x40\0" + b"\2\0\xff\xff" + bytes(0x4000 - 4))

    with ScriptedPeer([flood], family="tcp") as other:
        error = failure(other.port, timeout=0.3)
        stop.set()
    assert error.cause in ("silent", "tls")


def test_port_that_another_holds_is_busy() -> None:
    with peer(*greet(), expect_end()) as other, connect(address(other.port)):
        error = failure(other.port, timeout=0.3)
    assert error.cause == "busy" and f"pid {os.getpid()}" in error.reason


def test_refused_port_is_as_for_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(port).cause == "refused"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("ca=/nowhere/ca.pem", "'/nowhere/ca.pem': it cannot be read: No such file"),
        ("dir=/nowhere", "'/nowhere/ca-cert.pem': it cannot be read"),
        (f"ca={FILES}/make.sh", "make.sh': there is no certificate"),
        (f"dir={CLIENT}&cert={FILES}/make.sh", "make.sh' or '"),
        (f"dir={CLIENT}&key={FILES}/locked-key.pem", "locked-key.pem': the key has a password"),
        (f"dir={CLIENT}&key={FILES}/other-client-key.pem", "it is not the key of that certificate"),
        (f"key={CLIENT}/client-key.pem", "a key without a certificate"),
    ],
)
def test_files_that_cannot_be_used_are_named_before_connecting(query: str, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        error = failure(listener.getsockname()[1], query)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert error.cause == "credentials" and said in error.reason


def test_directory_without_a_certificate_is_that_of_an_authority() -> None:
    assert context_for(parse_target(f"tls://h:1?dir={SERVER}")).get_ca_certs()


# -- the stream --------------------------------------------------------------------------------------


def test_close_ends_a_blocked_read() -> None:
    with peer(expect_end()) as other:
        transport = opened(other.port)
        said: list[bytes] = []
        thread = threading.Thread(target=lambda: said.append(transport.read()))
        thread.start()
        until(lambda: is_blocked(thread))
        transport.close()
        thread.join(20)
        transport.close()
        with pytest.raises(ConnectionLostError, match="closed"):
            transport.write(b"x")
    assert said == [b""]


def test_end_without_leave_is_an_end() -> None:
    with peer(send(GREETING), close()) as other:
        transport = opened(other.port)
        assert transport.read().startswith(b'{"QMP"')
        assert (transport.read(), transport.last_words()) == (b"", "")
        transport.close()


def test_reset_is_a_lost_connection() -> None:
    with peer(*greet(), expect("stop"), reset()) as other, connect(address(other.port)) as monitor:
        with pytest.raises(ConnectionLostError, match="'stop' is unknown"):
            monitor.execute("stop")


def test_bytes_that_were_tampered_with_are_a_lost_connection() -> None:
    def tamper(conversation: Conversation) -> None:
        with socket.socket(fileno=os.dup(conversation.sock.fileno())) as raw:
            raw.sendall(b"\x17\3\3\0\x20" + bytes(32))

    with peer(*greet(), tamper, expect_end()) as other, connect(address(other.port)) as monitor:
        until(lambda: monitor.lost)
        assert "TLS" in str(monitor.lost)


def test_reading_and_writing_at_once_loses_nothing() -> None:
    """A flood of events while commands go the other way: neither waits for the other."""
    count = 2000
    seen: list[object] = []
    with peer(*greet(), event("STOP", times=count), serve({"query-status": {}})) as other:
        with connect(address(other.port), observers=(seen.append,)) as monitor:
            for _ in range(200):
                monitor.execute("query-status")
    assert len([one for one in seen if isinstance(one, Event)]) == count
