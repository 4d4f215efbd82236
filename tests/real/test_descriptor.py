"""``--fd N``: who has a terminal and a connected socket starts qmonsh with both."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.real.machine import VM
from tests.shell.terminal_session import TerminalSession

pytestmark = pytest.mark.real

#: A supervisor in small: connects, puts the socket where it was told to, and becomes qmonsh.
SUPERVISOR = """
import os, socket, sys
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(sys.argv[1])
os.dup2(monitor.fileno(), 7)
os.execv(sys.executable, [sys.executable, "-m", "qmonsh", *sys.argv[2:]])
"""


def test_shell_on_an_inherited_socket(vm: Callable[..., VM]) -> None:
    machine = vm("-name", "spawned")
    words = [sys.executable, "-c", SUPERVISOR, machine.path, "--fd", "7"]
    with TerminalSession(words) as session:
        session.until("spawned prelaunch>")
        session.enter("info status", "VM status: paused (prelaunch)")
        session.keys("\x04")
        assert session.end() == 0
    assert machine.child.process.poll() is None


def test_lines_on_an_inherited_socket(vm: Callable[..., VM]) -> None:
    machine = vm()
    words = [sys.executable, "-c", SUPERVISOR, machine.path, "--fd=7", "info", "status"]
    with TerminalSession(words) as session:
        assert session.end() == 0
        assert "VM status: paused (prelaunch)" in session.screen.text
