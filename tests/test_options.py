"""The command line taken apart: where options end, what the TARGET is, what goes where, what options say."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import UsageError
from qmonsh.options import DEFAULTS, read_options, take_apart

APART: list[tuple[str, str, str, str, list[tuple[str, str]]]] = [
    # command line, option words, target, command, sources
    ("vm.sock info status", "", "vm.sock", "info status", []),
    ("vm.sock", "", "vm.sock", "", []),
    ("--json vm.sock info status", "--json", "vm.sock", "info status", []),
    ("vm.sock --json info mtree -f", "--json", "vm.sock", "info mtree -f", []),
    ("vm.sock info mtree -f --json", "", "vm.sock", "info mtree -f --json", []),
    ("-o json vm.sock -t 3 info status", "-o json -t 3", "vm.sock", "info status", []),
    ("-ojson vm.sock", "-o json", "vm.sock", "", []),
    ("--output=raw vm.sock", "--output raw", "vm.sock", "", []),
    ("localhost 4444 info status", "", "localhost 4444", "info status", []),
    ("localhost 4444", "", "localhost 4444", "", []),
    ("::1 4444 stop", "", "::1 4444", "stop", []),
    ("localhost:4444 4444", "", "localhost:4444", "4444", []),
    ("- info status", "", "-", "info status", []),
    ("-U vm.sock info status", "-U vm.sock", "", "info status", []),
    ("-U vm.sock --json", "-U vm.sock --json", "", "", []),
    ("-c stop vm.sock", "", "vm.sock", "", [("command_lines", "stop")]),
    (
        "vm.sock -f a -c b -f c",
        "",
        "vm.sock",
        "",
        [("files", "a"), ("command_lines", "b"), ("files", "c")],
    ),
    ("vm.sock -f -", "", "vm.sock", "", [("files", "-")]),
    ("vm.sock --command=stop cont", "", "vm.sock", "cont", [("command_lines", "stop")]),
    ("-qmp unix:/p,server=on info status", "", "-qmp unix:/p,server=on", "info status", []),
    ("--json -monitor tcp::4444,server", "--json", "-monitor tcp::4444,server", "", []),
    ("vm.sock -- -x", "", "vm.sock", "-x", []),
    ("vm.sock -vn info status", "-vn", "vm.sock", "info status", []),
]


@pytest.mark.parametrize(("line", "options", "target", "command", "sources"), APART)
def test_take_apart(
    line: str, options: str, target: str, command: str, sources: list[tuple[str, str]]
) -> None:
    words = take_apart(line.split())
    assert " ".join(words.options) == options
    assert " ".join(words.target) == target
    assert " ".join(words.command) == command
    assert words.sources == sources


def test_take_apart_names_the_option_without_value() -> None:
    with pytest.raises(UsageError, match="-o"):
        take_apart(["vm.sock", "-o"])


READ: list[tuple[str, dict[str, Any]]] = [
    ("", {}),
    ("--json", {"output_json": True}),
    ("-o raw --output text", {"output": "text"}),
    ("-t 3 --connect-timeout 0.5", {"timeout": 3.0, "connect_timeout": 0.5}),
    ("-n --explain-as python -y", {"explain": True, "explain_as": "python", "yes": True}),
    ("--complete info -U x --no-pager", {"complete": "info", "unix_path": "x", "no_pager": True}),
    ("--dialect agent --config f --all", {"dialect": "agent", "config": "f", "everything": True}),
]


@pytest.mark.parametrize(("line", "values"), READ)
def test_read_options(line: str, values: dict[str, Any]) -> None:
    assert read_options(line.split()) == {**DEFAULTS, **values}


@pytest.mark.parametrize(
    "line",
    ["--help", "-h", "-V", "--json --version", "-vn", "--nosuch", "-o xml", "-t soon", "--json=1"],
)
def test_read_options_leaves_to_click_what_needs_words(line: str) -> None:
    assert read_options(line.split()) is None
