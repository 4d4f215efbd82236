"""The screen that the tests look at is itself tested: a wrong one would see what no user sees."""

from __future__ import annotations

import pytest

from tests.shell.vt import Screen


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("abc\rX", ["Xbc"]),
        ("abc\b\bX", ["aXc"]),
        ("\x1b[31mred\x1b[0m", ["red"]),
        ("abc\x1b[2D\x1b[K", ["a"]),
        ("one\r\ntwo\x1b[A\r\x1b[J", []),
        ("one\r\ntwo\r\x1b[J", ["one"]),
        ("\x1b[2;3Hx", ["", "  x"]),
        ("0123456789ab", ["0123456789", "ab"]),
        ("\x1b[?7l0123456789ab", ["012345678b"]),
        ("a\x1b]0;title\x07b", ["ab"]),
        ("\x1b[?2004habc", ["abc"]),
        ("a\x1b[3Cb", ["a   b"]),
    ],
)
def test_what_is_written_is_seen(written: str, lines: list[str]) -> None:
    screen = Screen(rows=4, columns=10)
    screen.feed(written)
    assert screen.lines == lines
    one_by_one = Screen(rows=4, columns=10)
    for character in written:
        one_by_one.feed(character)
    assert one_by_one.lines == lines


def test_rows_scroll_off_the_top() -> None:
    screen = Screen(rows=2, columns=10)
    screen.feed("a\r\nb\r\nc")
    assert screen.lines == ["b", "c"] and screen.history == ["a"] and screen.text == "a\nb\nc"


def test_question_for_the_cursor_is_answered() -> None:
    screen = Screen(rows=4, columns=10)
    screen.feed("ab\x1b[6n")
    assert screen.replies == ["\x1b[1;3R"]
