"""What click makes of the table of options: the same as read_options, and words for what is wrong."""

from __future__ import annotations

import pytest

from qmonsh.command import parse, qmonsh
from qmonsh.options import OPTIONS, Option, read_options, take_apart


def words_of(option: Option) -> list[str]:
    """Return a use of the option: its last spelling with a value that it takes."""
    value = option.choices[0] if option.choices else "2.5"
    return [option.names[-1], value] if option.takes_value else [option.names[-1]]


@pytest.mark.parametrize("option", OPTIONS, ids=[option.name for option in OPTIONS])
def test_click_reads_as_the_fast_way_does(option: Option) -> None:
    line = [*words_of(option), "-U", "vm.sock", "info", "status"]
    parsed = parse(line)
    assert isinstance(parsed, tuple)
    words, values = parsed
    taken = take_apart(line)
    assert values == read_options(taken.options)
    assert (words.options, words.command, words.sources) == (taken.options, taken.command, taken.sources)


def test_flags_run_together_are_read_by_click() -> None:
    parsed = parse(["-vn", "vm.sock"])
    assert isinstance(parsed, tuple) and parsed[1]["verbose"] and parsed[1]["explain"]


def test_help_shows_every_option_but_the_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--help"]) == 0
    shown = capsys.readouterr().out
    for option in OPTIONS:
        assert all((name in shown) is not option.is_hidden for name in option.names if name != "--complete")
    assert {param.name for param in qmonsh.params} >= {option.name for option in OPTIONS}


def test_a_wrong_value_is_said_with_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["-o", "xml", "vm.sock"]) == 2
    assert "xml" in capsys.readouterr().err
