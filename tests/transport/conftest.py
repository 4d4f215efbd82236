"""A short ``tmp_path``: a socket's path may have 107 bytes, and pytest's own folders are longer than that."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return an empty folder that ends with the test."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-") as folder:
        yield Path(os.path.realpath(folder))
