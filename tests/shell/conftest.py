"""Fixtures of the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.shell.kit import FakeMonitor, ShellKit, shell_on


@pytest.fixture(autouse=True)
def own_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a history of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def monitor() -> Iterator[FakeMonitor]:
    """Yield a monitor that obeys the test."""
    with FakeMonitor() as fake:
        yield fake


@pytest.fixture
def kit(monitor: FakeMonitor) -> Iterator[ShellKit]:
    """Yield a shell that is connected to ``monitor``."""
    with shell_on(monitor) as connected:
        yield connected
