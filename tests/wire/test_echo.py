"""The line editor's echo: predicted to the byte, removed in any chunking, never kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.wire.echo import Echo


def redraws(line: bytes) -> bytes:
    """Return what QEMU's editor echoes for a line, its end included (checked against recordings below)."""
    drawn = b"".join(b"\x1b[D" * at + line[: at + 1] + b"\x1b[K" for at in range(len(line)))
    return drawn + b"\r\n"


LINES = [b"", b"x", b"info status", b"  ", b"print \xc3\xa9", b"\x1b is refused elsewhere", b"aaaaaaaaaaaa"]


@pytest.mark.parametrize("line", LINES)
def test_echo_is_removed_when_cut_anywhere(line: bytes) -> None:
    whole = redraws(line) + b"text\r\n(qemu) "
    for cut in range(len(whole) + 1):
        echo, buffer = Echo(line), bytearray(whole[:cut])
        ended = echo.remove(buffer)
        assert ended == (cut >= len(redraws(line)))
        assert not echo.plain
        buffer += whole[cut:]
        assert ended or echo.remove(buffer)
        assert buffer == b"text\r\n(qemu) "


@pytest.mark.parametrize("line", LINES)
def test_echo_is_removed_byte_by_byte(line: bytes) -> None:
    echo, buffer = Echo(line), bytearray()
    for byte in redraws(line)[:-1]:
        buffer.append(byte)
        assert not echo.remove(buffer)
        assert len(buffer) < 4 * len(line) + 4
    buffer += b"\n"
    assert echo.remove(buffer)
    assert not buffer


@pytest.mark.parametrize(
    "before", [b"the rest of an answer\r\n(qemu) ", b"\x1b[K\r\n", b"inf", b"i\x1b[K\r\n", b"(qemu) " * 9]
)
@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_echo_is_found_behind_the_rest_of_an_answer(before: bytes, size: int) -> None:
    whole = before + redraws(b"info status") + b"VM status: running\r\n"
    echo, buffer, ended = Echo(b"info status"), bytearray(), False
    for at in range(0, len(whole), size):
        buffer += whole[at : at + size]
        ended = ended or echo.remove(buffer)
    assert ended
    assert buffer == b"VM status: running\r\n"


def test_stray_redraws_are_not_kept() -> None:
    echo, buffer = Echo(b"info status"), bytearray(b"stray")
    for _ in range(1000):
        buffer += b"\x1b[D" * 30 + b"another line\x1b[K"
        assert not echo.remove(buffer)
        assert len(buffer) < 100


@pytest.mark.parametrize("data", [b"info status\r\n", b"VM status: running\r\n", b"(qemu) "])
def test_plain_says_that_nothing_was_redrawn(data: bytes) -> None:
    echo, buffer = Echo(b"info status"), bytearray(data)
    assert not echo.remove(buffer)
    assert echo.plain
    assert buffer == data


def test_longest_line_leaves_nothing_behind() -> None:
    """33 MB of echo for 4095 bytes: what is held is at most one redraw."""
    line = (b"print 1" + b"+1" * 2100)[:4095]
    echo, buffer, longest = Echo(line), bytearray(), 0
    for at in range(0, len(line)):
        buffer += b"\x1b[D" * at + line[: at + 1] + b"\x1b[K"
        assert not echo.remove(buffer)
        longest = max(longest, len(buffer))
    buffer += b"\r\nanswer"
    assert echo.remove(buffer)
    assert buffer == b"answer" and longest == 0


@given(line=st.binary(max_size=30), chunks=st.lists(st.binary(max_size=10)))
def test_any_bytes_before_the_echo_are_dropped_with_it(line: bytes, chunks: list[bytes]) -> None:
    echo, buffer = Echo(line), bytearray()
    for chunk in chunks:
        buffer += chunk
        if echo.remove(buffer):
            return  # the bytes happened to be the echo
    buffer += redraws(line) + b"answer"
    assert echo.remove(buffer)
    assert buffer.endswith(b"answer")
