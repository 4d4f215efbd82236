"""What comes from one monitor of many: bytes to messages, without a thread.

Knows which dialect speaks, telnet around it, and the quiet that ends a text monitor's answer, as
monitor/incoming.py and monitor/conversation.py do with threads. Must not know which message answers what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from qmonsh.monitor.conversation import QUIET
from qmonsh.monitor.incoming import FIRST_BYTES, new_machine, recognised
from qmonsh.wire.message import Message

IAC = b"\xff"
#: A longer message (bytes) is taken from one of many only where max_reply says so: what a single connection
#: has memory and time for, they have not.
MOST_BYTES = 16 * 1024 * 1024


class Incoming:
    """The protocol machine of a stream, and what it is fed.

    ``deliver`` is called with each message, ``on_password`` when a text monitor asks for a password.
    ``max_reply`` is in bytes, ``max_depth`` in levels of nesting; 0 is MOST_BYTES, and what wire/ says.
    """

    def __init__(
        self,
        dialect: str,
        *,
        deliver: Callable[[Message], None],
        on_password: Callable[[], None],
        max_reply: int = 0,
        max_depth: int = 0,
    ) -> None:
        self.dialect = dialect
        self.machine: Any = None
        self.is_greeted = False
        self._first = b""
        self._telnet: Any = None
        self._deliver = deliver
        self._on_password = on_password
        self._limits = {"max_reply": max_reply or MOST_BYTES, "max_depth": max_depth}
        self._loop = asyncio.get_running_loop()
        self._quiet: asyncio.TimerHandle | None = None
        if dialect != "auto":
            self.machine = new_machine(dialect, **self._limits)

    @property
    def first(self) -> bytes:
        """The first bytes that came, to say what greeted when it was no monitor."""
        return self._first[:FIRST_BYTES]

    def receive(self, data: bytes) -> None:
        """Take bytes and deliver what they complete; raises QmonshError."""
        if not self._first and data.startswith(IAC):
            from qmonsh.wire.telnet import TelnetFilter

            self._telnet = TelnetFilter()
        if self._telnet is not None:
            data = self._telnet.receive(data)
        if self.machine is None:
            data = self._recognise(data)
        elif not self.is_greeted:
            self._first += data[:FIRST_BYTES]
        if self.machine is not None:
            self.machine.receive_data(data)
            self._pump()

    def end(self) -> None:
        """Deliver what the end of the stream completes; raises QmonshError."""
        if self.machine is not None:
            self._on_quiet()
            self.machine.receive_data(b"")
            self._pump()

    def stop(self) -> None:
        """Wait for no quiet any more."""
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None

    def _recognise(self, data: bytes) -> bytes:
        """Make the machine of the dialect that the first bytes are; returns all bytes so far."""
        self._first += data
        dialect = recognised(self._first)
        if dialect is not None:
            self.dialect = dialect
            self.machine = new_machine(dialect, **self._limits)
        return self._first

    def _pump(self) -> None:
        while (message := self.machine.next_message()) is not None:
            self._deliver(message)
        self.stop()
        if self.dialect == "hmp" and (self.machine.maybe_complete or self.machine.password_prompt):
            self._quiet = self._loop.call_later(QUIET, self._on_quiet)

    def _on_quiet(self) -> None:
        """Take the prompt for the end of the answer: nothing followed it."""
        if self.dialect != "hmp":
            return
        if self.machine.password_prompt:
            self._on_password()
        elif (answer := self.machine.complete()) is not None:
            self._deliver(answer)
