"""Examples with what a real VM has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qmonsh.help.example import LINES, example_of
from qmonsh.monitor.connection import connect
from qmonsh.monitor.knowledge import LiveKnowledge
from qmonsh.shell.registry import builtins
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
        ("set_link", "set_link NAME on"),  # this VM has no network
        ("block-job-set-speed", "block-job-set-speed device=DEVICE speed=1"),
        ("device_add", "device_add virtio-rng-pci,id=rng9"),
        ("x", "x /8xw 0x7c00"),
        ("device_del", "device_del bridge0"),
        ("block_resize", "block_resize disk0 1G"),
        ("block_set_io_throttle", "block_set_io_throttle disk0 10485760 0 0 0 0 0"),
        ("blockdev-del", "blockdev-del node-name=disk0"),
        # what is nested is made of the schema: the first variant with members, what it must have
        (
            "blockdev-create",
            'blockdev-create job-id=JOB_ID options={"driver":"file","filename":"FILENAME","size":1}',
        ),
        (
            "block-dirty-bitmap-merge",
            'block-dirty-bitmap-merge node=disk0 target=TARGET bitmaps=["BITMAPS"]',
        ),
        ("memsave", 'memsave 0x7c00 512 "/tmp/boot.bin"'),
        ("set_password", "set_password vnc PASSWORD"),
    ],
)
def test_example_has_live_names(known: LiveKnowledge, name: str, line: str) -> None:
    found, qmp = example_of(name, known)
    assert found == line
    assert '"execute"' in qmp


def test_examples_written_down_are_understood(known: LiveKnowledge) -> None:
    names = [name for name in LINES if name in known.hmp_help() or name in known.commands()]
    assert len(names) > 15
    assert [name for name in names if example_of(name, known) == ("", "")] == []


def test_examples_of_the_shells_own_commands_are_lines_of_them() -> None:
    own = {name: lines for name, lines in LINES.items() if name.startswith(".")}
    assert set(own) <= set(builtins())
    assert all(line.split()[0] == name for name, lines in own.items() for line in lines)


def test_no_example_is_made_up_for_what_is_not_there(known: LiveKnowledge) -> None:
    for name in ("nosuch", ""):
        assert example_of(name, known) == ("", "")


def test_examples_of_all_commands_send_only_questions(known: LiveKnowledge) -> None:
    names = [*known.hmp_help(), *known.commands()]
    without = [name for name in names if not example_of(name, known)[0]]
    assert len(without) < len(names) / 50, f"no example of {without}"
    status = known.ask("query-status")
    assert status["status"] == "prelaunch", "nothing was sent that acts"
    assert [row["node-name"] for row in known.ask("query-named-block-nodes")] == ["disk0"]
