"""The line below the prompt."""

from __future__ import annotations

import pytest
from prompt_toolkit.application import DummyApplication
from prompt_toolkit.application.current import set_app
from prompt_toolkit.key_binding.vi_state import InputMode

from qmonsh.errors import ConnectionLostError
from qmonsh.shell.fragments import plain
from qmonsh.shell.toolbar import machine
from qmonsh.wire.message import Event
from tests.shell.kit import ShellKit, fake_shell


def test_machine_facts(kit: ShellKit) -> None:
    found = plain(machine(kit.shell))
    assert "QEMU 7.2.22" in found and "kvm" in found
    kit.shell.monitor.state.last_event = Event("STOP", {"x": "\x1b[2J"}, 0, 0, {})
    kit.shell.monitor.state.jobs = [{"id": "j0", "type": "mirror", "status": "running"}]
    found = plain(machine(kit.shell))
    assert "mirror j0" in found and "STOP" in found and "\x1b" not in found


def test_machine_says_how_the_shell_is_set() -> None:
    with fake_shell(read_only=True, output="json") as (_, kit):
        assert "read-only" in plain(machine(kit.shell)) and "output json" in plain(machine(kit.shell))


@pytest.mark.parametrize("mode", [InputMode.INSERT, InputMode.NAVIGATION])
def test_mode_of_the_vi_keys_is_said(mode: InputMode) -> None:
    app = DummyApplication()
    app.vi_state.input_mode = mode
    with set_app(app), fake_shell(vi=True) as (_, kit):
        assert mode.value in plain(machine(kit.shell))
        kit.settings.vi = False
        assert mode.value not in plain(machine(kit.shell))


def test_lost_connection_is_said(kit: ShellKit) -> None:
    kit.shell.monitor.state.lose(ConnectionLostError("gone"))
    assert "not connected" in plain(machine(kit.shell)) and ".reconnect" in plain(machine(kit.shell))
