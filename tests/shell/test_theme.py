"""Colours: every class that is used has a style, and only 16 colours by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prompt_toolkit.styles import Attrs, default_ui_style, merge_styles

from qmonsh.errors import UsageError
from qmonsh.shell import theme
from qmonsh.shell.theme import STYLE, make_style

SOURCES = Path(theme.__file__).parent.glob("*.py")


def test_every_class_in_use_has_a_style() -> None:
    used = {name for path in SOURCES for name in re.findall(r'"class:([a-z.-]+)"', path.read_text())}
    assert used and used <= set(STYLE)


def test_colours_are_names_of_the_users_palette() -> None:
    for style in STYLE.values():
        assert "#" not in style
        assert "ansiyellow" not in style, "it cannot be read on a light background"


@pytest.mark.skipif("dim" not in Attrs._fields, reason="this prompt_toolkit knows no faint text")
def test_faint_text_is_not_of_a_colour_that_a_palette_may_have_for_its_paper() -> None:
    assert not [name for name, style in STYLE.items() if "ansibrightblack" in style.replace("bg:ansi", "")]


def test_users_style_is_taken() -> None:
    attributes = make_style({"prompt.name": "ansired"}).get_attrs_for_style_str("class:prompt.name")
    assert attributes.color == "ansired"


def test_style_that_this_prompt_toolkit_has_not_is_named() -> None:
    with pytest.raises(UsageError, match=r"\[theme\]"):
        make_style({"prompt.name": "no such style"})


@pytest.mark.parametrize("part", ["completion-menu.completion", "completion-menu.meta.completion"])
def test_selected_candidate_stands_out(part: str) -> None:
    """prompt_toolkit's own style reverses it, which would make ours look like the others."""
    style = merge_styles([default_ui_style(), make_style({})])
    menu = "class:completion-menu"
    chosen = style.get_attrs_for_style_str(f"{menu} class:{part} class:{part}.current")
    other = style.get_attrs_for_style_str(f"{menu} class:{part}")
    assert chosen.bgcolor == "ansiblue" != other.bgcolor
    assert not chosen.reverse
