"""Telnet options are taken out when they are there, and nothing is touched when they are not."""

from __future__ import annotations

import pytest

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
