"""The command line taken apart: where options end, what the TARGET is, what goes where."""

from __future__ import annotations

from typing import Any

import click
import pytest

from qmonsh.cli import main, qmonsh, take_apart

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
    words = take_apart(line.split(), qmonsh.params)
    assert " ".join(words.options) == options
    assert " ".join(words.target) == target
    assert " ".join(words.command) == command
    assert words.sources == sources


def test_take_apart_names_the_option_without_value() -> None:
    with pytest.raises(click.BadOptionUsage, match="-o"):
        take_apart(["vm.sock", "-o"], qmonsh.params)


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (["--version"], 0, "qmonsh "),
        (["-V"], 0, "qmonsh "),
        (["--help"], 0, "Exit status"),
        (["-h"], 0, "--keep-going"),
        (["--nosuch"], 2, "--nosuch"),
        (["-o", "xml", "vm.sock"], 2, "xml"),
        (["vm.sock", "-t", "soon"], 2, "soon"),
        (["nosuchscheme:whatever:x", "info"], 2, "nosuchscheme"),
        (["vm.sock", "--config", "/nonexistent.toml"], 2, "/nonexistent.toml"),
    ],
)
def test_main_ends_with_the_status(
    args: list[str], status: int, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(args)
    out, err = capfd.readouterr()
    assert ended.value.code == status and words in out + err and "Traceback" not in err
    assert (err if status == 0 else out) == ""


def test_defects_show_no_traceback_without_debug(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr("qmonsh.cli.dispatch", broken)
    with pytest.raises(SystemExit) as ended:
        main(["vm.sock"])
    assert ended.value.code == 1
    assert "internal error" in capfd.readouterr().err
    with pytest.raises(RuntimeError):
        main(["--debug", "vm.sock"])
