"""The user's editor on a text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from qmonsh.shell.editor import edit_text
from qmonsh.shell.terminal import Terminal
from tests.shell.kit import Recorder


@pytest.fixture
def terminal() -> Terminal:
    terminal = Terminal()
    terminal.attach(Recorder())
    return terminal


def editor(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{path} --wait")


def test_changed_text_comes_back(tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path / "ed", 'echo " and more" >> "$2"', monkeypatch)
    assert edit_text("line", terminal) == "line\n and more"


def test_unchanged_text_is_none(tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path / "ed", "true", monkeypatch)
    assert edit_text("line", terminal) is None


@pytest.mark.parametrize("script", ["exit 1", 'rm "$2"', r"printf '\377' > $2"])
def test_editor_that_fails_is_none(
    tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    editor(tmp_path / "ed", script, monkeypatch)
    assert edit_text("line", terminal) is None


def test_editor_that_is_not_there_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "/no/such/editor")
    assert edit_text("line", terminal) is None


def test_file_is_private_and_gone_afterwards(
    tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path / "ed", f'echo "$2" > {tmp_path}/where; stat -c %a "$2" > {tmp_path}/mode', monkeypatch)
    edit_text('{"execute": 1}', terminal)
    where = (tmp_path / "where").read_text().strip()
    assert where.endswith(".json") and not os.path.exists(where)
    assert int((tmp_path / "mode").read_text(), 8) == stat.S_IRUSR | stat.S_IWUSR
