"""Large replies beside jq: the first line, the whole time, memory as a multiple of the reply."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.bench.measure import Curve, Meter, Row, metered, peer, qmonsh_words
from tests.bench.monitor import talkative

#: Bytes of the large reply, and of those before it on the curve.
SIZE = 50_000_000
SIZES = (3_000_000, 12_000_000, SIZE)


def schema(size: int) -> str:
    """Return a list of small records in small records, as query-qmp-schema gives: the worst for memory."""
    record = {
        "name": "123",
        "members": [{"name": "id", "type": "str"}, {"name": "options", "default": None, "type": "89"}],
        "meta-type": "object",
    }
    return json.dumps([{**record, "name": str(number)} for number in range(size // 138)])


def disks(size: int) -> str:
    """Return what query-block gives of very many disks."""

    def disk(n: int) -> dict[str, object]:
        return {
            "device": f"drive{n}",
            "inserted": {"file": f"/images/{n}.qcow2", "size": n * 512, "ro": False},
        }

    return json.dumps([disk(number) for number in range(size // 102)])


def text(size: int) -> str:
    """Return what an HMP command gives that prints very much."""
    return json.dumps("    dev: virtio-net-pci, id 'net0', addr = 00.0\r\n" * (size // 50))


KINDS = {
    "schema-like list": (schema, ["query-named-things"]),
    "schema-like list, --json": (schema, ["--json", "query-named-things"]),
    "records": (disks, ["query-block"]),
    "text": (text, ["hmp", "info", "qtree"]),
    "text, --json": (text, ["--json", "hmp", "info", "qtree"]),
}


def large() -> Iterator[Row | Curve]:
    """Yield what replies of SIZE take, and how that grows with their size."""
    for kind, (make, words) in KINDS.items():
        points = []
        for size in SIZES:
            reply = make(size)
            meter, jq = _measure(reply, words)
            points.append((size / 1e6, meter.total * 1000))
        megabytes = len(reply) / 2**20
        yield Row(f"{SIZE / 1e6:.0f} MB {kind}: first line / 1 s", meter.first * 1000, 1000, 1.0)
        yield Row("  memory / the reply", meter.memory, megabytes, 6.0, unit="MiB")
        if jq is not None:
            yield Row("  all of it / jq, reply in a file", meter.total * 1000, jq.total * 1000)
            yield Row("  memory / jq", meter.memory, jq.memory, unit="MiB")
        yield Curve(f"  MB of {kind}", tuple(points))


def _measure(reply: str, words: list[str]) -> tuple[Meter, Meter | None]:
    with talkative(reply=reply) as (path, file):
        ours = metered(qmonsh_words(path, *words), rounds=1)
        jq = metered([peer("jq"), ".", str(file)], rounds=1) if "--json" in words else None
    return ours, jq
