"""Long output through a pager, short output straight to the terminal."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from qmonsh.errors import ProtocolError
from qmonsh.shell import pager
from qmonsh.shell.terminal import Terminal
from tests.shell.kit import Recorder


@pytest.fixture
def screen() -> tuple[Terminal, Recorder]:
    terminal, output = Terminal(), Recorder(rows=10, columns=20)
    terminal.attach(output)
    return terminal, output


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("environment", "command"),
    [({"PAGER": "more"}, "more"), ({"PAGER": ""}, ""), ({"PAGER": "cat"}, ""), ({"PAGER": " "}, "")],
)
def test_pager_is_the_users(environment: dict[str, str], command: str) -> None:
    assert pager.pager_command(environment) == command


def test_less_is_taken_when_there_is_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pager.pager_command({}) == ""
    program(tmp_path / "less", "cat")
    assert pager.pager_command({}) == "less"


def test_short_text_is_not_paged(screen: tuple[Terminal, Recorder]) -> None:
    terminal, output = screen
    pager.show(["line\n"] * 9, terminal, pager="false")
    assert output.text == "line\n" * 9


def test_tall_text_is_paged(screen: tuple[Terminal, Recorder], tmp_path: Path) -> None:
    terminal, output = screen
    pager.show(["line\n"] * 11, terminal, pager=f"cat > {tmp_path}/seen")
    assert (tmp_path / "seen").read_text() == "line\n" * 11 and output.text == ""


def test_long_lines_count_as_they_wrap(screen: tuple[Terminal, Recorder], tmp_path: Path) -> None:
    terminal, _ = screen
    pager.show(["x" * 200 + "\n"], terminal, pager=f"cat > {tmp_path}/seen")
    assert (tmp_path / "seen").exists()


def test_less_is_told_to_leave_short_text_and_keep_colours(
    screen: tuple[Terminal, Recorder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, _ = screen
    command = program(tmp_path / "page", f'cat > /dev/null; echo "$LESS" > {tmp_path}/less')
    pager.show(["line\n"] * 20, terminal, pager=command)
    assert (tmp_path / "less").read_text() == "FRX\n"
    monkeypatch.setenv("LESS", "S")
    pager.show(["line\n"] * 20, terminal, pager=command)
    assert (tmp_path / "less").read_text() == "S\n"


def test_pager_that_is_left_early_ends_the_output(screen: tuple[Terminal, Recorder]) -> None:
    terminal, output = screen
    made = 0

    def pieces() -> Iterator[str]:
        nonlocal made
        for _ in range(100_000):
            made += 1
            yield "line\n" * 100

    pager.show(pieces(), terminal, pager="head -1 > /dev/null")
    assert made < 100_000 and output.text == ""


def test_pager_is_waited_for_when_the_text_breaks_off(
    screen: tuple[Terminal, Recorder], tmp_path: Path
) -> None:
    def pieces() -> Iterator[str]:
        yield "line\n" * 20
        raise ProtocolError("the rest is no JSON")

    with pytest.raises(ProtocolError):
        pager.show(pieces(), screen[0], pager=f"cat > {tmp_path}/part; mv {tmp_path}/part {tmp_path}/seen")
    assert (tmp_path / "seen").read_text() == "line\n" * 20


@pytest.mark.parametrize("broken", ["/no/such/pager", '"unclosed'])
def test_pager_that_cannot_start_does_without(screen: tuple[Terminal, Recorder], broken: str) -> None:
    terminal, output = screen
    pager.show(["line\n"] * 20, terminal, pager=broken)
    assert output.text == "line\n" * 20 or broken.startswith('"')


def test_without_a_pager_pieces_are_written_as_they_come(screen: tuple[Terminal, Recorder]) -> None:
    terminal, output = screen

    def pieces() -> Iterator[str]:
        yield "first\n"
        assert output.text == "first\n"
        yield "second\n"

    pager.show(pieces(), terminal, pager="")
    assert output.text == "first\nsecond\n"
