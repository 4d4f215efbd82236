"""What real QEMUs said: records of HMP text beside the QMP reply, from data/ and from ../shared/captures."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent / "data"
CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"

#: info words whose QMP command has another name
TWINS = {
    "cpus": "cpus-fast",
    "vnc": "vnc",
    "migrate_capabilities": "migrate-capabilities",
    "migrate_parameters": "migrate-parameters",
}


class Record(NamedTuple):
    """One question asked both ways; ``texts`` are HMP's answers before and after the QMP one."""

    version: str
    scene: str
    hmp: str
    qmp: str
    value: Any
    texts: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.version}: {self.hmp or self.qmp} ({self.scene})"


def records() -> list[Record]:
    """Return all that record.py wrote, errors left out."""
    return [record for path in sorted(DATA.glob("qemu-*.json.gz")) for record in _recorded(path)]


def _recorded(path: Path) -> Iterator[Record]:
    version = path.name.removeprefix("qemu-").removesuffix(".json.gz")
    for row in json.loads(gzip.decompress(path.read_bytes())):
        if "return" in row and not row["text"].startswith("unknown command"):
            texts = tuple(text for text in (row["text"], row["again"]) if text is not None)
            yield Record(version, row["scene"], row["hmp"], row["qmp"], row["return"], texts)


def captured() -> list[Record]:
    """Return the pairs of ../shared/captures, nothing when it is not there.

    HMP text and QMP reply are of two runs of the same VM there: threads and generated node names differ.
    """
    return [record for folder in sorted(CAPTURES.glob("*.*")) for record in _captured(folder)]


def _captured(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.glob("hmp-info-*.txt")):
        word = path.name.removeprefix("hmp-info-").removesuffix(".txt")
        twin = folder / f"query-{TWINS.get(word, word)}.json"
        reply = json.loads(twin.read_text()) if twin.exists() else {}
        if "return" in reply:
            text = path.read_text()
            yield Record(folder.name, "captured", f"info {word}", twin.stem, reply["return"], (text,))


def value_of(version: str, hmp: str, scene: str = "stopped") -> Any:
    """Return the QMP value recorded for an HMP line or a QMP command."""
    found = (r for r in records() if r.version == version and r.scene == scene and hmp in (r.hmp, r.qmp))
    return next(found).value
