"""The shell in a real terminal on a real QEMU: what only both together can show."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.machine import VM
from tests.real.raw import RawQmp
from tests.shell.kit import FakeMonitor
from tests.shell.terminal_session import TerminalSession, qmonsh

MONITORS = ["qmp-unix", "qmp-unix", "hmp-unix"]


@pytest.fixture
def machine(vm: Callable[..., VM]) -> VM:
    """A VM with two QMP monitors and a text monitor; CPUs stopped."""
    return vm("-name", "vm0", "-vga", "std", monitor=MONITORS)


@pytest.fixture
def shell(machine: VM) -> Iterator[TerminalSession]:
    """A shell on the VM's first monitor, its prompt up."""
    with TerminalSession(qmonsh(machine.target)) as session:
        session.until("vm0 prelaunch>")
        yield session


def leave(session: TerminalSession) -> None:
    session.keys("\x03\x04")
    assert session.end() == 0


def test_prompt_line_and_leaving(machine: VM, shell: TerminalSession) -> None:
    shell.enter("info status", "VM status: paused (prelaunch)")
    leave(shell)
    assert machine.child.process.poll() is None, "Ctrl-D must not end the VM"
    assert termios.tcgetattr(shell.fd) == shell.modes, "the terminal is as it was"


def test_menu_has_descriptions_and_enter_takes_the_candidate(shell: TerminalSession) -> None:
    shell.keys("info s")
    shell.until("show the current VM status")
    shell.keys("\t\t")
    shell.until(lambda: shell.screen.line.split("info ")[-1] not in ("s", ""))
    chosen = shell.screen.line
    shell.keys("\r")
    shell.until(lambda: "show the current VM status" not in shell.screen.text)
    assert shell.screen.line == chosen and shell.screen.text.count("prelaunch>") == 1, "nothing was sent"
    shell.keys("\r")
    shell.until("vm0 prelaunch>", times=2)


def test_bottom_line_shows_signature_and_facts(shell: TerminalSession) -> None:
    shell.until("QEMU ")
    shell.keys("migrate -d ")
    shell.until("migrate [-d]")
    shell.keys("\x03")


def test_events_appear_above_the_typed_text(machine: VM, shell: TerminalSession) -> None:
    shell.keys("info na")
    shell.until(lambda: shell.screen.line.endswith("> info na"))
    with RawQmp(machine.monitors[1].connect()) as other:
        other.execute("cont")
        shell.until("RESUME")
        shell.until(lambda: shell.screen.line.endswith("vm0 running> info na"))
        other.execute("stop")
        shell.until("STOP")
        shell.until(lambda: shell.screen.line.endswith("vm0 paused> info na"))
    shell.keys("me\r")
    shell.until(lambda: "vm0" in shell.screen.text.splitlines())


def test_ctrl_c_in_a_stuck_command(machine: VM, shell: TerminalSession) -> None:
    shell.enter("info name", "vm0\n", times=1)
    os.kill(machine.pid, signal.SIGSTOP)
    try:
        shell.enter("info version", "waiting for info version")
        shell.keys("\x03")
        shell.until("stopped waiting for 'info version'")
        shell.until(lambda: shell.screen.line.endswith(">"))
    finally:
        os.kill(machine.pid, signal.SIGCONT)
    shell.until("late answer to 'info version':")
    shell.enter("info status", "VM status: paused (prelaunch)")


def test_what_is_typed_while_a_command_runs_is_the_next_line(machine: VM, shell: TerminalSession) -> None:
    shell.enter("info name", "vm0\n")
    os.kill(machine.pid, signal.SIGSTOP)
    try:
        shell.enter("info version", "waiting for info version")
        shell.keys("info status\r")
    finally:
        os.kill(machine.pid, signal.SIGCONT)
    shell.until("VM status: paused (prelaunch)")
    assert shell.screen.text.count("info status") == 1, f"keys are shown once:\n{shell.screen.text}"


def test_resize_redraws_the_line(shell: TerminalSession) -> None:
    line = "query-block " + "x" * 100
    shell.keys(line)
    shell.until(lambda: shell.screen.text.replace("\n", "").count("x") >= 100)
    for rows, columns in ((40, 200), (20, 60), (24, 80)):
        shell.resize(rows, columns)
    shell.keys("y")
    shell.until(lambda: line + "y" in "".join(shell.screen.lines))
    shell.keys("\x03")
    shell.enter("info name", "vm0\n")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_no_line_of_output_is_wider_than_the_screen(machine: VM, columns: int) -> None:
    with TerminalSession(qmonsh("--no-pager", machine.target), columns=columns) as session:
        session.until("vm0 prelaunch>")
        session.enter("info block", "vm0 prelaunch>", times=2)
        session.enter("help block_resize", "QMP block_resize")
        leave(session)


