"""What separates words."""

from __future__ import annotations

from qmonsh.language.blank import skip_blanks


def test_blanks_are_skipped_to_the_next_character_or_the_end() -> None:
    assert skip_blanks(" \t\v\f\r\na", 0) == 6
    assert skip_blanks("a b", 1) == 2
    assert skip_blanks("  ", 0) == 2
    assert skip_blanks("\u00a0", 0) == 0
