"""Large replies beside jq: the first line, the whole time, memory as a multiple of the reply."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import CHECKOUT, Curve, Meter, Row, metered, peer, qmonsh_words

#: Bytes of the large reply, and of those before it on the curve.
SIZE = 50_000_000
SIZES = (3_000_000, 12_000_000, SIZE)

#: Answers every command but two with the reply in a file, in a process of its own.
SERVER = """
import json, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(8)
text = open(sys.argv[2], "rb").read()
names = [{"name": "query-block"}, {"name": "query-named-things"}, {"name": "human-monitor-command"}]
small = {"qmp_capabilities": {}, "query-commands": names}
version = {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}
print("listening", flush=True)
while True:
    sock, _ = listener.accept()
    with sock, sock.makefile("rb") as commands:
        sock.sendall(json.dumps({"QMP": {"version": version, "capabilities": []}}).encode() + b"\\r\\n")
        try:
            for line in commands:
                command = json.loads(line)
                known = small.get(command["execute"])
                reply = text if known is None else json.dumps(known).encode()
                sock.sendall(b'{"return": ' + reply + b', "id": "' + command["id"].encode() + b'"}\\r\\n')
        except OSError:
            pass
"""


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
}
WHY = "the values alone take 7 times their text in CPython, decoding them a second"


def large() -> Iterator[Row | Curve]:
    """Yield what replies of SIZE take, and how that grows with their size."""
    for kind, (make, words) in KINDS.items():
        points = []
        for size in SIZES:
            reply = make(size)
            meter, jq = _measure(reply, words)
            points.append((size / 1e6, meter.total * 1000))
        megabytes = len(reply) / 2**20
        why = "" if kind == "text" else WHY
        yield Row(f"{SIZE / 1e6:.0f} MB {kind}: first line / 1 s", meter.first * 1000, 1000, 1.0, note=why)
        yield Row("  memory / the reply", meter.memory, megabytes, 6.0, unit="MiB", note=why)
        if jq is not None:
            yield Row("  all of it / jq, reply in a file", meter.total * 1000, jq.total * 1000)
            yield Row("  memory / jq", meter.memory, jq.memory, unit="MiB")
        yield Curve(f"  MB of {kind}", tuple(points))


def _measure(reply: str, words: list[str]) -> tuple[Meter, Meter | None]:
    with tempfile.TemporaryDirectory(prefix="qmonsh-bench-") as name:
        folder = Path(name)
        path, file = folder / "large.sock", folder / "reply.json"
        file.write_text(reply)
        with subprocess.Popen(
            [sys.executable, "-c", SERVER, str(path), str(file)], stdout=subprocess.PIPE, cwd=CHECKOUT
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            try:
                ours = metered(qmonsh_words(str(path), *words), rounds=1)
                jq = metered([peer("jq"), ".", str(file)], rounds=1) if "--json" in words else None
            finally:
                child.kill()
    return ours, jq