def test_paste_of_200_kb_is_one_line_and_runs_once(shell: TerminalSession) -> None:
    filler = "x" * 200_000
    shell.keys(f'\x1b[200~{{"execute": "query-name", "id": "{filler}"}}\x1b[201~')
    shell.until("x" * 40)
    shell.keys("\r")
    shell.until(lambda: "vm0" in shell.screen.text.splitlines())


def test_pasted_lines_ask_first(shell: TerminalSession) -> None:
    shell.keys("\x1b[200~info name\ninfo version\n\x1b[201~")
    shell.until(lambda: "info version" in shell.screen.text)
    shell.keys("\r")
    shell.until("Run these 2 commands?")
    shell.keys("y\r")
    shell.until(lambda: re.search(r"^\d+\.\d+\.\d+", shell.screen.text, re.M) is not None)


def test_dumb_terminal_gets_no_escape_sequence(machine: VM) -> None:
    with TerminalSession(qmonsh(machine.target), environment={"TERM": "dumb"}) as session:
        session.until("vm0 prelaunch>")
        session.enter("info status", "VM status: paused (prelaunch)")
        session.keys("info na")
        session.until(lambda: session.screen.line.endswith("info na"))
        with RawQmp(machine.monitors[1].connect()) as other:
            other.execute("cont")
        session.until("RESUME")
        session.until(lambda: session.screen.line.endswith("> info na"))
        session.keys("me\r")
        session.until(lambda: "vm0" in session.screen.text.splitlines())
        session.enter("system_reset", "[y/N]")
        session.keys("\r")
        session.until("nothing was sent")
        session.enter(".set yes on", "yes is on")
        session.keys("\x04")
        assert session.end() == 0
        assert b"\x1b" not in session.written


def test_no_colour_when_told(machine: VM) -> None:
    with TerminalSession(qmonsh(machine.target), environment={"NO_COLOR": "1"}) as session:
        session.until("vm0 prelaunch>")
        session.enter("query-status", "VM status")
        leave(session)
        codes = set(re.findall(rb"\x1b\[(?:\d+;)*([349]\d)(?:;\d+)*m", session.written))
        assert not codes


def test_sixteen_colours_are_enough(shell: TerminalSession) -> None:
    shell.keys("info b")
    shell.until("blockstats")
    shell.keys("\x03\x12inf")
    shell.until("search")
    shell.keys("\x03")
    leave(shell)
    assert re.search(rb"\x1b\[(?:\d+;)*3[1-6][;m]", shell.written)
    assert not re.search(rb"\x1b\[[\d;]*[34]8;[25];", shell.written)


def test_quit_asks_and_then_ends_both(machine: VM, shell: TerminalSession) -> None:
    shell.enter("quit", "[y/N]")
    assert "Ctrl-D leaves" in shell.screen.text.replace("\n", " ")
    shell.keys("\r")
    shell.until("nothing was sent")
    assert machine.child.process.poll() is None
    shell.enter("q", "[y/N]", times=2)
    shell.keys("y\r")
    assert shell.end() == 0
    assert machine.child.process.wait(20) == 0
    assert "was lost" not in shell.screen.text


def test_lost_connection_is_said_and_the_line_kept(machine: VM, shell: TerminalSession) -> None:
    shell.keys("info na")
    shell.until(lambda: shell.screen.line.endswith("> info na"))
    os.kill(machine.pid, signal.SIGKILL)
    shell.until(lambda: shell.screen.line.endswith("vm0 not connected> info na"))
    shell.until("was lost")
    shell.until(".reconnect connects again")
    shell.keys("\x03")
    shell.enter(".reconnect", "cannot connect")
    leave(shell)


def test_reconnect_to_the_same_vm(machine: VM, shell: TerminalSession) -> None:
    shell.enter(".reconnect", "events in between were missed")
    shell.enter("info status", "VM status: paused (prelaunch)")


def test_terminal_that_does_not_tell_its_cursor(machine: VM) -> None:
    with TerminalSession(qmonsh(machine.target), cpr=False) as session:
        session.until("vm0 prelaunch>")
        with RawQmp(machine.monitors[1].connect()) as other:
            other.execute("cont")
            session.until("RESUME")
            session.until(lambda: session.screen.line.endswith("vm0 running>"))
        session.enter("info status", "VM status: running")
        leave(session)
        assert "WARNING" not in session.screen.text


