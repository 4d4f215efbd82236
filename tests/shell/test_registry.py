"""The shell's own commands are found by name; each tells what it is."""

from __future__ import annotations

import pytest

from qmonsh.errors import LineError
from qmonsh.shell.registry import builtin, builtins, find_builtin, wrong_usage
from tests.shell.kit import ShellKit


def test_contracts_commands_are_there() -> None:
    promised = ".help .exit .connect .events .wait .watch .explain .output .record .source .set .jobs .screen"
    assert set(promised.split()) <= set(builtins())


def test_each_command_tells_what_it_is() -> None:
    for name, command in builtins().items():
        assert name.startswith(".") and command.summary and len(command.synopsis) < 60, name
        assert command.takes_line == ("LINE" in command.usage), name


def test_rest_of_the_line_is_handed_on() -> None:
    command, words = find_builtin("  .wait  STOP  a=b ")
    assert (command.name, words) == (".wait", "STOP  a=b")


def test_clear_beginning_is_enough() -> None:
    assert find_builtin(".recon")[0].name == ".reconnect"


@pytest.mark.parametrize("line", [".nosuch", ".", ". help"])
def test_unknown_name_is_pointed_at(line: str) -> None:
    with pytest.raises(LineError) as caught:
        find_builtin(line)
    assert ".help" in caught.value.expected and caught.value.start == 0


def test_mistyped_name_gets_the_nearest() -> None:
    with pytest.raises(LineError) as caught:
        find_builtin(".evnets off")
    assert caught.value.nearest == ".events" and caught.value.end == len(".evnets")


def test_unclear_beginning_lists_the_candidates() -> None:
    with pytest.raises(LineError, match="ambiguous") as caught:
        find_builtin(".e")
    assert {".events", ".exit"} <= set(caught.value.expected)


def test_name_is_taken_once() -> None:
    with pytest.raises(AssertionError, match="two commands"):
        builtin(".help", "", "another")(builtins()[".help"].function)


def test_wrong_usage_shows_the_synopsis() -> None:
    assert wrong_usage(".wait", "name the event").synopsis.startswith(".wait EVENT")


def test_unknown_command_in_the_shell_is_said(kit: ShellKit) -> None:
    assert "did you mean '.events'" in kit.do(".evnets")
