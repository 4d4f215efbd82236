"""Records conversations with a real QEMU as fixtures for the wire machines: ``python -m tests.wire.record``.

For each VERSION=BINARY given, tests/wire/data/{hmp,qmp,pretty}-VERSION.json.gz are written; with
agent:VERSION=BINARY agent-VERSION.json.gz. The bytes are what the socket gave, as Latin-1 text, in the
chunks that it gave. Beside each HMP line stands what human-monitor-command said to the same line: while
recording, the machine must already come to the same text, or the recording fails.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from qmonsh.wire.agent import AgentMachine
from qmonsh.wire.hmp import HmpMachine, HmpState
from qmonsh.wire.message import Command, ErrorReply, Event, Return
from qmonsh.wire.qmp import QmpMachine
from tests.real.machine import VM
from tests.wire.recorded import DATA, ID_PREFIX

#: A name with an escape sequence, bytes that are no UTF-8, and a prompt in the middle.
NAME = "n\x1b[31mé\udcff\udcc3x\r\n(qemu) evil"
QUIET = 0.2

#: Lines whose text is the same in human-monitor-command, in an order that keeps it so.
HMP_LINES = (
    "info status",
    "info network",
    "help",
    "info mtree",
    "x /4xb 0",
    "xp /8xb 0",
    "no such command",
    "stop",
    "",
    "   ",
    "device_add nosuch",
    "device_add virtio-net-pci,help",
    "print 1+2",
    "print é€😀",
    "info name",
    "info version",
    "info registers",
    "info qtree",
    "info migrate",
    "log bogus",
    "sum 0 16",
    "print " + "1+" * 300 + "1",
)
#: Lines that only the text monitor answers in this way; the last ends QEMU and has no prompt.
HMP_ONLY_LINES = ("info history", "quit")

QMP_COMMANDS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("query-status", None),
    ("query-name", None),
    ("stop", None),
    ("cont", None),
    ("stop", None),
    ("query-nosuch", None),
    ("device_del", {"id": "nosuch"}),
    ("human-monitor-command", {"command-line": "info qtree"}),
    ("human-monitor-command", {"command-line": "info name"}),
    ("qom-list", {"path": "/"}),
    ("query-commands", None),
    ("query-cpus-fast", None),
)
#: Not JSON: several errors without an id answer it.
BAD_LINE = b'{"execute": \xff"query-status"}\n'

Chunks = list[str]


def main(arguments: list[str]) -> None:
    for argument in arguments:
        version, _, binary = argument.partition("=")
        if version.startswith("agent:"):
            write(f"agent-{version[6:]}", agent(binary))
            continue
        write(f"hmp-{version}", hmp(binary))
        write(f"qmp-{version}", qmp(binary, "qmp-unix"))
        write(f"pretty-{version}", qmp(binary, "pretty-unix"))


def write(name: str, value: Any) -> None:
    data = json.dumps(value, indent=0).encode()
    (Path(DATA) / f"{name}.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))


def receive(sock: socket.socket, take: Callable[[bytes], bool]) -> Chunks:
    """Receive until ``take`` says that it is enough, or the stream ends."""
    chunks: Chunks = []
    sock.settimeout(20)
    with suppress(ConnectionResetError):  # QEMU quits without having read all
        while data := sock.recv(65536):
            chunks.append(data.decode("latin-1"))
            if take(data):
                break
    return chunks


def hmp(binary: str) -> dict[str, Any]:
    vm = VM(binary, "-name", NAME, monitor=("hmp-unix", "qmp-unix"))
    with closing(vm), vm.monitors[0].connect() as sock, vm.monitors[1].connect() as reference:
        machine = HmpMachine()

        def greeted(data: bytes) -> bool:
            machine.receive_data(data)
            return machine.next_message() is not None

        banner = receive(sock, greeted)
        ask = asker(reference)
        exchanges = []
        for line in HMP_LINES + HMP_ONLY_LINES:
            sock.sendall(machine.send(line))
            chunks, text = answer(sock, machine)
            if line in HMP_LINES:
                expected = ask("human-monitor-command", {"command-line": line})["return"]
                if text != expected.replace("\r\n", "\n"):
                    raise AssertionError(f"{line!r} gave {text!r}, over QMP {expected!r}")
            exchanges.append({"line": line, "chunks": chunks, "text": text})
        assert machine.state is HmpState.BUSY  # quit gave no prompt
        return {"banner": banner, "exchanges": exchanges}


def answer(sock: socket.socket, machine: HmpMachine) -> tuple[Chunks, str | None]:
    chunks: Chunks = []
    sock.settimeout(QUIET)
    while True:
        try:
            data = sock.recv(65536)
        except TimeoutError:
            complete = machine.complete()
            if complete is not None:
                return chunks, complete.text
            continue
        if not data:
            return chunks, None
        chunks.append(data.decode("latin-1"))
        machine.receive_data(data)


def asker(sock: socket.socket) -> Callable[..., Any]:
    """Return a function that asks a QMP monitor without our machine; replies have no event among them."""
    stream = sock.makefile("rwb")
    stream.readline()

    def ask(command: str, arguments: dict[str, Any] | None = None) -> Any:
        stream.write(json.dumps({"execute": command, "arguments": arguments or {}}).encode() + b"\n")
        stream.flush()
        while "event" in (reply := json.loads(stream.readline())):
            pass
        return reply

    ask("qmp_capabilities")
    return ask


def qmp(binary: str, kind: str) -> dict[str, Any]:
    vm = VM(binary, "-name", NAME, monitor=kind)
    with closing(vm), vm.monitors[0].connect() as sock:
        machine = QmpMachine(id_prefix=ID_PREFIX)
        wanted = ""

        def take(data: bytes) -> bool:
            machine.receive_data(data)
            messages = list(iter(machine.next_message, None))
            return any(
                not isinstance(message, Event)
                and (not isinstance(message, Return | ErrorReply) or message.id in (wanted, None))
                for message in messages
            )

        steps = [{"sent": "", "chunks": receive(sock, take)}]
        wanted, data = machine.negotiate()
        sock.sendall(data)
        steps.append({"sent": data.decode("latin-1"), "chunks": receive(sock, take)})
        for name, arguments in QMP_COMMANDS:
            wanted, data = machine.send(Command(name, arguments))
            sock.sendall(data)
            steps.append({"sent": data.decode("latin-1"), "chunks": receive(sock, take)})
        # The bad line and what follows it in one go: the command's id says when all errors are out.
        wanted, data = machine.send(Command("quit"))
        sock.sendall(BAD_LINE + data)
        steps.append({"sent": (BAD_LINE + data).decode("latin-1"), "chunks": to_end(sock)})
        return {"steps": steps}


def to_end(sock: socket.socket) -> Chunks:
    return receive(sock, lambda data: False)


def agent(binary: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "agent.sock")
        command = [binary, "-m", "unix-listen", "-p", path, "-f", os.path.join(folder, "pid"), "-t", folder]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            with dial(path) as sock:
                return agent_steps(sock)
        finally:
            child.kill()
            child.wait()


def agent_steps(sock: socket.socket) -> dict[str, Any]:
    machine = AgentMachine(id_prefix=ID_PREFIX)

    def take(data: bytes) -> bool:
        machine.receive_data(data)
        return machine.next_message() is not None

    steps = []
    for make in (
        machine.sync,
        lambda: machine.send(Command("guest-ping"))[1],
        lambda: machine.send(Command("guest-info"))[1],
        lambda: machine.send(Command("guest-nosuch-é"))[1],
        machine.sync,
    ):
        data = make()
        sock.sendall(data)
        steps.append({"sent": data.decode("latin-1"), "chunks": receive(sock, take)})
    return {"steps": steps}


def dial(path: str) -> socket.socket:
    """Connect as soon as the agent listens."""
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
            return sock
        except OSError:
            sock.close()


if __name__ == "__main__":
    main(sys.argv[1:])
