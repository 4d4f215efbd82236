"""Examples with what a real VM has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qmonsh.help.example import example_of
from qmonsh.monitor.connection import connect
from qmonsh.monitor.knowledge import LiveKnowledge
from tests.real.machine import VM


@pytest.fixture
def known(vm: Callable[..., VM]) -> Iterator[LiveKnowledge]:
    machine = vm("-device", "pci-bridge,chassis_nr=1,id=bridge0", "-vga", "none")
    disk = machine.file("disk.img", size=1 << 20)
    with connect(machine.target) as connection:
        arguments: dict[str, Any] = {"driver": "file", "node-name": "disk0", "filename": disk}
        connection.execute("blockdev-add", arguments)
        yield LiveKnowledge(connection)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("info status", "info status"),
        ("query-status", "query-status"),
        ("balloon", "balloon 512"),
        ("set_link", "set_link"),
        ("device_del", "device_del bridge0"),
        ("block_resize", "block_resize disk0 1G"),
        ("blockdev-del", "blockdev-del node-name=disk0"),
    ],
)
def test_example_has_live_names(known: LiveKnowledge, name: str, line: str) -> None:
    found, qmp = example_of(name, known)
    assert found == line or (name == "set_link" and found == "")
    assert not found or '"execute"' in qmp


def test_no_example_is_made_up_for_what_cannot_be_guessed(known: LiveKnowledge) -> None:
    for name in ("set_password", "nosuch", ""):
        assert example_of(name, known) == ("", "")


def test_examples_of_all_commands_send_only_questions(known: LiveKnowledge) -> None:
    names = [*known.hmp_help(), *known.commands()]
    lines = [example_of(name, known)[0] for name in names]
    assert sum(map(bool, lines)) > len(names) / 2
    status = known.ask("query-status")
    assert status["status"] == "prelaunch", "nothing was sent that acts"
    assert [row["node-name"] for row in known.ask("query-named-block-nodes")] == ["disk0"]
