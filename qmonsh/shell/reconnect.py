"""Connecting again: fresh negotiation, nothing remembered of the old connection, nothing sent twice.

Knows back-off and which targets can be connected to again. Must not know the prompt.
"""

from __future__ import annotations

import os
import threading
from time import monotonic
from typing import TYPE_CHECKING

from qmonsh.errors import QmonshError
from qmonsh.render.escape import one_line

if TYPE_CHECKING:
    from qmonsh.monitor.session import Session
    from qmonsh.shell.monitor import Monitor
    from qmonsh.shell.waiting import Waiting
    from qmonsh.target import Target

#: Seconds before the first automatic try, and at most between two; doubled each time.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
#: A connection that lasted no longer (seconds) makes the first pause twice as long.
SHORT = 5.0
#: So many of them count.
MOST_SHORT = 10
#: Targets that are gone with their connection, or that would start another program.
NOT_BY_ITSELF = ("fd", "stdio", "exec")


class Reconnector:
    """Connects a shell's monitor again: ``again`` and ``to`` when the user says so, ``start`` by itself.

    ``waiting`` waits for the connection, so that Ctrl-C ends it.
    """

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._is_trying = self._is_connecting = False
        self._connected_at = monotonic()
        #: How many connections in a row were short.
        self._short = 0

    async def again(self, waiting: Waiting) -> None:
        """Connect to the same target again; raises ConnectError: then there is no connection any more."""
        monitor = self._monitor
        monitor.session.close()  # a monitor serves one client: the old connection must go first
        try:
            await self._connect(monitor.session.target, waiting)
        except QmonshError as error:
            monitor.leave_open_ends()
            monitor.state.lose(error)
            monitor.changed()
            raise

    async def to(self, target: Target, waiting: Waiting) -> None:
        """Connect to another target and leave the present one; raises ConnectError.

        A monitor serves one client: to the present one is to connect to it again.
        """
        before = self._monitor.session
        if _place(target) == _place(before.target):
            await self.again(waiting)
            return
        await self._connect(target, waiting)
        before.close()

    async def _connect(self, target: Target, waiting: Waiting) -> None:
        monitor = self._monitor
        session = monitor.new_session(target)
        given_up = threading.Event()

        def connect() -> None:
            session.connect()
            if given_up.is_set():
                session.close()

        self._is_connecting = True
        try:
            await waiting.call(connect, what=f"{target.address} to greet")
        except QmonshError:
            given_up.set()
            raise
        finally:
            self._is_connecting = False
        self.adopt(session)

    def adopt(self, session: Session) -> None:
        """Go on with a session that has just connected, and say so."""
        monitor = self._monitor
        monitor.leave_open_ends()
        before, name, version = monitor.session, monitor.state.name, monitor.state.version
        process = monitor.process
        is_same_target = before.target == session.target
        if is_same_target:
            session.cpu = before.cpu
        monitor.session = session
        self._connected_at = monotonic()
        monitor.state.name = ""
        monitor.connected()
        monitor.learn()
        now = monitor.state.version
        monitor.speech.say(f"connected to {one_line(session.target.address)} (QEMU {now})")
        if is_same_target:
            monitor.speech.say("events in between were missed")
            if version and now != version:
                monitor.speech.say(f"this is another QEMU: it was {version}")
            elif process and monitor.process not in (process, None):
                monitor.speech.say("this is another QEMU process: the VM was started anew")
        lost = session.connection.lost
        if lost is not None:
            monitor.report_lost(session, lost)
        monitor.errands.send("compare", lambda: self._compare(name if is_same_target else ""))

    def _compare(self, before: str) -> None:
        state = self._monitor.state
        now = state.name
        if before and now != before:
            self._monitor.speech.say(f"this is another VM: it was '{before}', it is '{now}'")
        if state.run_state:
            self._monitor.speech.say(f"the VM is {state.run_state}")

    # -- by itself ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to try, with growing pauses, until it works or the user connects; from any thread."""
        monitor = self._monitor
        if self._is_trying or not monitor.settings.auto_reconnect:
            return
        if monitor.session.target.scheme in NOT_BY_ITSELF:
            monitor.speech.say(f"{monitor.session.target.scheme}: targets are not connected to by themselves")
            return
        self._is_trying = True
        monitor.speech.say("trying to connect again...")
        pause = self._first_pause()
        monitor.call_later(pause, lambda: self._try(pause))

    def _first_pause(self) -> float:
        """Return how long to wait first: longer each time when the other end hangs up again and again."""
        is_short = monotonic() - self._connected_at < SHORT
        pause = min(FIRST_WAIT * 2.0**self._short, LONGEST_WAIT)
        self._short = min(self._short + 1, MOST_SHORT) if is_short else 0
        return pause

    def _try(self, waited: float) -> None:
        monitor = self._monitor
        if monitor.state.lost is None or monitor.is_left or not monitor.settings.auto_reconnect:
            self._is_trying = False
            return
        if self._is_connecting:  # the user does it
            monitor.call_later(waited, lambda: self._try(waited))
            return
        lost = monitor.session

        def attempt() -> None:
            session = monitor.new_session(lost.target)
            try:
                session.connect()
            except QmonshError:
                pause = min(waited * 2, LONGEST_WAIT)
                monitor.call_later(pause, lambda: self._try(pause))
                return
            monitor.call_later(0, lambda: self._arrive(lost, session))

        monitor.errands.send("reconnect", attempt)

    def _arrive(self, lost: Session, session: Session) -> None:
        self._is_trying = False
        if self._monitor.session is lost and not self._monitor.is_left:
            lost.close()
            self.adopt(session)
        else:  # the user was faster
            session.close()


def _place(target: Target) -> tuple[str, str]:
    """Return what tells two targets apart: sockets by their path, however it was written."""
    return target.scheme, os.path.realpath(target.path) if target.scheme == "unix" else target.address
