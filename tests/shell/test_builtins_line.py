""".explain .watch .time .source .edit .history"""

from __future__ import annotations

from pathlib import Path

import pytest

from qmonsh.errors import UsageError
from qmonsh.shell.builtins_line import split_seconds
from tests.shell.kit import FakeMonitor, ShellKit


def test_explain_shows_and_sends_nothing(monitor: FakeMonitor, kit: ShellKit) -> None:
    text = kit.do(".explain stop")
    assert '{"execute": "stop"}' in text and "QMP" in text
    assert "from qmonsh import connect" in kit.do(".explain python stop")
    assert "stop" not in monitor.sent


def test_explain_says_that_a_line_asks_first(kit: ShellKit) -> None:
    assert "asks first" in kit.do(".explain system_reset")


def test_explain_of_a_command_called_like_a_form(kit: ShellKit) -> None:
    assert "unknown command 'shell'" in kit.do(".explain shell")


@pytest.mark.parametrize("line", [".explain", ".watch", ".source", ".watch 0 query-uuid"])
def test_missing_words_are_said(kit: ShellKit, line: str) -> None:
    assert "qmonsh:" in kit.do(line)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("info block", (2.0, "info block")), ("0.5 info block", (0.5, "info block")), ("5", (5.0, ""))],
)
def test_seconds_may_stand_first(words: str, wanted: object) -> None:
    assert split_seconds(words) == wanted


@pytest.mark.parametrize("words", ["0 x", "-1 x", "nan x", "1e9 x"])
def test_senseless_seconds_are_refused(words: str) -> None:
    with pytest.raises(UsageError):
        split_seconds(words)


def test_time_of_one_line_and_of_all(kit: ShellKit) -> None:
    assert "took" in kit.do(".time query-uuid") and "took" not in kit.do("query-uuid")
    kit.do(".time on")
    assert "took" in kit.do("query-uuid")
    kit.do(".time off")
    assert "took" not in kit.do("query-uuid")


def test_source_runs_lines_and_asks_before_danger(
    monitor: FakeMonitor, kit: ShellKit, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text('# first\nstop\n\n{\n"execute": "cont"}\nsystem_reset\n')
    kit.do(f".source {script}")
    assert [name for name in monitor.sent if name in ("stop", "cont")] == ["stop", "cont"]
    assert len(kit.questions) == 1 and "system_reset" not in monitor.sent


def test_source_stops_at_the_first_failure_and_names_the_line(
    monitor: FakeMonitor, kit: ShellKit, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("stop\nnosuch\ncont\n")
    assert f"stopped at {script}:2" in " ".join(kit.do(f".source {script}").split())
    assert "cont" not in monitor.sent


def test_source_of_itself_ends(kit: ShellKit, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f".source {script}\n")
    assert "over and over" in " ".join(kit.do(f".source {script}").split())
    assert kit.shell.sourcing == 0


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_file_that_cannot_be_read_is_said(kit: ShellKit, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "script"
    if content is not None:
        path.write_bytes(content)
    assert "cannot read" in kit.do(f".source {path}")


def test_exit_in_a_script_leaves(monitor: FakeMonitor, kit: ShellKit, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(".exit\nstop\n")
    kit.do(f".source {script}")
    assert kit.shell.status == 0 and "stop" not in monitor.sent


def test_edit_puts_the_line_on_the_next_prompt(
    monitor: FakeMonitor, kit: ShellKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf cont > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    kit.shell.previous_lines = lambda: ["stop", ".edit"]
    kit.do(".edit")
    assert kit.shell.next_text == "cont" and "cont" not in monitor.sent
    monkeypatch.setenv("EDITOR", "false")
    assert "the editor 'false' failed" in kit.do(".edit stop") and kit.shell.next_text == "stop"


def test_history_shows_all_some_or_those_with_a_word(kit: ShellKit) -> None:
    kit.shell.previous_lines = lambda: ["one", "two", "three"]
    assert kit.do(".history") == "one\ntwo\nthree\n"
    assert kit.do(".history 1") == "three\n"
    assert kit.do(".history 0") == ""
    assert kit.do(".history t") == "two\nthree\n"
