"""Getting the VM's screen into a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Any

import pytest

from qmonsh.errors import CommandError, UsageError
from qmonsh.monitor.connection import connect
from qmonsh.shell.screenshot import take_picture
from qmonsh.target import parse_target
from tests.real.machine import VM

PICTURE = b"P6\n1 2\n255\n\xff\0\0\0\0\xff"


class Qemu:
    """A connection whose QEMU writes ``data`` where it is told to."""

    def __init__(
        self, data: bytes = PICTURE, *, target: str = "unix:/run/vm.qmp", dialect: str = "qmp"
    ) -> None:
        self.data, self.dialect = data, dialect
        self.target = parse_target(target)
        self.asked: list[dict[str, Any]] = []
        self.modes: list[int] = []

    def execute(self, command: str, arguments: dict[str, Any]) -> Any:
        assert command == "screendump"
        self.asked.append(arguments)
        self._write(arguments["filename"])
        return {}

    def human(self, line: str) -> str:
        self._write(line.split()[1])
        return ""

    def _write(self, path: str) -> None:
        self.modes = [stat.S_IMODE(os.stat(where).st_mode) for where in (path, os.path.dirname(path))]
        with open(path, "wb") as file:
            file.write(self.data)


@pytest.mark.parametrize("dialect", ["qmp", "hmp"])
def test_picture_is_taken_and_the_file_removed(dialect: str) -> None:
    qemu: Any = Qemu(dialect=dialect)
    picture = take_picture(qemu)
    assert (picture.width, picture.height) == (1, 2)
    if qemu.asked:
        assert not os.path.exists(os.path.dirname(qemu.asked[0]["filename"]))


def test_device_is_passed_on() -> None:
    qemu: Any = Qemu()
    take_picture(qemu, "vga0")
    assert qemu.asked[0]["device"] == "vga0"


def test_others_may_write_the_picture_and_not_read_it() -> None:
    qemu: Any = Qemu()
    take_picture(qemu)
    assert qemu.modes == [0o622, 0o711]


@pytest.mark.parametrize("target", ["10.0.0.1:4444", "ssh://host/run/vm.qmp"])
def test_remote_qemu_is_said(target: str) -> None:
    qemu: Any = Qemu(target=target)
    with pytest.raises(UsageError, match="another host"):
        take_picture(qemu)
    assert not qemu.asked


@pytest.mark.parametrize("data", [b"", b"P6\n100 100\n255\nxx"])
def test_picture_that_never_came_is_said(data: bytes) -> None:
    qemu: Any = Qemu(data)
    with pytest.raises(UsageError, match="no picture came"):
        take_picture(qemu)


def test_complaint_of_a_text_monitor_is_an_error() -> None:
    class Complains(Qemu):
        def human(self, line: str) -> str:
            return "There is no console to take a screendump from\r\n"

    qemu: Any = Complains(dialect="hmp")
    with pytest.raises(CommandError, match="no console"):
        take_picture(qemu)


@pytest.mark.parametrize("monitor", ["qmp-unix", "hmp-unix"])
def test_screen_of_a_real_vm(vm: Callable[..., VM], monitor: str) -> None:
    machine = vm("-vga", "std", monitor=monitor)
    with connect(machine.target) as connection:
        picture = take_picture(connection)
    assert picture.width >= 320 and len(picture.pixels) >= 3 * picture.width * picture.height


def test_vm_without_a_screen_says_so(vm: Callable[..., VM]) -> None:
    with connect(vm("-vga", "none").target) as connection, pytest.raises(CommandError):
        take_picture(connection)
