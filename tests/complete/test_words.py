"""The words of a line that is still typed."""

from __future__ import annotations

import pytest

from qmonsh.complete.words import Typed, read_typed

LINES = [
    ("", Typed((), "", 0)),
    ("  ", Typed((), "", 2)),
    ("ab", Typed((), "ab", 0)),
    ("ab ", Typed(("ab",), "", 3)),
    ("ab c", Typed(("ab",), "c", 3)),
    ('ab "c d', Typed(("ab",), "c d", 4)),
    ('ab "c d"', Typed(("ab", "c d"), "", 8)),
    ('ab "', Typed(("ab",), "", 4)),
    ('ab "x\\"y" z', Typed(("ab", 'x"y'), "z", 10)),
    ("a 'b c", Typed(("a", "'b"), "c", 5)),
    ('x "bad \\q escape', Typed(("x",), "bad \\q escape", 3)),
]


@pytest.mark.parametrize(("text", "wanted"), LINES, ids=[row[0] for row in LINES])
def test_words_up_to_the_cursor(text: str, wanted: Typed) -> None:
    assert read_typed(text, 0) == wanted


def test_from_a_position_on() -> None:
    assert read_typed("info block -n d", 10) == Typed(("-n",), "d", 14)
