"""The shell's keys, and the user's."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.key_binding import KeyBindings

from qmonsh.errors import UsageError
from qmonsh.shell.keys import _bind, named_commands
from tests.shell.kit import ANSWERS, FakeMonitor, ShellKit, Typist, fake_shell, shell_on, typed_at


@pytest.mark.parametrize(
    ("key", "action"), [("c-t", "backward-kill-word"), ("f5", "line:info status"), ("escape x", "undo")]
)
def test_key_is_bound(key: str, action: str) -> None:
    keys = KeyBindings()
    _bind(keys, key, action)
    assert len(keys.bindings) == 1


@pytest.mark.parametrize(
    ("key", "action", "said"),
    [("f99", "undo", "no key"), ("c-t", "nosuch-command", "named command"), ("", "undo", "no key")],
)
def test_wrong_key_is_named(key: str, action: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _bind(KeyBindings(), key, action)


def test_named_commands_are_known() -> None:
    assert {"accept-line", "backward-kill-word", "yank"} <= set(named_commands())


def test_tab_completes_the_only_candidate(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("ball\t")
        await user.until(lambda: user.typed == "balloon ")

    typed_at(kit, script)


def test_alt_p_goes_back_among_lines_that_begin_alike(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        for number, line in enumerate(("query-uuid", "stop", "query-name", "cont"), 2):
            await user.enter(line, "vm0 running>", times=number)
        user.keys("query")
        await user.until(lambda: user.typed == "query")
        for key, line in (("p", "query-name"), ("p", "query-uuid"), ("p", "query-uuid"), ("n", "query-name")):
            user.keys(f"\x1b{key}")
            await user.until(lambda line=line: user.typed == line)

    typed_at(kit, script)


def test_up_goes_back_among_lines_that_begin_alike_and_down_returns(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        for number, line in enumerate(("query-uuid", "stop", "query-name", "cont"), 2):
            await user.enter(line, "vm0 running>", times=number)
        for key, line in (("A", "cont"), ("A", "query-name"), ("B", "cont"), ("B", "")):
            user.keys(f"\x1b[{key}")
            await user.until(lambda line=line: user.typed == line)
        user.keys("query")
        await user.until(lambda: user.typed == "query")
        for key, line in (("A", "query-name"), ("A", "query-uuid"), ("B", "query-name"), ("B", "query")):
            user.keys(f"\x1b[{key}")
            await user.until(lambda line=line: user.typed == line)

    typed_at(kit, script)


def test_up_moves_inside_an_object_of_several_lines(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("query-uuid", "00000000-0000")
        user.keys('{"execute":\r "a')
        await user.until(lambda: user.typed.endswith('"a'))
        user.keys("\x1b[A")
        await user.until(lambda: user.prompt.session.default_buffer.document.cursor_position_row == 0)
        assert user.typed.startswith("{")

    typed_at(kit, script)


def test_ctrl_r_searches_the_history(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("query-uuid", "vm0 running>", times=2)
        await user.enter("stop", "vm0 running>", times=3)
        user.keys("\x12uui")
        await user.until("query-uuid", times=2)
        user.keys("\r")  # takes what was found; the next one sends it
        await user.until(lambda: user.typed == "query-uuid")
        user.keys("\r")
        await user.until("00000000-0000", times=2)

    typed_at(kit, script)


def test_editor_changes_the_line_and_does_not_run_it(
    monitor: FakeMonitor, kit: ShellKit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf stop > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))

    async def script(user: Typist) -> None:
        user.keys("query\x18\x05")
        await user.until(lambda: user.typed == "stop")

    typed_at(kit, script)
    assert "stop" not in monitor.sent


def test_editor_that_fails_changes_nothing(kit: ShellKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "false")

    async def script(user: Typist) -> None:
        user.keys("query\x18\x05")
        await user.until("the editor 'false' failed")
        user.keys("-uuid")
        await user.until(lambda: user.typed == "query-uuid")

    typed_at(kit, script)


def test_f3_says_what_the_line_becomes_and_sends_nothing(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("stop\x1bOR")
        await user.until('-> {"execute": "stop"}')
        assert user.typed == "stop"
        user.keys("\x15set_password vnc hunter2\x1bOR")
        await user.until('"password": "***"')
        user.keys("\x15stpo x\x1bOR")
        await user.until("unknown command 'stpo'")
        user.keys("\x15.events\x1bOR")
        await user.until("nothing is sent for '.events'")
        assert "hunter2" not in user.stream.getvalue()
        user.keys("\x15")

    monitor.answers["query-commands"] = [*ANSWERS["query-commands"], {"name": "set_password"}]
    typed_at(kit, script)
    assert monitor.sent.count("stop") == 0 and "set_password" not in monitor.sent


def test_line_key_is_entered() -> None:
    with fake_shell(keys={"f5": "line:query-uuid", "c-t": "backward-kill-word"}) as (_, kit):

        async def script(user: Typist) -> None:
            user.keys("left over\x14")
            await user.until(lambda: user.typed == "left ")
            user.keys("\x1b[15~")
            await user.until("00000000-0000")

        typed_at(kit, script)


def test_dot_begins_a_command_of_the_shell_in_place_of_the_kept_line() -> None:
    with FakeMonitor(connections=2) as monitor, shell_on(monitor) as kit:

        async def script(user: Typist) -> None:
            monitor.hang_up()
            await user.until("not connected: .reconnect")
            await user.enter("query-uuid", "query-uuid was not sent")
            await user.until(lambda: user.typed == "query-uuid")
            user.keys(" a.b")  # it is being changed: a dot is a dot
            await user.until(lambda: user.typed == "query-uuid a.b")
            user.keys("\x15query-uuid\r")
            await user.until("query-uuid was not sent", times=2)
            await user.until(lambda: user.typed == "query-uuid")
            user.keys(".reconnect")
            await user.until(lambda: user.typed == ".reconnect")
            user.keys("\r")
            await user.until("connected to")
            await user.until(lambda: user.typed == "query-uuid")
            assert "query-uuid" not in monitor.names()
            user.keys("\r")
            await user.until("00000000-0000")

        typed_at(kit, script)
