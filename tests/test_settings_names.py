"""Names of styles and keys: prompt_toolkit takes what is allowed here, and the shell has each class."""

from __future__ import annotations

import prompt_toolkit
import pytest
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.key_binding.key_bindings import _parse_key
from prompt_toolkit.styles import Attrs, Style
from prompt_toolkit.styles.named_colors import NAMED_COLORS

from qmonsh.settings_names import KEY_COMMANDS, KEY_NAMES, STYLE_CLASSES, STYLE_WORDS, wrong_key, wrong_style
from qmonsh.shell.theme import STYLE

NEWER = frozenset() if "dim" in Attrs._fields else frozenset({"dim", "nodim"})


def test_classes_are_those_of_the_shell() -> None:
    assert set(STYLE_CLASSES) == set(STYLE)


@pytest.mark.parametrize("word", sorted(STYLE_WORDS - NEWER))
def test_word_is_a_style(word: str) -> None:
    Style.from_dict({"command": word})


def test_styles_of_the_shell_are_allowed() -> None:
    assert not [name for name, style in STYLE.items() if wrong_style(name, style)]
    assert {name.lower() for name in NAMED_COLORS} <= STYLE_WORDS


def test_keys_and_commands_can_be_bound() -> None:
    keys = KeyBindings()
    for name in KEY_NAMES:
        _parse_key(name)
        keys.add(name)(lambda event: None)
    for name in KEY_COMMANDS:
        assert get_by_name(name).handler


@pytest.mark.parametrize("key", ["c-t", "f3", "escape x", "c-x c-e", "X", "s-tab", "c-s-left", "space"])
def test_key_is_allowed(key: str) -> None:
    assert wrong_key(key, "undo") is None and wrong_key(key, "line:info status") is None


@pytest.mark.skipif(prompt_toolkit.__version__ != "3.0.53", reason="its names may have become others")
def test_nothing_that_can_be_bound_is_missing() -> None:
    from prompt_toolkit.key_binding.bindings.named_commands import _readline_commands
    from prompt_toolkit.keys import ALL_KEYS, KEY_ALIASES

    known = {name for name in (*ALL_KEYS, *KEY_ALIASES) if not name.startswith("<")}
    assert known <= KEY_NAMES and set(_readline_commands) <= KEY_COMMANDS
