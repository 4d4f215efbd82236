"""The file of lines typed before: private, without secrets, this VM's lines first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qmonsh.shell.history import ShellHistory


def stored(path: Path) -> list[str]:
    return [line[1:] for line in path.read_text().splitlines() if line.startswith("+")]


def test_lines_come_back_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    history = ShellHistory(str(path), vm="a")
    for line in ("one", "two", "three"):
        history.append_string(line)
    assert list(ShellHistory(str(path), vm="a").load_history_strings()) == ["three", "two", "one"]
    assert history.lines() == ["one", "two", "three"]


def test_file_and_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "state" / "history"
    before = os.umask(0)
    try:
        ShellHistory(str(path)).append_string("info status")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_file_that_was_readable_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("")
    path.chmod(0o644)
    ShellHistory(str(path)).append_string("info status")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line",
    [
        " info status",
        "\tinfo status",
        "",
        "   ",
        "set_password vnc hunter2",
        "change vnc password hunter2",
        "object_add secret,id=s,data=hunter2",
        "object-add qom-type=secret id=s data=hunter2",
        '{"execute": "set_password", "arguments": {"protocol": "vnc", "password": "hunter2"}}',
    ],
)
def test_line_is_not_remembered(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history"
    history = ShellHistory(str(path))
    history.append_string(line)
    assert not path.exists() and history.lines() == []


def test_repeated_line_is_stored_once(tmp_path: Path) -> None:
    path = tmp_path / "history"
    history = ShellHistory(str(path))
    for line in ("cont", "cont", "stop", "cont"):
        history.append_string(line)
    assert stored(path) == ["cont", "stop", "cont"]
    assert list(ShellHistory(str(path)).load_history_strings()) == ["cont", "stop"]


def test_lines_of_this_vm_come_first(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    ShellHistory(path, vm="unix:/a").append_string("mine, old")
    ShellHistory(path, vm="unix:/b").append_string("another's, new")
    found = list(ShellHistory(path, vm="unix:/a").load_history_strings())
    assert found == ["mine, old", "another's, new"]


def test_lines_of_the_vm_one_turns_to_come_first(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    history = ShellHistory(path, vm="unix:/a")
    history.append_string("of a")
    history.turn_to("unix:/b")
    history.append_string("of b")
    assert history.lines() == ["of a", "of b"]
    history.turn_to("unix:/a")
    assert history.lines() == ["of b", "of a"]


def test_turning_loses_no_line_that_is_only_in_memory() -> None:
    history = ShellHistory("", vm="unix:/a")
    history.append_string("of a")
    history.turn_to("unix:/b")
    assert history.lines() == ["of a"]


def test_statement_of_several_lines_stays_one(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    ShellHistory(path).append_string('{"execute":\n"query-name"}')
    assert list(ShellHistory(path).load_history_strings()) == ['{"execute":\n"query-name"}']


def test_name_of_a_vm_cannot_forge_lines(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    ShellHistory(path, vm="a\n+system_reset").append_string("cont")
    assert list(ShellHistory(path).load_history_strings()) == ["cont"]


def test_odd_characters_come_back(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    line = "print 'ä€\udcff\u2028'"
    ShellHistory(path).append_string(line)
    assert list(ShellHistory(path).load_history_strings()) == [line]


def test_without_a_path_it_lives_in_memory() -> None:
    history = ShellHistory("")
    history.append_string("cont")
    assert history.lines() == ["cont"]


def test_unusable_folder_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    history = ShellHistory(str(tmp_path / "file" / "history"), complain=said.append)
    history.append_string("cont")
    history.append_string("stop")
    assert len(said) == 1 and "not stored" in said[0]
    assert history.lines() == ["cont", "stop"]


def test_unwritable_file_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    said: list[str] = []
    history = ShellHistory(str(tmp_path / "history"), complain=said.append)
    history.append_string("cont")
    history.append_string("stop")
    assert len(said) == 1 and history.lines() == ["cont", "stop"]


def test_two_shells_side_by_side_do_not_mix(tmp_path: Path) -> None:
    path = str(tmp_path / "history")
    first, second = ShellHistory(path, vm="a"), ShellHistory(path, vm="b")
    for number in range(20):
        first.append_string(f"a {number}")
        second.append_string(f"b {number}")
    found = list(ShellHistory(path, vm="a").load_history_strings())
    assert found[:20] == [f"a {number}" for number in reversed(range(20))]
    assert found[20:] == [f"b {number}" for number in reversed(range(20))]
