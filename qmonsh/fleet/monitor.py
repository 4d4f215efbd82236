"""One monitor of many: a wire machine driven by the event loop, one command at a time.

Knows greeting, negotiation, deadlines, lost connections and the quiet that ends a text monitor's answer, as
monitor/connection.py does with threads. Must not know lines, other monitors, or how a result is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any

from qmonsh.errors import ConnectionLostError, DeadlineError, ProtocolError, QmonshError, UsageError
from qmonsh.fleet.stream import Open, Stream, open_stream
from qmonsh.monitor import opening
from qmonsh.monitor.conversation import QUIET, asks_password
from qmonsh.monitor.replies import IDLESS_GRACE
from qmonsh.target import Target
from qmonsh.wire.message import Answer, Banner, Command, ErrorReply, Event, Greeting, Message, Return

#: How much of the first bytes is kept, to say what greeted when it was no monitor.
FIRST_BYTES = 256
IAC = b"\xff"
#: A longer message (bytes) breaks the protocol: what one connection has memory and time for, many have not.
MOST_BYTES = 16 * 1024 * 1024


class Monitor:
    """A connection to one target; ``open`` first, ``close`` last; a Receiver of its stream.

    ``observe`` is called with every event. ``in_flight`` names the command without a reply.
    """

    def __init__(
        self, target: Target, *, dialect: str = "auto", observe: Callable[[Event], None] | None = None
    ) -> None:
        self.target = target
        self.dialect = dialect
        self.in_flight = ""
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._stream: Stream | None = None
        self._machine: Any = None
        self._telnet: Any = None
        self._first = b""
        self._lost: QmonshError | None = None
        #: What is waited for now, and the id it comes under ("" for greeting and text).
        self._awaited: asyncio.Future[Message | None] | None = None
        self._id = ""
        self._greeting: Message | None = None
        self._quiet: asyncio.TimerHandle | None = None
        self._bell = asyncio.Event()
        self._seconds: float | None = None
        self._until: float | None = None

    @property
    def peer_pid(self) -> int | None:
        """The process that listens at the other end, when it can be told."""
        return self._stream.peer_pid if self._stream is not None else None

    async def open(self, *, seconds: float, by: Open = open_stream) -> None:
        """Connect, await the greeting and negotiate, all within ``seconds``; raises ConnectError."""
        until = self._loop.time() + seconds
        if self.dialect != "auto":
            self._machine = self._new_machine(self.dialect)
        self._stream = await by(self.target, self, seconds=seconds)
        try:
            async with asyncio.timeout_at(until):
                await self._greeted()
        except TimeoutError:
            first = self._first[:FIRST_BYTES]
            # Who holds it is read from /proc: not in the loop, where all others would wait for it.
            silence = asyncio.to_thread(opening.silence, self.target.address, self.target, first, seconds)
            raise await silence from None
        if self.dialect == "qmp":
            await self._negotiate(until, seconds)

    def set_deadline(self, seconds: float | None) -> None:
        """Bound everything from now on together; None waits."""
        self._seconds = seconds
        self._until = None if seconds is None else self._loop.time() + seconds

    async def request(self, command: Command) -> Return | ErrorReply:
        """Send a command once and return its reply, an error reply included.

        Raises DeadlineError, ConnectionLostError (outcome unknown), ProtocolError; UsageError on a text
        monitor.
        """
        if self.dialect == "hmp":
            raise UsageError(
                f"{self.target.address} speaks only HMP text, not QMP", advice="use the HMP command"
            )
        self._raise_if_over()
        id, data = self._machine.send(command)
        reply = await self._exchange(id, data, command.name)
        assert isinstance(reply, Return | ErrorReply)
        return reply

    async def say(self, line: str) -> str:
        """Send a line to a text monitor once and return the text of its answer; raises as ``request``."""
        self._raise_if_over()
        answer = await self._exchange("", self._machine.send(line), line)
        assert isinstance(answer, Answer)
        return answer.text

    async def rest(self, seconds: float, *, name: str) -> None:
        """Sleep until an event came, or for so long; raises DeadlineError, ConnectionLostError."""
        self._raise_if_over()
        self._bell.clear()
        until = self._loop.time() + seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until if self._until is None else min(until, self._until)):
                await self._bell.wait()
        if self._until is not None and self._loop.time() >= self._until:
            raise DeadlineError(name, self._seconds or 0)

    def close(self) -> None:
        """End the connection; QEMU goes on."""
        if self._quiet is not None:
            self._quiet.cancel()
        if self._stream is not None:
            self._stream.close()

    # -- opening -------------------------------------------------------------------------------

    async def _greeted(self) -> None:
        while self._greeting is None:
            if self._lost is not None:
                words = self._stream.last_words() if self._stream is not None else ""
                first = self._first[:FIRST_BYTES]
                raise opening.early_end(self.target.address, self._lost, first, words) from self._lost
            self._awaited = self._loop.create_future()
            await self._awaited

    async def _negotiate(self, until: float, seconds: float) -> None:
        address = self.target.address
        try:
            if self._lost is not None:
                raise self._lost
            id, data = self._machine.negotiate()
            self._until, self._seconds = until, seconds
            reply = await self._exchange(id, data, "qmp_capabilities")
        except DeadlineError as error:
            why = f"did not answer the negotiation within {seconds:g} s"
            raise opening.negotiation_failed(address, why) from error
        except (ConnectionLostError, ProtocolError) as error:
            raise opening.negotiation_failed(address, opening.cause_of(error)) from error
        if isinstance(reply, ErrorReply):
            why = f"refused the capabilities negotiation: {reply.description}"
            raise opening.negotiation_failed(address, why)

    def _new_machine(self, dialect: str) -> Any:
        if dialect == "hmp":
            from qmonsh.wire.hmp import HmpMachine

            return HmpMachine(max_answer=MOST_BYTES)
        from qmonsh.wire.qmp import QmpMachine

        # Ids must differ between connections: a late reply goes to the next client (QEMU-FACTS n).
        return QmpMachine(id_prefix=f"q{os.urandom(4).hex()}-", max_message=MOST_BYTES)

    # -- waiting -------------------------------------------------------------------------------

    async def _exchange(self, id: str, data: bytes, name: str) -> Message:
        """Send bytes and return the message that answers them."""
        assert self._stream is not None
        self._awaited, self._id, self.in_flight = self._loop.create_future(), id, name
        self._stream.write(data)
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._awaited
        except TimeoutError:
            raise DeadlineError(name, self._seconds or 0) from None
        self._awaited, self._id, self.in_flight = None, "", ""
        if message is None:
            self._raise_if_over(name)
            raise ConnectionLostError("closed here", address=self.target.address, command=name)
        return message

    def _raise_if_over(self, command: str = "") -> None:
        """Raise why the connection ended; the outcome of the command in flight is unknown then."""
        if isinstance(self._lost, ConnectionLostError):
            raise ConnectionLostError(self._lost.reason, address=self.target.address, command=command)
        if self._lost is not None:
            raise self._lost

    def _settle(self, message: Message | None) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(message)

    # -- what comes (Receiver) -----------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """Take bytes from the stream."""
        if self._lost is not None:
            return
        try:
            self._feed(data)
        except QmonshError as error:
            self._break_off(error)
        except Exception as error:  # a defect of ours must fail this monitor, not hang it
            self._break_off(ProtocolError(f"internal error while reading: {error!r}"))

    def ended(self, error: QmonshError | None) -> None:
        """Take note of the end of the stream."""
        if self._lost is None and self._machine is not None:
            with contextlib.suppress(QmonshError):
                self._on_quiet()
                self._machine.receive_data(b"")
                self._pump()
        self._lose(error or ConnectionLostError(self._how_it_ended(), address=self.target.address))

    def _how_it_ended(self) -> str:
        words = self._stream.last_words() if self._stream is not None else ""
        cut = getattr(self._machine, "unfinished", 0)
        if words or not cut:
            return words or "the other end closed it"
        return f"the other end closed it in the middle of a message ({cut} bytes came)"

    def _break_off(self, error: QmonshError) -> None:
        self._lose(error)
        if self._stream is not None:
            self._stream.close()

    def _lose(self, error: QmonshError) -> None:
        if self._lost is None:
            self._lost = error
        self._bell.set()
        self._settle(None)

    def _feed(self, data: bytes) -> None:
        if not self._first and data.startswith(IAC):
            from qmonsh.wire.telnet import TelnetFilter

            self._telnet = TelnetFilter()
        if self._telnet is not None:
            data = self._telnet.receive(data)
        if self._machine is None:
            data = self._recognise(data)
        elif self._greeting is None:
            self._first += data[:FIRST_BYTES]
        if self._machine is not None:
            self._machine.receive_data(data)
            self._pump()

    def _recognise(self, data: bytes) -> bytes:
        """Make the machine of the dialect that the first bytes are; returns all bytes so far."""
        from qmonsh.wire.recognise import recognise

        self._first += data
        dialect = recognise(self._first)
        if dialect in ("qmp", "hmp"):
            self.dialect = str(dialect)
            self._machine = self._new_machine(self.dialect)
        elif dialect is not None:
            raise ProtocolError("this is not a QEMU monitor", excerpt=repr(self._first[:80])[2:-1])
        return self._first

    def _pump(self) -> None:
        while (message := self._machine.next_message()) is not None:
            self._deliver(message)
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self.dialect == "hmp" and (self._machine.maybe_complete or self._machine.password_prompt):
            self._quiet = self._loop.call_later(QUIET, self._on_quiet)

    def _on_quiet(self) -> None:
        """Take the prompt for the end of the answer: nothing followed it."""
        if self.dialect != "hmp":
            return
        if self._machine.password_prompt:
            self._break_off(asks_password(self.in_flight))
        elif (answer := self._machine.complete()) is not None:
            self._deliver(answer)

    def _deliver(self, message: Message) -> None:
        if isinstance(message, Greeting | Banner):
            self._greeting = message
            self._settle(message)
        elif isinstance(message, Event):
            self._bell.set()
            if self._observe is not None:
                self._observe(message)
        elif isinstance(message, Answer):
            self._settle(message)
        elif isinstance(message, ErrorReply) and message.id is None:
            # The command in flight is to blame, unless its own reply comes within the burst's time.
            self._loop.call_later(IDLESS_GRACE, self._blame, self._id, message)
        elif isinstance(message, Return | ErrorReply) and message.id == self._id:
            self._settle(message)

    def _blame(self, id: str, error: ErrorReply) -> None:
        if id and id == self._id:
            self._machine.forget(id)
            self._settle(error)
