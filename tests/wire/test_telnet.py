"""Telnet's commands are taken out wherever they stand and are cut; data comes through untouched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.wire.telnet import TelnetFilter

#: What QEMU sends before the greeting: WILL ECHO, WILL SGA, WILL BINARY, DO BINARY (QEMU-FACTS k).
OFFER = b"\xff\xfb\x01\xff\xfb\x03\xff\xfb\x00\xff\xfd\x00"

STREAMS: list[tuple[bytes, bytes]] = [
    (b"", b""),
    (OFFER, b""),
    (OFFER + b'{"QMP": {}}\r\n', b'{"QMP": {}}\r\n'),
    (b"plain\r\ntext", b"plain\r\ntext"),
    (b"a\xff\xffb", b"a\xffb"),
    (b"a\xff\xff\xff\xfb\x01b", b"a\xffb"),
    (b"a\r\x00b\r\n", b"a\rb\r\n"),
    (b"a\xff\xf1b\xff\xf9c", b"abc"),  # NOP, GA
    (b"a\xff\xfa\x18\x00xterm\xff\xf0b", b"ab"),
    (b"a\xff\xfa\x18\xff\xffxt\r\x00\xff\xf0b", b"ab"),
    (b"a\xff\xfe\xffb", b"ab"),  # DONT of option 255
    (b"a\xff\x41b", b"a\xff\x41b"),  # no command: a sender that does not double its 0xFF
    (b"\x00a\x00", b"\x00a\x00"),
]


@pytest.mark.parametrize(("data", "expected"), STREAMS)
def test_commands_are_removed_when_cut_anywhere(data: bytes, expected: bytes) -> None:
    for cut in range(len(data) + 1):
        subject = TelnetFilter()
        assert subject.receive(data[:cut]) + subject.receive(data[cut:]) == expected


@pytest.mark.parametrize(("data", "expected"), STREAMS)
def test_commands_are_removed_byte_by_byte(data: bytes, expected: bytes) -> None:
    subject = TelnetFilter()
    assert b"".join(subject.receive(data[at : at + 1]) for at in range(len(data))) == expected


@pytest.mark.parametrize("data", [b"\xff", b"\xff\xfb", b"\xff\xfa", b"\xff\xfa\x18\x00\xff", b"\r"])
def test_unfinished_sequence_waits(data: bytes) -> None:
    subject = TelnetFilter()
    assert subject.receive(b"x" + data) == b"x"


def test_subnegotiation_without_end_is_not_kept() -> None:
    subject = TelnetFilter()
    assert subject.receive(b"\xff\xfa") == b""
    for _ in range(100):
        assert subject.receive(b"x" * 10_000 + b"\xff") == b""
    assert subject.receive(b"\xf0data") == b"data"


@given(st.binary(), st.lists(st.integers(1, 5), min_size=1))
def test_doubled_data_comes_back_in_any_chunks(data: bytes, sizes: list[int]) -> None:
    data = data.replace(b"\r", b"")
    sent = data.replace(b"\xff", b"\xff\xff")
    subject, received, at, turn = TelnetFilter(), b"", 0, 0
    while at < len(sent):
        size = sizes[turn % len(sizes)]
        received += subject.receive(sent[at : at + size])
        at, turn = at + size, turn + 1
    assert received == data


@given(st.lists(st.binary(max_size=10) | st.sampled_from([b"\xff", b"\xfa", b"\xf0", b"\r", b"\0"])))
def test_any_chunking_gives_the_same(chunks: list[bytes]) -> None:
    pieces = TelnetFilter()
    assert b"".join(map(pieces.receive, chunks)) == TelnetFilter().receive(b"".join(chunks))
