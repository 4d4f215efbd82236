"""Input coloured by what its words mean for this monitor."""

from __future__ import annotations

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.shell.colour import Colours, name_style
from qmonsh.shell.fragments import plain
from tests.shell.kit import HELP, HELP_INFO, ShellKit, fake_shell

KNOWN = FrozenFacts(
    {
        question("query-commands"): [{"name": "query-status"}, {"name": "human-monitor-command"}],
        question("hmp:help"): HELP,
        question("hmp:help info"): HELP_INFO,
    }
)


def style(line: str, facts: FrozenFacts = KNOWN) -> tuple[str, str]:
    start, end, found = name_style(line, Inquiry(facts), {"st": "info status"})
    return line[start:end], found.removeprefix("class:")


@pytest.mark.parametrize(
    ("line", "word", "what"),
    [
        ("query-status", "query-status", "command"),
        ("  balloon 512", "balloon", "command"),
        ("info status", "info status", "command"),
        ("c", "c", "command"),
        ("hmp balloon 1", "hmp balloon", "command"),
        ("qmp query-status", "qmp query-status", "command"),
        ("st", "st", "command"),
        (".events", ".events", "command"),
        (".ev", ".ev", "command"),
        (".nosuch", ".nosuch", "unknown"),
        ("ballon 512", "ballon", "unknown"),
        ("info statsu ", "info statsu", "unknown"),
        ("ball", "ball", ""),
        ("info sta", "info sta", ""),
        ("help balloon", "help", "command"),
        ("transaction(", "transaction(", "command"),
    ],
)
def test_name_is_coloured_by_what_it_is(line: str, word: str, what: str) -> None:
    assert style(line) == (word, what)


def test_nothing_is_called_unknown_before_all_names_are_known() -> None:
    assert style("ballon 512", FrozenFacts()) == ("ballon", "")
    assert style("balloon 512", FrozenFacts()) == ("balloon", "command")


@pytest.mark.parametrize("line", ["", "   ", ".", "{", "info", "info ", "hmp ", "\x00", "é"])
def test_every_line_has_a_style(line: str) -> None:
    style(line)


def styles(kit: ShellKit, *lines: str, is_json: bool = False) -> dict[str, str]:
    """Return the class of each part of these lines."""
    shown = [Colours(kit.shell).line([*lines], number, is_json=is_json) for number in range(len(lines))]
    assert [plain(line) for line in shown] == [*lines]
    return {part: style for line in shown for style, part, *_ in line}


def test_words_of_a_line_are_coloured() -> None:
    with fake_shell(color="always") as (_, kit):
        kit.shell.monitor.learn()
        kit.settle()
        found = styles(kit, 'query-uuid a=0x10 b="x y" -f on | cat')
    assert found["a"] == "class:key" and found["0x10"] == "class:number" and found['"x y"'] == "class:string"
    assert found["-f"] == "class:flag" and found["on"] == "class:constant" and found["|"] == "class:operator"


def test_json_is_coloured() -> None:
    with fake_shell(color="always") as (_, kit):
        found = styles(kit, '{"a": 1,', ' "b": "c", "d": true}', is_json=True)
    assert found['"a"'] == "class:key" and found["1"] == "class:number"
    assert found['"c"'] == "class:string" and found["true"] == "class:constant"
