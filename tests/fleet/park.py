"""A park of hosts: real sshds on the loopback interface, each with monitors of its own; for tests and bench.

``Park(hosts, monitors)`` starts them; within it ``environment`` makes ssh and asyncssh use only its keys and
its configuration, in which the hosts are web01, web02, .... The monitors are one scripted process: what is
measured is the way there. ``python -m tests.fleet.park FOLDER...`` is that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from tests.real import sshd
from tests.real.sshd import SSH, free_port, make_keys

CHECKOUT = Path(__file__).resolve().parents[2]
_CLIENT = """IdentityFile {folder}/key
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile {folder}/known
GlobalKnownHostsFile /dev/null
"""
_HOST = """Host {name}
HostName 127.0.0.1
Port {port}
"""


class Park:
    """``hosts`` sshds, the folder of each (``/.../web01``) with ``monitors`` sockets vm01.sock, ...."""

    def __init__(self, hosts: int, monitors: int, *, forwarding: str = "yes") -> None:
        self._stack = contextlib.ExitStack()
        # Short, as paths of sockets are bounded.
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="qm-")))
        self.names = [f"web{number:02d}" for number in range(1, hosts + 1)]
        self.servers: dict[str, subprocess.Popen[bytes]] = {}
        self._monitors = monitors
        self._forwarding = forwarding
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Park:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self) -> None:
        folder = self.folder
        make_keys(folder, "hostkey", "key")
        config, known = [], []
        for name in self.names:
            port = self._serve(name)
            config.append(_HOST.format(name=name, port=port))
            known.append(f"[127.0.0.1]:{port} {(folder / 'hostkey.pub').read_text()}")
            (folder / name).mkdir()
        (folder / "known").write_text("".join(known))
        (folder / ".ssh").mkdir()
        (folder / ".ssh" / "config").write_text("".join(config) + "Host *\n" + _CLIENT.format(folder=folder))
        (folder / "bin").mkdir()
        # OpenSSH asks the password database for the home, not the environment.
        program = folder / "bin" / "ssh"
        program.write_text(f'#!/bin/sh\nexec {SSH} -F {folder}/.ssh/config "$@"\n')
        program.chmod(0o755)
        (folder / "t").mkdir()
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "TMPDIR": str(folder / "t"),
            "PYTHONPATH": str(CHECKOUT),
        }
        self.environment.pop("SSH_AUTH_SOCK", None)
        self._start_monitors()

    def _serve(self, name: str) -> int:
        port = free_port()
        server = sshd.start(self.folder, port=port, name=f"sshd-{name}", forwarding=self._forwarding)
        self.servers[name] = server
        self._stack.callback(_end, server)
        return port

    def _start_monitors(self) -> None:
        paths = [
            str(self.folder / name / f"vm{number:02d}.sock")
            for name in self.names
            for number in range(1, self._monitors + 1)
        ]
        self._stack.enter_context(monitors(paths))

    def left_behind(self) -> list[str]:
        """Return the temporary files that are still there."""
        return os.listdir(self.folder / "t")


@contextlib.contextmanager
def monitors(paths: list[str]) -> Iterator[None]:
    """Keep monitors that answer ``info status`` and ``info name`` at these paths, in a process."""
    words = [sys.executable, "-m", "tests.fleet.park", *paths]
    child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline() == b"up\n"
        yield
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    for pid in children_of(child.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.kill()
    child.communicate()


def children_of(parent: int) -> list[int]:
    """Return the pids of the living children of a process; sshd has one a connection."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                if int(stat[1]) == parent and stat[0] != "Z":
                    found.append(int(entry.name))
    return found


# -- the monitors ------------------------------------------------------------------------------------------

_GREETING = {"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}, "capabilities": []}}
_ANSWERS = {
    "query-commands": [{"name": "query-commands"}, {"name": "query-status"}, {"name": "query-name"}],
    "query-status": {"status": "running", "running": True, "singlestep": False},
}


async def _converse(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    def say(value: object) -> None:
        writer.write(json.dumps(value).encode() + b"\r\n")

    say(_GREETING)
    with contextlib.suppress(OSError):
        while line := await reader.readline():
            command = json.loads(line)
            answer = _ANSWERS.get(command["execute"], {"name": name})
            say({"return": {} if command["execute"] == "qmp_capabilities" else answer, "id": command["id"]})
    writer.close()


async def _listen(paths: list[str]) -> None:
    for path in paths:
        name = "-".join(Path(path).with_suffix("").parts[-2:])
        await asyncio.start_unix_server(lambda r, w, name=name: _converse(name, r, w), path, backlog=100)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_listen(sys.argv[1:]))
