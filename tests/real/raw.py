"""What ``nc`` would show: the plainest readers of both dialects, as reference for qmonsh's own.

Deliberately naive and written without qmonsh; they know just enough for well-behaved QEMUs.
"""

from __future__ import annotations

import json
import socket
import subprocess
from types import TracebackType
from typing import IO, Any


class Stream:
    """Bytes to and from a socket, or the stdin and stdout of a child that is ended with it."""

    def __init__(self, end: socket.socket | subprocess.Popen[bytes]) -> None:
        self.end = end
        self.source: IO[bytes]
        self.sink: IO[bytes]
        if isinstance(end, socket.socket):
            self.source, self.sink = end.makefile("rb", buffering=0), end.makefile("wb", buffering=0)
        else:
            assert end.stdin and end.stdout
            self.source, self.sink = end.stdout, end.stdin

    @classmethod
    def of_child(cls, words: list[str]) -> Stream:
        return cls(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0))

    def read(self) -> bytes:
        data = self.source.read(65536)
        if not data:
            raise EOFError("the monitor closed the connection")
        return data

    def write(self, data: bytes) -> None:
        self.sink.write(data)

    def __enter__(self) -> Any:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.close()
        self.sink.close()
        if isinstance(self.end, socket.socket):
            self.end.close()
        else:
            self.end.kill()
            self.end.wait()


class RawHmp(Stream):
    """A text monitor: ``ask(line)`` returns what stands between the echo and the next prompt."""

    PROMPT = b"(qemu) "

    def __init__(self, end: socket.socket | subprocess.Popen[bytes]) -> None:
        super().__init__(end)
        self.banner = self._until_prompt().decode()

    def ask(self, line: str) -> str:
        self.write(line.encode() + b"\n")
        answer = self._until_prompt()
        while b"\r\n" not in answer:  # a prompt inside the echo of "(qemu) " typed
            answer += self.PROMPT + self._until_prompt()
        return answer.split(b"\r\n", 1)[1].decode("utf-8", "replace").replace("\r\n", "\n")

    def _until_prompt(self) -> bytes:
        data = b""
        while not data.endswith(self.PROMPT):
            data += self.read()
        return data.removesuffix(self.PROMPT)


class RawQmp(Stream):
    """A QMP monitor after negotiation: ``execute`` returns the whole reply, ``value`` its return."""

    def __init__(self, end: socket.socket | subprocess.Popen[bytes]) -> None:
        super().__init__(end)
        self._text = ""
        self.events: list[dict[str, Any]] = []
        self.greeting = self._message()
        self.execute("qmp_capabilities")

    def execute(self, name: str, **arguments: Any) -> dict[str, Any]:
        command: dict[str, Any] = {"execute": name}
        if arguments:
            command["arguments"] = {key.replace("_", "-"): value for key, value in arguments.items()}
        self.write(json.dumps(command).encode() + b"\n")
        while "event" in (message := self._message()):
            self.events.append(message)
        return message

    def value(self, name: str, **arguments: Any) -> Any:
        return self.execute(name, **arguments)["return"]

    def human(self, line: str) -> str:
        text: str = self.value("human-monitor-command", command_line=line)
        return text.replace("\r\n", "\n")

    def _message(self) -> dict[str, Any]:
        while True:
            self._text = self._text.lstrip()
            try:
                message, end = json.JSONDecoder().raw_decode(self._text)
            except ValueError:
                self._text += self.read().decode("ascii")
            else:
                self._text = self._text[end:]
                return dict(message)
