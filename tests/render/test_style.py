from __future__ import annotations

import re

from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.style import THEME, bare, finish, foreign, paint, state

COLOUR = Form(colour=True)


def test_finish_with_colour_turns_paint_into_sgr() -> None:
    assert finish(paint("good", "ok"), COLOUR) == "\x1b[32mok\x1b[0m"


def test_finish_without_colour_drops_paint() -> None:
    assert finish(f"a {paint('bad', 'b')} é", Form()) == "a b é"


def test_finish_escapes_what_a_view_forgot() -> None:
    assert finish(paint("head", "\x1b[2J"), COLOUR) == "\x1b[1m\\x1b[2J\x1b[0m"


def test_finish_in_ascii_spells_everything() -> None:
    line = finish(f"├─ {paint('good', 'é')} 日 █", Form(unicode=False, colour=True))
    assert line == "|- \x1b[32m\\xe9\x1b[0m \\u65e5 #"


def test_foreign_text_cannot_paint() -> None:
    assert foreign(paint("good", "x"), COLOUR) == "\\ufdd6x\\ufdef"


def test_paint_takes_no_columns() -> None:
    assert columns_of(paint("key", "abc")) == 3
    assert bare(paint("key", "é")) == "é"


def test_paint_of_nothing_is_nothing() -> None:
    assert paint("good", "") == ""


def test_state_words_are_worded_and_coloured() -> None:
    assert finish(state("running"), COLOUR) == "\x1b[32mrunning\x1b[0m"
    assert finish(state("io-error"), COLOUR) == "\x1b[31mio-error\x1b[0m"
    assert state("something-new") == "something-new"


def test_theme_uses_the_16_ansi_colours_only() -> None:
    assert all(re.fullmatch(r"[1-9]|3[1-7]|9[1-7]", parameters) for parameters in THEME.values())
    assert "33" not in THEME.values() and "37" not in THEME.values(), "unreadable on white"
