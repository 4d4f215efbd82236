"""The list of VMs: rows, narrowing, keys; in a real terminal with real VMs at the end."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from qmonsh.discover import Machine, MonitorFound
from qmonsh.errors import InterruptError
from qmonsh.shell import chooser
from qmonsh.shell.chooser import Choice, ask, choose, rows_of
from qmonsh.target import parse_target
from qmonsh.transport.processes import Process
from tests.real.machine import VM
from tests.shell.terminal_session import TerminalSession, qmonsh

HOLDER = Process(7, "nc", ("nc", "-U"), "S")


def machine(name: str, *, pid: int = 5, state: str = "running", busy: bool = False) -> Machine:
    address = f"unix:/run/{pid}.qmp"
    holders = (HOLDER,) if busy else ()
    monitor = MonitorFound("qmp", address, parse_target(address), is_busy=busy, holders=holders)
    return Machine("vm", pid, name, 0, state, "qemu", False, (monitor,))


MACHINES = [machine("web01", pid=1), machine("web02", pid=2, busy=True), machine("", pid=3, state="stopped")]
MANY = [machine(f"vm{number:03}", pid=number) for number in range(1, 101)]


def test_row_tells_name_state_and_monitor() -> None:
    first, second, third = (row.text for row in rows_of(MACHINES))
    assert first.split() == ["1", "web01", "running", "free", "unix:/run/1.qmp"]
    assert second.split()[:5] == ["2", "web02", "running", "busy", "unix:/run/2.qmp"]
    assert "pid 7 (nc -U)" in second
    assert third.split()[:4] == ["3", "pid:3", "stopped", "free"]
    assert len({row.index("unix:") for row in (first, second, third)}) == 1


def test_row_has_no_control_characters() -> None:
    assert rows_of([machine("a\x1b[2J\nb")])[0].text.isprintable()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", 3), ("web", 2), ("WEB02", 1), ("stopped", 1), ("nosuch", 0), ("2", 1)],
)
def test_typing_narrows(typed: str, found: int) -> None:
    choice = Choice(rows_of(MACHINES))
    choice.narrow(typed)
    assert len(choice.shown) == found
    assert (choice.current is None) is (found == 0)


def test_number_comes_first() -> None:
    choice = Choice(rows_of(MANY))
    choice.narrow("10")
    assert choice.current is not None and choice.current.machine.name == "vm010"


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("\r", "vm001"),
        ("\x1b[B\x1b[B\r", "vm003"),
        ("\x1b[A\r", "vm100"),
        ("\x1b[B\x1b[A\r", "vm001"),
        ("\t\t\x1b[Z\r", "vm002"),
        ("\x0e\x0e\x10\r", "vm002"),
        ("\x1b[F\r", "vm100"),
        ("\x1b[F\x1b[H\r", "vm001"),
        ("042\r", "vm042"),
        ("42\r", "vm042"),
        ("nosuch\r\x1599\r", "vm099"),
        ("vm0555\x7f\r", "vm055"),
        ("\x03", None),
        ("\x04", None),
        ("\x07", None),
        ("\x1b", None),
    ],
)
def test_keys(keys: str, name: str | None) -> None:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        row = ask(Choice(rows_of(MANY)), input=pipe, output=DummyOutput())
    assert (row.machine.name if row is not None else None) == name


def test_leaving_is_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chooser, "ask", lambda choice: None)
    with pytest.raises(InterruptError):
        choose(MACHINES)


@pytest.mark.parametrize(
    ("typed", "name"), [("2\n", "web02"), ("x\nweb\nweb01\n", "web01"), ("\n", None), ("", None)]
)
def test_dumb_terminal_asks_plainly(
    typed: str, name: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    if name is None:
        with pytest.raises(InterruptError):
            choose(MACHINES, dumb=True)
    else:
        assert choose(MACHINES, dumb=True).name == name
    written = capsys.readouterr()
    assert written.out == "" and "web02" in written.err and "\x1b" not in written.err


@pytest.fixture
def names(vm: Callable[..., VM]) -> list[str]:
    """Two running VMs; there may be any number of others on this machine."""
    found = [f"chosen-{letter}-{os.getpid()}" for letter in "ab"]
    for name in found:
        vm("-name", name)
    return found


def test_without_a_target_a_vm_is_chosen(names: list[str]) -> None:
    with TerminalSession(qmonsh(), columns=100) as session:
        session.until("Which one?")
        session.keys(names[1])
        session.until(f"Which one? {names[1]}")
        session.keys("\r")
        session.until(f"{names[1]} prelaunch>")
        assert "Which one?" not in session.screen.text, "the list goes"
        session.keys("\x04")
        assert session.end() == 0


@pytest.mark.parametrize("key", ["\x1b", "\x03"], ids=["escape", "ctrl-c"])
def test_nobody_has_to_choose(names: list[str], key: str) -> None:
    with TerminalSession(qmonsh("-")) as session:
        session.until("Which one?")
        session.keys(key)
        assert session.end() == 130