def test_sigterm_restores_the_terminal_and_keeps_the_history(machine: VM, shell: TerminalSession) -> None:
    shell.enter("info name", "vm0\n")
    os.kill(shell.pid, signal.SIGTERM)
    assert shell.end() == 143
    assert termios.tcgetattr(shell.fd) == shell.modes
    history = Path(os.environ["XDG_STATE_HOME"]) / "qmonsh" / "history"
    assert "+info name" in history.read_text()
    assert machine.child.process.poll() is None


def test_hang_up_of_the_terminal_ends_the_shell(machine: VM, shell: TerminalSession) -> None:
    shell.enter("info name", "vm0\n")
    os.kill(shell.pid, signal.SIGHUP)
    assert shell.end() == 129
    assert machine.child.process.poll() is None


def test_tall_output_is_paged_and_events_wait(machine: VM) -> None:
    if shutil.which("less") is None:
        pytest.skip("less is not installed")
    with TerminalSession(qmonsh(machine.target)) as session:
        session.until("vm0 prelaunch>")
        session.keys("info qtree\r")
        session.until(lambda: session.screen.line == ":")
        with RawQmp(machine.monitors[1].connect()) as other:
            other.execute("cont")
        session.keys("q")
        session.until("RESUME")
        session.until(lambda: session.screen.line.endswith("vm0 running>"))
        session.enter("info status", "VM status: running")
        leave(session)


def test_suspend_and_continue(machine: VM) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("job control needs bash")
    words = [bash, "--norc", "--noprofile", "-i"]
    with TerminalSession(words, environment={"PS1": "bash> "}) as session:
        session.until("bash>")
        session.keys(" ".join(qmonsh(machine.target)) + "\r")
        session.until("vm0 prelaunch>")
        session.keys("info na")
        session.until(lambda: session.screen.line.endswith("> info na"))
        session.keys("\x1a")
        session.until("Stopped")
        session.keys("fg\r")
        session.until(lambda: session.screen.line.endswith("vm0 prelaunch> info na"))
        session.keys("me\r")
        session.until(lambda: "vm0" in session.screen.text.splitlines())
        session.keys("\x04")
        session.until("bash>", times=3)
        session.keys("exit\r")
        session.end()


def test_stopped_while_a_command_runs_and_continued() -> None:
    def echoes() -> bool:
        return bool(termios.tcgetattr(session.fd)[3] & termios.ECHO)

    with FakeMonitor() as monitor, TerminalSession(qmonsh(monitor.target)) as session:
        session.until("vm0 running>")
        monitor.stuck = {"stop"}
        session.enter("stop", "waiting for stop")
        assert not echoes()
        os.kill(session.pid, signal.SIGSTOP)
        termios.tcsetattr(session.fd, termios.TCSANOW, session.modes)  # as the shell above does
        assert echoes()
        os.kill(session.pid, signal.SIGCONT)
        session.until(lambda: not echoes())
        session.keys("query-name")
        monitor.release()
        session.until(lambda: session.screen.line.endswith("vm0 running> query-name"))
        assert session.screen.text.count("query-name") == 1, "keys are shown once, by the prompt"
        session.keys("\x03")
        leave(session)


@pytest.fixture
def stuck() -> Iterator[tuple[FakeMonitor, TerminalSession]]:
    """A shell that waits for the answer to ``stop``, and its monitor."""
    with FakeMonitor() as monitor, TerminalSession(qmonsh(monitor.target)) as session:
        session.until("vm0 running>")
        session.until(lambda: "query-qmp-schema" in monitor.names())  # the last thing that help needs
        monitor.stuck = {"stop"}
        session.enter("stop", "waiting for stop")
        yield monitor, session


def test_help_is_answered_while_a_command_runs(stuck: tuple[FakeMonitor, TerminalSession]) -> None:
    monitor, session = stuck
    session.keys("query-nam")
    session.until("> query-nam")
    session.keys("e\rhelp balloon\r")
    session.until("vm0 running> help balloon")
    session.until("request VM to change")
    session.keys(".jobs\r")
    session.until("not answered yet: stop")
    session.keys("query-uu")
    session.until("1 line to come  > query-uu")
    assert "query-name" not in monitor.names()[-1]
    monitor.release()
    session.until(lambda: session.screen.line.endswith("vm0 running> query-uu"))
    text = session.screen.text
    assert text.index("balloon") < text.index("vm0 running> query-name\nvm0\n") < text.index("query-uu")
    session.keys("id\r")
    session.until("00000000-0000-0000-0000-000000000000")
    session.keys("\x1b[A\x1b[A\x1b[A")
    session.until(lambda: session.screen.line.endswith("> .jobs"))
    leave(session)


