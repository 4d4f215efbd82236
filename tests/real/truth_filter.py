"""A QEMU without HMP: a peer between qmonsh and a QMP monitor that hides human-monitor-command.

It is gone from query-commands and from the schema, and refused as QEMU refuses what it has not.
"""

from __future__ import annotations

import json
import socket
import threading
from typing import IO, Any

from qmonsh.launch import listen_unix

_HIDDEN = "human-monitor-command"


class HmpFilter:
    """Listens on ``path`` for one client and passes on what it says to the monitor at the other end."""

    def __init__(self, path: str, monitor: socket.socket) -> None:
        self.path = path
        self._monitor = monitor
        self._listener = listen_unix(path)
        self._client: socket.socket | None = None
        self._sending = threading.Lock()
        self._threads = [threading.Thread(target=self._run)]
        self._threads[0].start()

    def __enter__(self) -> HmpFilter:
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()
        for end in (self._client, self._monitor):
            if end is not None:
                _shut(end)
        for thread in self._threads:
            thread.join(10)
        for end in (self._client, self._monitor):
            if end is not None:
                end.close()

    def _run(self) -> None:
        client, _ = self._listener.accept()
        self._client = client
        down = threading.Thread(target=self._pass_replies, args=(client,))
        self._threads.append(down)
        down.start()
        with client.makefile("rb") as source:
            for line in _lines(source):
                self._pass_command(client, line)
        _shut(self._monitor)

    def _pass_command(self, client: socket.socket, line: bytes) -> None:
        command = json.loads(line)
        if command.get("execute", command.get("exec-oob")) != _HIDDEN:
            self._monitor.sendall(line)
            return
        error = {"class": "CommandNotFound", "desc": f"The command {_HIDDEN} has not been found"}
        self._send(client, {"error": error, "id": command.get("id")})

    def _pass_replies(self, client: socket.socket) -> None:
        with self._monitor.makefile("rb") as source:
            for line in _lines(source):
                self._send(client, _without_hmp(json.loads(line)))
        _shut(client)

    def _send(self, client: socket.socket, message: Any) -> None:
        with self._sending:
            client.sendall(json.dumps(message).encode() + b"\r\n")


def _without_hmp(message: Any) -> Any:
    """Return a message without the rows of lists that are called as the hidden command."""
    rows = message.get("return")
    if isinstance(rows, list):
        kept = [row for row in rows if not isinstance(row, dict) or row.get("name") != _HIDDEN]
        return {**message, "return": kept}
    return message


def _lines(source: IO[bytes]) -> Any:
    try:
        yield from source
    except OSError:  # the other end was closed
        return


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
