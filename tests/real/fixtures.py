"""The fixtures ``qemu`` and ``vm``, to be imported by whoever needs a real QEMU (see conftest.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.real.machine import SUITES, VM, matrix_qemus, system_qemu

QEMUS = [
    pytest.param("system", id="system", marks=pytest.mark.real),
    *(pytest.param(suite, id=suite, marks=[pytest.mark.real, pytest.mark.matrix]) for suite in SUITES),
]


@pytest.fixture(params=QEMUS, scope="session")
def qemu(request: pytest.FixtureRequest) -> str:
    """Return the path of the QEMU under test; skipped where it is not installed or fetched."""
    path = system_qemu() if request.param == "system" else matrix_qemus().get(request.param, "")
    if not path:
        hint = "make test" if request.param == "system" else "make test-all"
        pytest.skip(f"no QEMU of kind '{request.param}' here; {hint} gets it")
    return path


@pytest.fixture
def vm(qemu: str) -> Iterator[Callable[..., VM]]:
    """Return ``vm(*qemu_arguments, monitor="qmp-unix", ...)``, which starts a VM that ends with the test."""
    running: list[VM] = []

    def start(*args: str, **options: Any) -> VM:
        running.append(VM(qemu, *args, **options))
        return running[-1]

    yield start
    for machine in reversed(running):
        machine.close()
