"""The first words with a monitor: its greeting and the negotiation, or an agent's synchronising.

Knows the order of the steps and their deadline. Must not know commands; what a failure means is told by
opening.py.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from qmonsh.errors import ConnectionLostError, DeadlineError, ProtocolError
from qmonsh.monitor import opening
from qmonsh.monitor.incoming import Incoming
from qmonsh.monitor.replies import Replies
from qmonsh.monitor.turns import Turns
from qmonsh.target import Target
from qmonsh.transport.base import Transport
from qmonsh.wire.message import ErrorReply, Greeting

#: How long after connecting a guest agent is thought of (seconds); a monitor greets within milliseconds.
SILENCE = 0.3


class Handshake:
    """Opens a connection until ``until`` (a time of monotonic()), which is ``timeout`` seconds away."""

    def __init__(
        self,
        transport: Transport,
        incoming: Incoming,
        replies: Replies,
        turns: Turns,
        *,
        target: Target | None,
        until: float,
        timeout: float,
    ) -> None:
        self._transport = transport
        self._incoming = incoming
        self._replies = replies
        self._turns = turns
        self._address = transport.address
        self._target = target
        self._until = until
        self._timeout = timeout

    def shake(self, *, oob: bool) -> bool:
        """Return whether out-of-band commands were agreed on, when all is ready; raises ConnectError."""
        incoming = self._incoming
        if incoming.dialect == "agent":
            self._synchronise()
            self._await(lambda: bool(incoming.machine.ready))
            return False
        is_silent = incoming.dialect == "auto" and self._is_silent()
        if is_silent and opening.looks_like_agent(self._target) and incoming.speak("agent"):
            return self.shake(oob=oob)
        self._await(lambda: incoming.greeting is not None)
        return self._negotiate(oob) if incoming.dialect == "qmp" else False

    def _is_silent(self) -> bool:
        """Return whether no byte came for a time in which every monitor would have greeted."""
        incoming, turns = self._incoming, self._turns
        until = monotonic() + min(SILENCE, max(0.0, self._until - monotonic()) / 2)

        def is_over() -> bool:
            return bool(incoming.first) or incoming.lost is not None

        if turns.leads():
            turns.read_until(is_over, until)
            return not is_over()
        turns.attend()
        with incoming.changed:
            while not is_over() and incoming.changed.wait(until - monotonic()):
                pass
        return not is_over()

    def _synchronise(self) -> None:
        try:
            self._transport.write(self._incoming.machine.sync())
        except ConnectionLostError as error:
            words = self._transport.last_words()
            raise opening.early_end(self._address, error, b"", words) from error

    def _negotiate(self, oob: bool) -> bool:
        incoming = self._incoming
        assert isinstance(incoming.greeting, Greeting)
        enable = ("oob",) if oob and "oob" in incoming.greeting.capabilities else ()
        with incoming.mutex:
            if incoming.lost is not None:
                raise opening.negotiation_failed(self._address, opening.cause_of(incoming.lost))
            id, data = incoming.machine.negotiate(enable)
            waiter = self._replies.expect(id, "qmp_capabilities")
        try:
            self._transport.write(data)
            left = max(0.0, self._until - monotonic())
            reply = self._replies.wait(waiter, left, self._turns.sleep)
            if reply is None:
                raise incoming.lost or ConnectionLostError("closed here", address=self._address)
        except (ConnectionLostError, ProtocolError) as error:
            words = self._transport.last_words()
            raise opening.negotiation_failed(self._address, opening.cause_of(error), words) from error
        except DeadlineError as error:
            raise opening.no_answer(self._address, self._target, self._timeout) from error
        finally:
            self._replies.drop(waiter)
        if isinstance(reply, ErrorReply):
            why = f"refused the capabilities negotiation: {reply.description}"
            raise opening.negotiation_failed(self._address, why)
        return bool(enable)

    def _await(self, ready: Callable[[], bool]) -> None:
        """Wait for the first words of the other end; says what their absence means."""
        incoming, turns = self._incoming, self._turns
        if turns.leads() and incoming.dialect != "hmp":
            # Quiet ends a text monitor's words, which takes waiting for something else than bytes.
            turns.read_until(
                lambda: ready() or incoming.lost is not None or incoming.dialect == "hmp", self._until
            )
        if not turns.leads() or incoming.dialect == "hmp":
            turns.attend(always=incoming.dialect == "hmp")
        with incoming.changed:
            while not ready():
                left = self._until - monotonic()
                self._raise_if_failed(left)
                talk = incoming.conversation
                incoming.changed.wait(talk.pause(left) if talk else left)
                if talk:
                    talk.end_if_quiet()

    def _raise_if_failed(self, left: float) -> None:
        incoming = self._incoming
        if incoming.lost is not None:
            words = self._transport.last_words()
            raise opening.early_end(self._address, incoming.lost, incoming.first, words) from incoming.lost
        if left <= 0 and incoming.dialect == "agent":
            raise opening.no_agent(self._address, self._target, incoming.first, self._timeout)
        if left <= 0:
            raise opening.silence(self._address, self._target, incoming.first, self._timeout)
