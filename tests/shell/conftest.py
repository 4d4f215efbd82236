"""Fixtures of the tests of the shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
from tests.shell.kit import FakeMonitor, ShellKit, shell_on


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
