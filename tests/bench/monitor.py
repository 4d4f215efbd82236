"""A monitor that says much, in a process of its own: only the client's time and memory are to be measured.

``python -m tests.bench.monitor PATH FILE EVENTS`` is that process: it answers what it is asked with the reply
in a file, after so many events; but the negotiation and the list of commands at once.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.bench.measure import CHECKOUT

_EVENT = b'{"timestamp": {"seconds": 1700000000, "microseconds": 5}, "event": "E", "data": {"n": 1}}\r\n'
_VERSION = {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}
_NAMES = [{"name": name} for name in ("query-block", "query-named-things", "human-monitor-command")]
_SMALL: dict[str, Any] = {"qmp_capabilities": {}, "query-commands": _NAMES}


@contextmanager
def talkative(*, reply: str = "{}", events: int = 0) -> Iterator[tuple[str, Path]]:
    """Yield the path of such a monitor, and that of the file with its reply."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-bench-") as name:
        path, file = str(Path(name) / "monitor.sock"), Path(name) / "reply.json"
        file.write_text(reply)
        words = [sys.executable, "-m", "tests.bench.monitor", path, str(file), str(events)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=CHECKOUT) as child:
            assert child.stdout is not None
            child.stdout.readline()
            try:
                yield path, file
            finally:
                child.kill()


def _serve(path: str, reply: bytes, events: int) -> None:
    flood = _EVENT * events
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(8)
        print("listening", flush=True)  # noqa: T201
        while True:
            with listener.accept()[0] as sock, suppress(OSError):
                _talk(sock, reply, flood)


def _talk(sock: socket.socket, reply: bytes, flood: bytes) -> None:
    sock.sendall(json.dumps({"QMP": {"version": _VERSION, "capabilities": []}}).encode() + b"\r\n")
    with sock.makefile("rb") as commands:
        for line in commands:
            command = json.loads(line)
            known = _SMALL.get(command["execute"])
            if known is None:
                sock.sendall(flood)
            value = reply if known is None else json.dumps(known).encode()
            id = json.dumps(command.get("id")).encode()
            sock.sendall(b'{"return": ' + value + b', "id": ' + id + b"}\r\n")


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]).read_bytes(), int(sys.argv[3]))
