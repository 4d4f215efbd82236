"""Real QEMUs started in any way, and what is found of each from outside."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qmonsh.machine import Machine
from qmonsh.machine_monitors import Sockets
from qmonsh.machine_process import machine_of
from qmonsh.transport import processes
from qmonsh.transport.program import Versions
from tests.real.fixtures import qemu  # noqa: F401

Start = Callable[..., Machine]


def seen(pid: int, sockets: Sockets | None = None) -> Machine | None:
    process = processes.process(pid)
    assert process is not None
    return machine_of(process, sockets or Sockets(), Versions())


@pytest.fixture(name="start")
def started_qemu(qemu: str, tmp_path: Path) -> Iterator[Start]:  # noqa: F811
    """Return a function that starts a QEMU, up when it returns, and says what is found of it."""
    pids: list[int] = []

    def run(*arguments: str, before: tuple[str, ...] = (), **options: object) -> Machine:
        pidfile = tmp_path / f"pid{len(pids)}"
        words = [*before, qemu, *arguments]
        words += ["-M", "none", "-nodefaults", "-display", "none", "-daemonize", "-pidfile", str(pidfile)]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL, cwd=tmp_path, **options)  # type: ignore[call-overload]
        pids.append(int(pidfile.read_text()))
        found = seen(pids[-1])
        assert found is not None
        return found

    yield run
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def addresses(machine: Machine) -> list[tuple[str, str]]:
    return [(one.dialect, one.target.address) for one in machine.monitors if one.target is not None]
