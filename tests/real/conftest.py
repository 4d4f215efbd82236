"""Fixtures of the tests on real QEMUs; see machine.py.

``qemu`` is the QEMU under test: the system's in ``make test``; with ``make test-all`` each test that uses
it runs on the other versions too (marker ``matrix``). ``vm`` starts VMs of that QEMU.
"""

from __future__ import annotations

from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
