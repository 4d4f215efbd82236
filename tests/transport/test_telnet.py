"""Telnet options are taken out when they are there, and nothing is touched when they are not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qmonsh.errors import ConnectionLostError
from qmonsh.transport.telnet import TelnetTransport

OPTIONS = b"\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"  # what QEMU sends (facts k)


class Script:
    """A transport that reads the given pieces."""

    address = "tcp:h:1"
    peer_pid = 7

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.written = b""
        self.closed = False

    def read(self) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def last_words(self) -> str:
        return "words"


def everything(transport: TelnetTransport) -> bytes:
    return b"".join(iter(transport.read, b""))


@pytest.mark.parametrize("cut", range(len(OPTIONS) + 1))
def test_options_are_removed_wherever_they_are_cut(cut: int) -> None:
    pieces = [piece for piece in (OPTIONS[:cut], OPTIONS[cut:] + b'{"QMP"') if piece]
    assert everything(TelnetTransport(Script(*pieces))) == b'{"QMP"'


def test_options_alone_are_no_end_of_stream() -> None:
    transport = TelnetTransport(Script(OPTIONS, b"QEMU", b"\xff\xf1"))
    assert transport.read() == b"QEMU"
    assert transport.read() == b""


def test_plain_stream_is_not_touched() -> None:
    assert everything(TelnetTransport(Script(b'{"a"', b"\xff\xfb\x01\xff"))) == b'{"a"\xff\xfb\x01\xff'


def test_expected_telnet_is_filtered_without_a_first_option() -> None:
    assert everything(TelnetTransport(Script(b"QEMU", OPTIONS, b" 7"), expected=True)) == b"QEMU 7"


def test_reply_to_our_own_ff_is_not_telnet() -> None:
    transport = TelnetTransport(Script(b'\xff{"return": 1}'))
    transport.write(b"\xff{}")
    assert transport.read() == b'\xff{"return": 1}'


def test_written_ff_is_doubled_on_telnet_only() -> None:
    plain, telnet = Script(), Script()
    TelnetTransport(plain).write(b"a\xffb")
    TelnetTransport(telnet, expected=True).write(b"a\xffb")
    assert (plain.written, telnet.written) == (b"a\xffb", b"a\xff\xffb")


def test_nothing_is_answered_to_options() -> None:
    script = Script(OPTIONS, b"x")
    everything(TelnetTransport(script))
    assert script.written == b""


def test_the_rest_is_the_inner_transports() -> None:
    script = Script()
    transport = TelnetTransport(script)
    assert (transport.address, transport.last_words(), transport.peer_pid) == ("tcp:h:1", "words", 7)
    transport.close()
    assert script.closed


class TellingScript(Script):
    """One that can tell whether something came; a None among its pieces is a time in which nothing does."""

    def __init__(self, *pieces: bytes | None | ConnectionLostError) -> None:
        super().__init__()
        self.queue = list(pieces)

    def ready(self, seconds: float | None) -> bool:
        if self.queue and self.queue[0] is None:
            self.queue.pop(0)
            return False
        return True

    def read(self) -> bytes:
        piece = self.queue.pop(0) if self.queue else b""
        assert piece is not None, "this would have blocked"
        if isinstance(piece, ConnectionLostError):
            raise piece
        return piece


def told(transport: TelnetTransport) -> Iterator[bytes | None]:
    """Yield what is read, and None where it was told that nothing came."""
    assert transport.ready is not None
    while True:
        data = transport.read() if transport.ready(1) else None
        yield data
        if data == b"":
            return


@pytest.mark.parametrize("expected", [False, True])
def test_ready_tells_what_can_be_read_without_telnets_commands(expected: bool) -> None:
    script = TellingScript(None, OPTIONS[:4], None, OPTIONS[4:], None, b"QEMU", None, OPTIONS, b" 7")
    heard = list(told(TelnetTransport(script, expected=expected)))
    assert heard == [None, None, None, b"QEMU", None, b" 7", b""]


def test_ready_on_a_plain_stream_reads_nothing_but_its_first_bytes() -> None:
    script = TellingScript(b"{", b"a", b"b")
    transport = TelnetTransport(script)
    assert transport.ready is not None and transport.ready(1) and transport.ready(1)
    assert transport.read() == b"{" and script.queue == [b"a", b"b"]
    assert transport.ready(1) and script.queue == [b"a", b"b"]


def test_a_loss_found_by_ready_is_raised_by_read() -> None:
    transport = TelnetTransport(TellingScript(ConnectionLostError("reset")))
    assert transport.ready is not None and transport.ready(1)
    with pytest.raises(ConnectionLostError, match="reset"):
        transport.read()


def test_a_transport_that_cannot_tell_is_not_made_to() -> None:
    assert TelnetTransport(Script(b"x")).ready is None
