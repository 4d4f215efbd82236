"""The prompt as a user has it: keys in, screen out, with a monitor that obeys the test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prompt_toolkit.output import ColorDepth, DummyOutput

from qmonsh.errors import ConnectionLostError
from qmonsh.shell.fragments import plain
from qmonsh.shell.prompt import Prompt, Redraw, continuation, message
from tests.shell.kit import FakeMonitor, ShellKit, Typist, fake_shell, shell_on, typed_at
from tests.shell.terminal_session import TerminalSession, qmonsh


def test_prompt_shows_name_and_run_state(kit: ShellKit) -> None:
    assert plain(message(kit.shell)) == "vm0 running> "
    kit.shell.monitor.state.run_state = ""
    assert plain(message(kit.shell)) == "vm0> "
    kit.shell.monitor.state.lose(ConnectionLostError("gone"))
    assert plain(message(kit.shell)) == "vm0 not connected> "


def test_prompt_of_a_vm_without_a_name_shows_its_socket(kit: ShellKit) -> None:
    kit.shell.monitor.state.name = ""
    assert plain(message(kit.shell)) == "peer.sock running> "


def test_hostile_name_is_harmless(kit: ShellKit) -> None:
    kit.shell.monitor.state.name = "\x1b]0;x\x07\n"
    assert "\x1b" not in plain(message(kit.shell)) and "\n" not in plain(message(kit.shell))


def test_long_name_is_cut(kit: ShellKit) -> None:
    kit.shell.monitor.state.name = "n" * 200
    assert len(plain(message(kit.shell))) < 50


def test_continuation_is_as_wide_as_the_prompt() -> None:
    assert continuation(8, 1, 0) == "....... "
    assert continuation(8, 0, 1) == "", "a wrapped line can be copied"


def test_line_is_run_and_ctrl_d_leaves_with_status_0(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("query-uuid", "00000000-0000")

    typist = Typist(kit)
    assert typist.run(script) == 0
    assert "vm0 running> query-uuid" in typist.shown
    assert "quit" not in monitor.sent


def test_ctrl_c_clears_the_line(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("stop")
        await user.until(lambda: user.typed == "stop")
        user.keys("\x03")
        await user.until(lambda: user.typed == "")

    typed_at(kit, script)
    assert "stop" not in monitor.sent


def test_event_appears_while_the_typed_text_stays(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("query-sta")
        await user.until(lambda: user.typed == "query-sta")
        monitor.event("STOP")
        await user.until("STOP\n")
        await user.until(lambda: user.screen.line.endswith("> query-sta"))
        user.keys("tus\r")
        await user.until("VM status")

    typed_at(kit, script)


def test_flood_of_events_leaves_the_typed_text_intact(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("query-st")
        await user.until(lambda: user.typed == "query-st")
        monitor.event("BLOCK_IO_ERROR", times=5000)
        user.keys("atus")
        await user.until(lambda: kit.shell.monitor.events.total == 5000)
        await user.until("the last of")
        assert user.typed == "query-status"

    typed_at(kit, script)


def test_run_state_changes_without_enter(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        monitor.answers["query-status"] = {"status": "paused", "running": False}
        monitor.event("STOP")
        await user.until("vm0 paused>")

    typed_at(kit, script)


def test_enter_adds_a_line_to_an_open_object(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys('{"execute":\r')
        await user.until(lambda: "\n" in user.typed)
        user.keys('"query-uuid"}\r')
        await user.until("00000000-0000")

    typed_at(kit, script)


def test_enter_takes_a_selected_candidate_and_sends_nothing(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("s")
        await user.until(lambda: user.prompt.session.default_buffer.complete_state is not None)
        user.keys("\t\t")
        await user.until(lambda: user.prompt.session.default_buffer.complete_state.complete_index is not None)
        chosen = user.typed
        user.keys("\r")
        await user.until(lambda: user.prompt.session.default_buffer.complete_state is None)
        assert user.typed == chosen and chosen != "s"
        assert set(monitor.sent) <= {"human-monitor-command"}

    typed_at(kit, script)


def test_enter_sends_the_line_when_the_menu_is_only_visible(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("c")
        await user.until("resume emulation")
        user.keys("\r")
        await user.until(lambda: "cont" in monitor.sent)

    typed_at(kit, script)


def test_dangerous_command_asks_and_no_is_the_default(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        for number, answer in enumerate(("\r", "n\r", "\x03", "\x04", "maybe\r"), 1):
            await user.enter("system_reset", "[y/N]", times=number)
            user.keys(answer)
            await user.until("nothing was sent", times=number)

    typist = typed_at(kit, script)
    assert "system_reset" not in monitor.sent
    assert "on vm0?" in typist.shown


@pytest.mark.parametrize("columns", [40, 60])
def test_question_is_folded_between_words(columns: int) -> None:
    with FakeMonitor({"query-name": {"name": "a-machine-with-a-long-name"}}) as monitor:
        with TerminalSession(qmonsh(monitor.target), columns=columns) as session:
            session.until("running>")
            session.keys("system_powerdown\r")
            session.until("[y/N]")
            rows = [row.strip() for row in session.screen.text.splitlines()]
            asked = " ".join(rows[next(n for n, row in enumerate(rows) if "Go on" in row) :])
            assert asked.startswith("Go on with system_powerdown on a-machine-with-a-long-name? [y/N]")
            session.keys("\r")
            session.until("nothing was sent")
            session.keys("\x04")
            assert session.end() == 0


def test_confirmed_quit_leaves_with_status_0(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("quit", "[y/N]")
        user.keys("yes\r")
        await user.until(lambda: kit.shell.status is not None)

    typist = Typist(kit)
    assert typist.run(script) == 0
    assert "Ctrl-D" in typist.shown and "was lost" not in typist.shown
    assert monitor.sent[-1] == "quit"


def test_lost_connection_keeps_the_typed_line(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("query-uuid")
        await user.until(lambda: user.typed == "query-uuid")
        monitor.hang_up()
        await user.until("vm0 not connected>")
        assert user.typed == "query-uuid"
        user.keys("\r")
        await user.until("was not sent: not connected")
        await user.until(lambda: user.typed == "query-uuid")

    typed_at(kit, script)


def test_secret_is_starred_while_it_is_typed_and_not_remembered(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("set_password vnc hunter2")
        await user.until("set_password vnc *******")
        user.keys("\r")
        await user.until("vm0 running>", times=2)

    typist = typed_at(kit, script)
    assert "vnc *******" in typist.shown and "hunter2" not in typist.shown
    assert typist.prompt.history.lines() == []


def test_paste_of_two_lines_asks(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        user.keys("\x1b[200~stop\ncont\n\x1b[201~\r")
        await user.until("Run these 2 commands?")
        user.keys("n\r")
        await user.until("nothing was sent")

    typed_at(kit, script)
    assert "stop" not in monitor.sent


def test_paste_of_200_kb_is_one_line(kit: ShellKit) -> None:
    text = "query-uuid " + "x" * 200_000

    async def script(user: Typist) -> None:
        user.keys(f"\x1b[200~{text}\x1b[201~")
        await user.until(lambda: user.typed == text)

    typed_at(kit, script)


def test_vi_keys_when_wanted() -> None:
    with fake_shell(vi=True) as (_, kit):

        async def script(user: Typist) -> None:
            user.keys("query-uuidX")
            await user.until(lambda: user.typed == "query-uuidX")
            user.keys("\x1b")
            user.keys("x")
            await user.until(lambda: user.typed == "query-uuid")

        typed_at(kit, script)


def test_lines_are_remembered_from_shell_to_shell(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def first(user: Typist) -> None:
        await user.enter("query-uuid", "00000000-0000")

    async def second(user: Typist) -> None:
        user.keys("\x1b[A")
        await user.until(lambda: user.typed == "query-uuid")

    typed_at(kit, first)
    typed_at(kit, second)


def test_history_can_be_off() -> None:
    with fake_shell(history=False) as (_, kit):
        typist = Typist(kit)

        async def script(user: Typist) -> None:
            await user.enter("query-uuid", "00000000-0000")
            assert user.prompt.history.lines() == ["query-uuid"]

        typist.run(script)
    with fake_shell() as (_, kit):
        assert typed_at(kit, lambda user: user.until("vm0")).prompt.history.lines() == []


def test_missing_home_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import qmonsh.shell.prompt as prompt

    monkeypatch.setattr(prompt, "state_path", lambda name: "")
    with fake_shell() as (_, kit):
        typist = typed_at(kit, lambda user: user.until("vm0"))
        assert "the history is not stored" in kit.text + typist.shown


def test_without_colours_nothing_is_coloured(kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("query-uuid", "00000000-0000")

    import re

    raw = typed_at(kit, script).stream.getvalue()
    codes = {code for found in re.findall(r"\x1b\[([0-9;]*)m", raw) for code in found.split(";")}
    assert not {code for code in codes if code.startswith(("3", "4", "9", "10")) and code != "4"}


def test_theme_of_the_user_may_have_more_than_16_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMPT_TOOLKIT_COLOR_DEPTH", raising=False)
    for theme, depth in (({}, ColorDepth.DEPTH_4_BIT), ({"prompt.name": "#ff8800"}, None)):
        with fake_shell(color="always", theme=theme) as (_, kit):
            assert Prompt(kit.shell, output=DummyOutput())._depth is depth


def test_many_changes_are_one_drawing() -> None:
    due: list[Callable[[], None]] = []
    drawn: list[int] = []
    changed = Redraw(lambda seconds, function: due.append(function), lambda: drawn.append(len(due)))
    changed()
    changed()
    assert len(due) == 1
    due.pop()()
    changed()
    assert (len(drawn), len(due)) == (1, 1)


def test_toolbar_can_be_off() -> None:
    with fake_shell(toolbar=False) as (_, kit):
        typist = typed_at(kit, lambda user: user.until("vm0 running>"))
        assert "QEMU 7.2.22" not in typist.shown


def test_settings_of_keys_are_bound() -> None:
    with fake_shell(keys={"f5": "line:query-uuid"}) as (_, kit):

        async def script(user: Typist) -> None:
            user.keys("\x1b[15~")
            await user.until("00000000-0000")

        typed_at(kit, script)


def test_lost_connection_while_asking_is_no_trap(monitor: FakeMonitor, kit: ShellKit) -> None:
    async def script(user: Typist) -> None:
        await user.enter("system_reset", "[y/N]")
        monitor.hang_up()
        await user.until("not connected")
        user.keys("y\r")
        await user.until("vm0 not connected>")

    typed_at(kit, script)
    assert "system_reset" not in monitor.sent


def test_lines_of_the_vm_that_one_connects_to_are_recalled_first(monitor: FakeMonitor) -> None:
    async def on_other(user: Typist) -> None:
        await user.enter("info name", "vm0 running>", times=2)

    async def on_this(user: Typist) -> None:
        await user.enter("info uuid", "vm0 running>", times=2)
        await user.enter(f".connect {other.target}", "vm0 running>", times=3)
        await user.until(lambda: len(user.prompt.session.default_buffer._working_lines) > 3)
        user.keys("\x1b[A")
        await user.until(lambda: user.typed == "info name")

    with FakeMonitor(connections=2) as other:
        with shell_on(other) as kit:
            typed_at(kit, on_other)
        with shell_on(monitor) as kit:
            typed_at(kit, on_this)


def test_two_prompts_on_one_monitor_after_another(monitor: FakeMonitor) -> None:
    with shell_on(monitor) as kit:
        for _ in range(2):
            typed_at(kit, lambda user: user.until("vm0 running>"))
            kit.shell.status = None


def test_line_that_was_kept_is_shown_on_a_dumb_terminal_too() -> None:
    with FakeMonitor(connections=2) as monitor:
        with TerminalSession(qmonsh(monitor.target), environment={"TERM": "dumb"}) as session:
            session.until("vm0 running>")
            monitor.hang_up()
            session.until("not connected: .reconnect")
            session.enter("stop", "stop was not sent")
            session.until(lambda: session.screen.line.endswith("vm0 not connected>"))
            session.enter(".reconnect", "events in between were missed")
            session.until(lambda: session.screen.line.endswith("> stop"))
            assert "stop" not in monitor.sent
            session.keys("\r")
            session.until(lambda: monitor.sent.count("stop") == 1)
            session.keys("\x04")
            assert session.end() == 0
