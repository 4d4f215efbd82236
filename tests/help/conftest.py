"""Fixtures of the tests of help."""

from __future__ import annotations

from tests.real.fixtures import qemu as qemu
from tests.real.fixtures import vm as vm
