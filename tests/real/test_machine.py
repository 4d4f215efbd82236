"""The test VMs themselves: monitors of every kind greet, and nothing is left behind."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from qmonsh.errors import ConnectError
from tests.real.machine import VM, Monitor

GREETINGS = {"qmp": b'{"QMP":', "hmp": b"QEMU ", "pretty": b"{\r\n"}


def first_bytes(monitor: Monitor) -> bytes:
    with monitor.connect() as sock:
        return sock.recv(7)


@pytest.mark.parametrize("way", ["unix", "tcp", "tcp6"])
@pytest.mark.parametrize("kind", GREETINGS)
def test_monitor_of_each_kind_greets(vm: Callable[..., VM], kind: str, way: str) -> None:
    machine = vm(monitor=f"{kind}-{way}", machine="none")
    assert first_bytes(machine.monitors[0]).startswith(GREETINGS[kind])


def test_several_monitors_of_one_vm(vm: Callable[..., VM]) -> None:
    machine = vm(monitor=["qmp-unix", "hmp-unix"], machine="none")
    assert [monitor.dialect for monitor in machine.monitors] == ["qmp", "hmp"]
    assert first_bytes(machine.monitors[1]).startswith(b"QEMU ")


def test_closed_vm_leaves_nothing(qemu: str) -> None:
    machine = VM(qemu, machine="none")
    machine.close()
    assert machine.child.process.returncode is not None
    assert not os.path.exists(machine.folder)


def test_early_death_tells_the_last_words(qemu: str) -> None:
    with pytest.raises(ConnectError, match="nosuchdevice") as caught:
        VM(qemu, "-device", "nosuchdevice", machine="none")
    assert caught.value.cause == "child-exited"
