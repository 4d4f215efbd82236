"""The user's editor on a text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from qmonsh.errors import UsageError
from qmonsh.shell import editor as module
from qmonsh.shell.editor import Editor


def editor(path: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{path} --wait")


def test_changed_text_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path / "ed", 'echo " and more" >> "$2"', monkeypatch)
    assert Editor().edit("line") == "line\n and more"


def test_unchanged_text_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path / "ed", "true", monkeypatch)
    assert Editor().edit('{"execute":\n "stop"}') == '{"execute":\n "stop"}'


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "failed, it ended with status 3: nothing was changed"),
        ("kill -9 $$", "failed, signal 9 ended it"),
        ('rm "$2"', "no UTF-8 text"),
        (r"printf '\377' > $2", "no UTF-8 text"),
    ],
)
def test_editor_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    editor(tmp_path / "ed", script, monkeypatch)
    with pytest.raises(UsageError, match=said):
        Editor().edit("line")


@pytest.mark.parametrize("variable", ["VISUAL", "EDITOR"])
@pytest.mark.parametrize("value", ["/no/such/editor -w", "un'closed"])
def test_editor_that_cannot_run_is_told_with_who_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError, match=f"{variable} names it"):
        Editor().edit("line")


def test_visual_comes_before_editor_and_blank_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path / "ed", 'echo editor > "$2"', monkeypatch)
    monkeypatch.setenv("VISUAL", " ")
    assert Editor().edit("line") == "editor"
    (tmp_path / "vi").write_text('#!/bin/sh\necho visual > "$1"\n')
    (tmp_path / "vi").chmod(0o700)
    monkeypatch.setenv("VISUAL", str(tmp_path / "vi"))
    assert Editor().edit("line") == "visual"


def test_without_a_name_the_usual_ones_are_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path / "ed", 'echo found > "$1"', monkeypatch)
    monkeypatch.delenv("EDITOR")
    monkeypatch.setattr(module, "_USUAL", ("/no/such/editor", str(tmp_path / "ed")))
    assert Editor().edit("line") == "found"
    monkeypatch.setattr(module, "_USUAL", ("/no/such/editor",))
    with pytest.raises(UsageError, match="no editor here"):
        Editor().edit("line")


def test_file_is_private_and_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path / "ed", f'echo "$2" > {tmp_path}/where; stat -c %a "$2" > {tmp_path}/mode', monkeypatch)
    Editor().edit('{"execute": 1}')
    where = (tmp_path / "where").read_text().strip()
    assert where.endswith(".json") and not os.path.exists(where)
    assert int((tmp_path / "mode").read_text(), 8) == stat.S_IRUSR | stat.S_IWUSR


def test_editor_that_was_hung_up_on_before_it_began_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path / "ed", "exec cat /dev/zero >/dev/null", monkeypatch)
    one = Editor()
    one.hang_up()
    with pytest.raises(UsageError, match="signal 1 ended it"):
        one.edit("line")
