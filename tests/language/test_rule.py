"""How a row's arguments are written."""

from __future__ import annotations

import pytest

from qmonsh.language.rule import KINDS, Argument, Rule, index_of


def test_arguments_are_read_from_the_spelling_of_help() -> None:
    rule = Rule("x", "", "[-f=force] [-d:display=shown~] device:block [speed:size=rate] mode:(a|b)")
    assert rule.arguments == (
        Argument("force", "", "force", optional=True, flag="f"),
        Argument("shown", "display", "shown", optional=True, flag="d", is_sure=False),
        Argument("device", "block", "device"),
        Argument("speed", "size", "rate", optional=True),
        Argument("mode", "enum", "mode", values=("a", "b")),
    )
    assert rule.synopsis == "x [-f] [-d shown] device [speed] a|b"


def test_argument_without_kind_is_a_word_and_flag_without_name_is_its_letter() -> None:
    first, second = Rule("x", "", "[-n] name").arguments
    assert (first.name, first.reading) == ("n", "flag")
    assert (second.kind, second.reading) == ("word", "word")


def test_misspelt_arguments_are_found() -> None:
    with pytest.raises(AssertionError, match="misspelt"):
        _ = Rule("x", "", "a:b:c").arguments


def test_name_taken_twice_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="two rules"):
        index_of(Rule("a", ""), Rule("b", "", aliases=("a",)))


def test_kinds_say_how_they_are_read() -> None:
    readings = {reading for reading, _ in KINDS.values()}
    assert readings == {
        "word",
        "expr",
        "mib",
        "size",
        "seconds",
        "onoff",
        "fmt",
        "time",
        "rest",
        "word-or-rest",
        "options",
        "options-rest",
    }