def test_ctrl_c_while_a_command_runs_forgets_what_was_typed(
    stuck: tuple[FakeMonitor, TerminalSession],
) -> None:
    monitor, session = stuck
    session.keys("query-name\rquery-u")
    session.until("1 line to come  > query-u")
    session.keys("\x03")
    session.until("stopped waiting for 'stop'")
    session.until(lambda: session.screen.line.endswith("vm0 running>"))
    monitor.release()
    session.until("late answer to 'stop'")
    session.keys("query-uuid\r")
    session.until("00000000-0000-0000-0000-000000000000")
    assert "query-name" not in session.screen.text.partition("stopped waiting")[2]
    leave(session)


def test_keys_that_edit_are_left_to_the_prompt(stuck: tuple[FakeMonitor, TerminalSession]) -> None:
    monitor, session = stuck
    session.keys("uery-name\x01q\r")
    session.until("1 line to come")
    session.keys("uid\x01query-u")
    session.until("1 line to come  > ...")
    monitor.release()
    session.until("vm0 running> query-name\nvm0\n")
    session.until(lambda: session.screen.line.endswith("vm0 running> query-uuid"))
    session.keys("\x03")
    leave(session)


def test_question_is_not_answered_by_lines_typed_before_it(
    stuck: tuple[FakeMonitor, TerminalSession],
) -> None:
    monitor, session = stuck
    session.keys("system_reset\rquery-name\rquery-uui")
    session.until("2 lines to come  > query-uui")
    monitor.release()
    session.until(lambda: session.screen.line.endswith("[y/N]"))
    session.keys("y\r")
    session.until("vm0 running> query-name\nvm0\n")
    session.until(lambda: session.screen.line.endswith("vm0 running> query-uui"))
    assert "system_reset" in monitor.names()
    session.keys("\x03")
    leave(session)


def test_answer_typed_before_its_question_is_taken(stuck: tuple[FakeMonitor, TerminalSession]) -> None:
    monitor, session = stuck
    session.keys("system_reset\ry\rquery-name\r")
    session.until("3 lines to come")
    monitor.release()
    session.until("vm0 running> query-name\nvm0\n")
    assert "system_reset" in monitor.names()
    leave(session)


def test_ctrl_d_while_a_command_runs_leaves_when_it_is_over(
    stuck: tuple[FakeMonitor, TerminalSession],
) -> None:
    monitor, session = stuck
    session.keys("query-name\r\x04")
    session.until("1 line to come  > ...")
    monitor.release()
    assert session.end() == 0
    assert "vm0 running> query-name\nvm0\n" in session.screen.text
    assert termios.tcgetattr(session.fd) == session.modes


def test_suspended_while_a_command_runs_keeps_what_was_typed() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("job control needs bash")
    words = [bash, "--norc", "--noprofile", "-i"]
    with FakeMonitor() as monitor, TerminalSession(words, environment={"PS1": "bash> "}) as session:
        session.until("bash>")
        session.keys(" ".join(qmonsh(monitor.target)) + "\r")
        session.until("vm0 running>")
        monitor.stuck = {"stop"}
        session.enter("stop", "waiting for stop")
        session.keys("query-name\rquery-u")
        session.until("1 line to come  > query-u")
        session.keys("\x1a")
        session.until("Stopped")
        session.keys("fg\r")
        session.until(lambda: session.screen.line.endswith("1 line to come  > query-u"))
        monitor.release()
        session.until(lambda: session.screen.line.endswith("vm0 running> query-u"))
        assert "vm0 running> query-name\nvm0\n" in session.screen.text
        session.keys("\x03\x04")
        session.until("bash>", times=3)
        session.keys("exit\r")
        session.end()


def test_text_monitor(machine: VM) -> None:
    with TerminalSession(qmonsh(machine.monitors[2].target)) as session:
        session.until("vm0 prelaunch>")
        session.keys("info stat")
        session.until("show the current VM status")
        session.keys("\x03")
        session.enter("cont", "vm0 running>")
        session.enter("nosuch", "unknown command")
        leave(session)


