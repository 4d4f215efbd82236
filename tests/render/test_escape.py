from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.render.escape import escaped, is_safe, one_line, printable

EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))
#: What the sanitiser exists for, written independently of its rule.
DANGEROUS_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def is_dangerous(character: str) -> bool:
    return unicodedata.category(character) in DANGEROUS_CATEGORIES or character in BIDI


def test_printable_of_every_code_point_is_safe() -> None:
    shown = printable(EVERYTHING)
    assert {c for c in set(shown) if is_dangerous(c)} == {"\n", "\t"}


def test_one_line_has_no_line_end() -> None:
    shown = one_line(EVERYTHING[:0x3000] + EVERYTHING[0xD000:0x10000])
    assert not any(is_dangerous(c) for c in set(shown))
    assert len(shown.splitlines()) == 1


def test_printable_alone_and_in_text_agree_on_every_code_point() -> None:
    for code in (*range(0x3000), *range(0xD7F0, 0xE010), *range(0xFDC0, 0x10100), *range(0xE0000, 0xE0200)):
        character = chr(code)
        alone = one_line(character)
        assert one_line(f"a{character}é") == f"a{alone}é"
        assert (alone == character) is is_safe(character)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é 日本 ∞ 🙂", "é 日本 ∞ 🙂"),
        ("a\nb\tc", "a\nb\tc"),
        ("\r\n", "\\x0d\n"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x1b]0;pwn\x07", "\\x1b]0;pwn\\x07"),
        ("\x7f\x80\x9b", "\\x7f\\x80\\x9b"),
        ("a\u202eb", "a\\u202eb"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164 filler", "\\u3164 filler"),
        ("no\u00a0break", "no\\xa0break"),
        ("C:\\x1b stays", "C:\\x1b stays"),
        ("", ""),
    ],
)
def test_printable_shows(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_printable_keeps_what_is_asked() -> None:
    assert printable("a]\r-b\n", keep="\r]-^") == "a]\r-b\\x0a"


@given(st.text())
def test_printable_twice_is_printable_once(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.characters())
def test_escaped_names_the_code_point(character: str) -> None:
    assert int(escaped(character)[2:], 16) == ord(character)
