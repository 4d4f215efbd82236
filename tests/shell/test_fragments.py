"""Fragments of styled text."""

from __future__ import annotations

import pytest

from qmonsh.shell.fragments import cut, plain


def test_line_with_wide_characters_fits() -> None:
    assert plain(cut([("", "名前" * 5)], 10)) == "名前名..."


@pytest.mark.parametrize("width", [1, 5, 20, 200])
def test_line_fits(width: int) -> None:
    fragments = cut([("", "a" * 10), ("class:x", "b" * 10)], width)
    assert len(plain(fragments)) <= width
    assert (plain(fragments) == "a" * 10 + "b" * 10) is (width == 200)
