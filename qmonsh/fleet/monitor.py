"""One monitor of many, driven by the event loop, one command at a time.

Knows greeting, negotiation, deadlines, lost connections and which message answers what, as
monitor/connection.py does with threads. Must not know bytes (incoming.py), lines, other monitors, or how a
result is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from qmonsh.errors import ConnectionLostError, DeadlineError, ProtocolError, QmonshError, UsageError
from qmonsh.fleet.incoming import Incoming
from qmonsh.fleet.stream import Open, Stream, open_stream
from qmonsh.monitor import opening
from qmonsh.monitor.conversation import asks_password
from qmonsh.monitor.incoming import how_it_ended
from qmonsh.monitor.replies import IDLESS_GRACE
from qmonsh.target import Target
from qmonsh.wire.message import Answer, Banner, Command, ErrorReply, Event, Greeting, Message, Return


class Monitor:
    """A connection to one target; ``open`` first, ``close`` last; a Receiver of its stream.

    ``observe`` is called with every event. ``in_flight`` names the command without a reply. ``max_reply``
    and ``max_depth`` are Incoming's.
    """

    def __init__(
        self,
        target: Target,
        *,
        dialect: str = "auto",
        observe: Callable[[Event], None] | None = None,
        max_reply: int = 0,
        max_depth: int = 0,
    ) -> None:
        self.target = target
        self.in_flight = ""
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._stream: Stream | None = None
        self._incoming = Incoming(
            dialect,
            deliver=self._deliver,
            on_password=lambda: self._break_off(asks_password(self.in_flight)),
            max_reply=max_reply,
            max_depth=max_depth,
        )
        self._lost: QmonshError | None = None
        #: What is waited for now, and the id it comes under ("" for greeting and text).
        self._awaited: asyncio.Future[Message | None] | None = None
        self._id = ""
        self._greeting: Message | None = None
        self._bell = asyncio.Event()
        self._seconds: float | None = None
        self._until: float | None = None

    @property
    def dialect(self) -> str:
        """What is spoken here: "auto" until it is known."""
        return self._incoming.dialect

    @property
    def peer_pid(self) -> int | None:
        """The process that listens at the other end, when it can be told."""
        return self._stream.peer_pid if self._stream is not None else None

    async def open(self, *, seconds: float, by: Open = open_stream) -> None:
        """Connect, await the greeting and negotiate, all within ``seconds``; raises ConnectError."""
        until = self._loop.time() + seconds
        self._stream = await by(self.target, self, seconds=seconds)
        try:
            async with asyncio.timeout_at(until):
                await self._greeted()
        except TimeoutError:
            first = self._incoming.first
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
        id, data = self._incoming.machine.send(command)
        reply = await self._exchange(id, data, command.name)
        assert isinstance(reply, Return | ErrorReply)
        return reply

    async def say(self, line: str) -> str:
        """Send a line to a text monitor once and return the text of its answer; raises as ``request``."""
        self._raise_if_over()
        answer = await self._exchange("", self._incoming.machine.send(line), line)
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
        self._incoming.stop()
        if self._stream is not None:
            self._stream.close()

    # -- opening -------------------------------------------------------------------------------

    async def _greeted(self) -> None:
        while self._greeting is None:
            if self._lost is not None:
                words = self._stream.last_words() if self._stream is not None else ""
                first = self._incoming.first
                raise opening.early_end(self.target.address, self._lost, first, words) from self._lost
            self._awaited = self._loop.create_future()
            await self._awaited

    async def _negotiate(self, until: float, seconds: float) -> None:
        address = self.target.address
        try:
            if self._lost is not None:
                raise self._lost
            id, data = self._incoming.machine.negotiate()
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
        if isinstance(self._lost, ProtocolError):
            raise ProtocolError(self._lost.reason, excerpt=self._lost.excerpt, command=command)
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
            self._incoming.receive(data)
        except QmonshError as error:
            self._break_off(error)
        except Exception as error:  # a defect of ours must fail this monitor, not hang it
            self._break_off(ProtocolError(f"internal error while reading: {error!r}"))

    def ended(self, error: QmonshError | None) -> None:
        """Take note of the end of the stream."""
        if self._lost is None:
            with contextlib.suppress(QmonshError):
                self._incoming.end()
        if error is None:
            words = self._stream.last_words() if self._stream is not None else ""
            reason = how_it_ended(words, self._incoming.machine)
            error = ConnectionLostError(reason, address=self.target.address)
        self._lose(error)

    def _break_off(self, error: QmonshError) -> None:
        self._lose(error)
        if self._stream is not None:
            self._stream.close()

    def _lose(self, error: QmonshError) -> None:
        if self._lost is None:
            self._lost = error
        self._bell.set()
        self._settle(None)

    def _deliver(self, message: Message) -> None:
        if isinstance(message, Greeting | Banner):
            self._greeting = message
            self._incoming.is_greeted = True
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
            self._incoming.machine.forget(id)
            self._settle(error)
