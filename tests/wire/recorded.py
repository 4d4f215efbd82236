"""The recorded conversations in data/ (made by record.py), as the tests read them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
#: The ids in recorded replies are made from it; a machine that replays them must use it.
ID_PREFIX = "recorded-"


def names(kind: str) -> list[str]:
    """Return the names of the recordings of ``kind`` ("hmp", "qmp", "pretty", "agent")."""
    return sorted(path.name.removesuffix(".json.gz") for path in DATA.glob(f"{kind}-*.json.gz"))


@cache
def recording(name: str) -> Any:
    """Return a recording; callers must not change it."""
    return json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes()))


def joined(chunks: list[str]) -> bytes:
    """Return the bytes of recorded chunks."""
    return "".join(chunks).encode("latin-1")