def test_monitor_on_stdin_and_stdout_leaves_the_user_the_terminal(machine: VM) -> None:
    launcher = (
        "import os, socket, sys\n"
        "sock = socket.socket(socket.AF_UNIX); sock.connect(sys.argv[1])\n"
        "os.dup2(sock.fileno(), 0); os.dup2(sock.fileno(), 1)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'qmonsh', 'stdio'])\n"
    )
    with TerminalSession([sys.executable, "-c", launcher, machine.path]) as session:
        session.until("vm0 prelaunch>")
        session.enter("info status", "VM status: paused (prelaunch)")
        session.enter("system_reset", "[y/N]")
        session.keys("\r")
        session.until("nothing was sent")
        leave(session)


def test_screen_of_the_vm(shell: TerminalSession) -> None:
    shell.enter(".screen", " pixels")
    assert "▀" in shell.screen.text


def test_flood_of_events_while_typing() -> None:
    count = 20_000
    with FakeMonitor() as monitor, TerminalSession(qmonsh(monitor.target)) as session:
        session.until("vm0 running>")
        session.keys("query-na")
        session.until(lambda: session.screen.line.endswith("> query-na"))
        monitor.event("BLOCK_IO_ERROR", times=count)
        session.keys("me")
        session.until(lambda: session.screen.line.endswith("> query-name"))
        session.until("the last of")
        session.keys("\r")
        session.until(lambda: "vm0" in session.screen.text.splitlines())
        session.enter(".events", f"{count} came so far")
        session.keys("\x04")
        assert session.end() == 0


def test_hostile_vm_cannot_touch_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n"
    with FakeMonitor({"query-name": {"name": evil}}) as monitor:
        monitor.answers["human-monitor-command"] = lambda command: evil
        with TerminalSession(qmonsh(monitor.target)) as session:
            session.until("running>")
            monitor.event("GUEST_PANICKED", {"info": {"text": evil}})
            session.until("GUEST_PANICKED")
            session.enter("query-name", "owned", times=3)
            session.enter("info registers", "owned", times=4)
            session.keys("\x03\x04")
            session.end()
            assert b"\x1b]0;" not in session.written and b"\x07" not in session.written
            assert b"\x1b[2J" not in session.written and "\x9b".encode() not in session.written


def test_big_reply_shows_its_first_lines_at_once() -> None:
    nodes = [{"node-name": f"node{n}", "drv": "qcow2", "ro": False} for n in range(30_000)]
    with FakeMonitor({"query-jobs": nodes}) as monitor:
        with TerminalSession(qmonsh("--no-pager", monitor.target)) as session:
            session.until("vm0 running>")
            session.keys("query-jobs | tail -n 1\r")
            session.until("node29999")
            session.until(lambda: session.screen.line.endswith("vm0 running>"))
            session.keys("\x03\x04")
            session.end()


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[TerminalSession]:
    """A shell whose editor says that it is there, and goes by a hang-up (or when ``done`` is there)."""
    editor = tmp_path / "editor"
    editor.write_text(
        f"""#!/bin/sh
        [ -e {tmp_path}/deaf ] && trap '' HUP || trap 'echo x > {tmp_path}/heard; exit 1' HUP
        stty raw -echo
        echo in the editor
        until [ -e {tmp_path}/done ]; do sleep 0.1; done
        """
    )
    editor.chmod(0o700)
    with (
        FakeMonitor() as monitor,
        TerminalSession(qmonsh(monitor.target), environment={"VISUAL": str(editor)}) as session,
    ):
        session.until("vm0 running>")
        session.enter("info name", "vm0\n")
        yield session
        (tmp_path / "done").touch()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("keys", [".edit stop\r", "stop\x18\x05"])
def test_signal_while_the_editor_is_open_ends_both(
    tmp_path: Path, edited: TerminalSession, keys: str, number: int
) -> None:
    edited.keys(keys)
    edited.until("in the editor")
    os.kill(edited.pid, number)
    assert edited.end() == 128 + number
    assert (tmp_path / "heard").exists()
    assert termios.tcgetattr(edited.fd) == edited.modes
    assert "failed" not in edited.screen.text
    assert "+info name" in (tmp_path / "state" / "qmonsh" / "history").read_text()


@pytest.mark.parametrize("keys", [".edit stop\r", "stop\x18\x05"])
def test_editor_that_does_not_hear_is_ended_too(tmp_path: Path, edited: TerminalSession, keys: str) -> None:
    (tmp_path / "deaf").touch()
    edited.keys(keys)
    edited.until("in the editor")
    os.kill(edited.pid, signal.SIGTERM)
    assert edited.end() == 128 + signal.SIGTERM
    assert termios.tcgetattr(edited.fd) == edited.modes
