"""Facts of the captured monitors, for tests of completion that need no QEMU."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.question import ABSENT, Question

CAPTURES = Path(__file__).parents[2].parent / "shared" / "captures"
VERSIONS = ("5.2", "7.2", "10.0", "11.1")


@cache
def captured(version: str, name: str) -> Any:
    """Return a captured reply: the value of a JSON one, the text of another, None when there is none."""
    if not CAPTURES.is_dir():
        pytest.skip(f"no captured replies at {CAPTURES}")
    path = CAPTURES / version / name
    if not path.exists():
        return None
    if name.endswith(".gz"):
        return json.loads(gzip.decompress(path.read_bytes()))
    if not name.endswith(".json"):
        return path.read_text()
    found = json.loads(path.read_text())
    return found["return"] if "return" in found else None


def answer_of(version: str, asked: Question) -> Any:
    """Return what the captured monitor answers, ABSENT where the capture has nothing."""
    given = dict(asked.arguments)
    if asked.is_human:
        name = "hmp-" + asked.line.replace("info ", "info-", 1).replace(" ", "_").replace(",", "_") + ".txt"
        if asked.line == "help info":
            name = "hmp-help_info.txt"
        found = captured(version, name)
    elif asked.command == "device-list-properties":
        found = captured(version, "device-list-properties.json.gz").get(given["typename"])
    elif asked.command == "qom-list-types":
        found = _types(version, implements=given.get("implements", ""))
    elif asked.command == "query-command-line-options" and "option" in given:
        rows = captured(version, "query-command-line-options.json") or []
        found = [row for row in rows if row["option"] == given["option"]]
    else:
        found = captured(version, f"{asked.command}.json") if not given else None
    return ABSENT if found is None else found


def _types(version: str, *, implements: str) -> Any:
    return captured(version, f"qom-list-types-{implements or 'all'}.json")


@cache
def facts(version: str, dialect: str = "qmp") -> FrozenFacts:
    """Return the facts of a captured version; a text monitor answers only HMP lines."""
    return FrozenFacts(dialect=dialect, answer=lambda asked: answer_of(version, asked))
