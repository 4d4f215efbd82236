"""The commands in flight on one connection: sent, waited for, given up.

Knows deadlines, interrupts, lost connections and the agent's commands that are not answered. Must not know
what a command means, nor how bytes become messages (incoming.py); who waits for which reply is known by
replies.py, whose turn it is to read by turns.py.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from qmonsh.errors import (
    ConnectionLostError,
    DeadlineError,
    InterruptError,
    ProtocolError,
    QmonshError,
    UsageError,
)
from qmonsh.monitor.replies import Replies, Reply, Waiter
from qmonsh.wire.message import Command, Return

if TYPE_CHECKING:
    from qmonsh.monitor.conversation import Conversation
    from qmonsh.monitor.incoming import Incoming, Tap
    from qmonsh.monitor.turns import Turns
    from qmonsh.transport.base import Transport

#: How long a guest agent may fail a command whose success it does not answer (seconds).
SILENCE = 5.0


class Requests:
    """Sends commands over ``transport`` and waits for what ``incoming`` takes; safe from any thread.

    ``tap`` is told what is sent, before it is.
    """

    def __init__(
        self, transport: Transport, incoming: Incoming, replies: Replies, turns: Turns, tap: Tap | None
    ) -> None:
        self._transport = transport
        self._incoming = incoming
        self._replies = replies
        self._turns = turns
        self._tap = tap
        self._write_lock = threading.Lock()
        self._interrupted: WeakSet[threading.Thread] | None = None

    def send(self, command: Command) -> Waiter:
        """Send a command and return the waiter for its reply; ``wait`` or ``abandon`` must follow.

        Raises ConnectionLostError, ProtocolError, InterruptError, and UsageError on a text monitor.
        """
        incoming = self._incoming
        self._refuse_observer()
        if incoming.dialect == "hmp":
            raise UsageError(
                f"{self._transport.address} speaks only HMP text, not QMP",
                advice="use the HMP command, or the VM's QMP monitor",
            )
        with incoming.mutex:
            self.raise_if_over(command.name, False)
            id, data = incoming.machine.send(command)
            waiter = self._replies.expect(id, command.name)
        try:
            self._write(data, _sent_object(command) if self._tap else None)
        except BaseException as error:
            raise self._given_up(waiter, error) from None
        return waiter

    def wait(self, waiter: Waiter, deadline: float | None) -> Reply:
        """Return the reply to what was sent; ``deadline`` is in seconds from now.

        Raises DeadlineError, InterruptError, ConnectionLostError (outcome unknown) and ProtocolError. A
        wait that ends early leaves the connection usable, and the late reply is known for what it is.
        """
        try:
            if self._incoming.dialect == "agent" and _is_silent(waiter.command):
                reply = self._outwait(waiter, deadline)
            else:
                reply = self._reply(waiter, deadline)
        except BaseException as error:
            raise self._given_up(waiter, error) from None
        self._replies.drop(waiter)
        return reply

    def converse(self, conversation: Conversation, line: str, deadline: float | None) -> str:
        """Return what a text monitor answers to a line; raises as ``wait``."""
        self._refuse_observer()
        try:
            return conversation.ask(line, lambda data: self._write(data, line), deadline)
        except KeyboardInterrupt:
            raise InterruptError(line) from None

    def abandon(self, waiter: Waiter) -> None:
        """Wait no more for the reply of a command that was sent."""
        self._replies.abandon(waiter)
        self._replies.drop(waiter)

    def interrupt(self, thread: threading.Thread) -> None:
        """End the waits of a thread with InterruptError, this one and all to come."""
        with self._incoming.changed:
            if self._interrupted is None:
                self._interrupted = WeakSet()
            self._interrupted.add(thread)
            self._replies.interrupt(thread)
            self._incoming.changed.notify_all()

    def raise_if_over(self, command: str, in_flight: bool) -> None:
        """Raise when the connection was lost or this thread was interrupted."""
        if self._interrupted is not None and threading.current_thread() in self._interrupted:
            raise InterruptError(command if in_flight else "")
        if self._incoming.lost is not None:
            raise self._lost(self._incoming.lost, command if in_flight else "")

    def _write(self, data: bytes, said: Any) -> None:
        """Write bytes, of which the tap is told as ``said``."""
        with self._write_lock:
            if self._tap:
                self._tap("sent", said)
            self._transport.write(data)

    def _refuse_observer(self) -> None:
        """Raise UsageError in an observer, which would wait for itself."""
        if self._incoming.is_handed_out_here:
            raise UsageError("a command cannot be executed inside an observer: it would wait for itself")

    def _reply(self, waiter: Waiter, seconds: float | None) -> Reply:
        reply = self._replies.wait(waiter, seconds, self._turns.sleep)
        if reply is None:
            lost = self._incoming.lost
            closed = ConnectionLostError("closed here", address=self._transport.address)
            raise self._lost(lost or closed, waiter.command)
        if reply.id is None:
            with self._incoming.mutex:
                self._incoming.machine.forget(waiter.id)
        return reply

    def _outwait(self, waiter: Waiter, deadline: float | None) -> Reply:
        """Return a failure of a command whose success the agent does not answer, else a Return of ours.

        The agent works in order, so a ping's answer says that no failure will come. A guest that goes down
        or to sleep answers no ping: silence is success too.
        """
        patience = SILENCE if deadline is None else min(SILENCE, deadline)
        try:
            self.wait(self.send(Command("guest-ping")), patience)
        except InterruptError:
            raise InterruptError(waiter.command) from None
        except (ConnectionLostError, DeadlineError):
            pass
        if waiter.reply is not None:
            return waiter.reply
        with self._incoming.mutex:
            self._incoming.machine.forget(waiter.id)
        return Return(id=waiter.id, value={}, raw={"return": {}})

    def _given_up(self, waiter: Waiter, error: BaseException) -> BaseException:
        """End the time in flight of a command whose wait has failed, and return what to raise."""
        if isinstance(error, DeadlineError | InterruptError | KeyboardInterrupt):
            self._replies.abandon(waiter)
        self._replies.drop(waiter)
        if isinstance(error, KeyboardInterrupt):
            return InterruptError(waiter.command)
        return self._lost(error, waiter.command) if isinstance(error, ConnectionLostError) else error

    def _lost(self, lost: QmonshError, command: str) -> QmonshError:
        """Return a new error for why the connection ended, with the command whose outcome is unknown."""
        if isinstance(lost, ConnectionLostError):
            return ConnectionLostError(lost.reason, address=self._transport.address, command=command)
        if isinstance(lost, ProtocolError):
            return ProtocolError(lost.reason, excerpt=lost.excerpt, command=command)
        return lost


def _is_silent(command: str) -> bool:
    from qmonsh.wire.agent import SILENT

    return command in SILENT


def _sent_object(command: Command) -> dict[str, Any]:
    """Return the QMP object of a command, without id."""
    sent: dict[str, Any] = {"exec-oob" if command.oob else "execute": command.name}
    if command.arguments is not None:
        sent["arguments"] = command.arguments
    return sent
