"""Connecting again: fresh negotiation, nothing remembered of the old connection, nothing sent twice.

Knows back-off and which targets can be connected to again. Must not know the prompt.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from qmonsh.errors import QmonshError
from qmonsh.render.escape import one_line

if TYPE_CHECKING:
    from qmonsh.monitor.session import Session
    from qmonsh.shell.shell import Shell
    from qmonsh.target import Target

#: Seconds before the first automatic try, and at most between two; doubled each time.
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
#: Targets that are gone with their connection, or that would start another program.
NOT_BY_ITSELF = ("fd", "stdio", "exec")


class Reconnector:
    """Connects a shell again: ``again`` and ``to`` when the user says so, ``start`` by itself."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._is_trying = False

    async def again(self) -> None:
        """Connect to the same target again; raises ConnectError."""
        shell = self._shell
        shell.session.close()  # a monitor serves one client: the old connection must go first
        await self._connect(shell.session.target)

    async def to(self, target: Target) -> None:
        """Connect to another target and leave the present one; raises ConnectError."""
        before = self._shell.session
        await self._connect(target)
        before.close()

    async def _connect(self, target: Target) -> None:
        shell = self._shell
        session = shell.new_session(target)
        given_up = threading.Event()

        def connect() -> None:
            session.connect()
            if given_up.is_set():
                session.close()

        try:
            await shell.call(connect, what=f"{target.address} to greet")
        except QmonshError:
            given_up.set()
            raise
        self.adopt(session)

    def adopt(self, session: Session) -> None:
        """Go on with a session that has just connected, and say so."""
        shell = self._shell
        before, name, version = shell.session, shell.state.name, shell.state.version
        process = before.connection.peer_pid if before.is_connected else None
        is_same_target = before.target == session.target
        if is_same_target:
            session.cpu = before.cpu
        shell.session = session
        shell.state.name = ""
        shell.connected()
        shell.learn()
        now = shell.state.version
        shell.say(f"connected to {one_line(session.target.address)} (QEMU {now})")
        if is_same_target:
            shell.say("events in between were missed")
            if version and now != version:
                shell.say(f"this is another QEMU: it was {version}")
            elif process and session.connection.peer_pid not in (process, None):
                shell.say("this is another QEMU process: the VM was started anew")
        lost = session.connection.lost
        if lost is not None:
            shell.report_lost(session, lost)
        shell.errands.send("compare", lambda: self._compare(name if is_same_target else "", shell.state.name))

    def _compare(self, before: str, now: str) -> None:
        state = self._shell.state
        now = state.name
        if before and now != before:
            self._shell.say(f"this is another VM: it was '{before}', it is '{now}'")
        if state.run_state:
            self._shell.say(f"the VM is {state.run_state}")

    # -- by itself ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to try, with growing pauses, until it works or the user connects; from any thread."""
        shell = self._shell
        if self._is_trying or not shell.settings.auto_reconnect:
            return
        if shell.session.target.scheme in NOT_BY_ITSELF:
            shell.say(f"{shell.session.target.scheme}: targets are not connected to by themselves")
            return
        self._is_trying = True
        shell.say("trying to connect again...")
        shell.call_later(FIRST_WAIT, lambda: self._try(FIRST_WAIT))

    def _try(self, waited: float) -> None:
        shell = self._shell
        if shell.state.lost is None or shell.status is not None or not shell.settings.auto_reconnect:
            self._is_trying = False
            return
        lost = shell.session

        def attempt() -> None:
            session = shell.new_session(lost.target)
            try:
                session.connect()
            except QmonshError:
                pause = min(waited * 2, LONGEST_WAIT)
                shell.call_later(pause, lambda: self._try(pause))
                return
            shell.call_later(0, lambda: self._arrive(lost, session))

        shell.errands.send("reconnect", attempt)

    def _arrive(self, lost: Session, session: Session) -> None:
        self._is_trying = False
        if self._shell.session is lost and self._shell.status is None:
            lost.close()
            self.adopt(session)
        else:  # the user was faster
            session.close()
