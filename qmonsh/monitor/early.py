"""Plans whose only command was sent before they are carried out, and who waits for the replies.

Knows plans by identity. Must not know why one may be sent early (ahead.py), nor lines.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from qmonsh.wire.message import Command

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.replies import Waiter


class EarlyPlans:
    """Plans in the order of their turns; ``send`` sends a command, ``abandon`` gives one up."""

    def __init__(self, send: Callable[[Command], Waiter], abandon: Callable[[Waiter], None]) -> None:
        self._send = send
        self._abandon = abandon
        self._sent: deque[tuple[Plan, Waiter]] = deque()

    def send(self, plan: Plan) -> None:
        """Send the only command of a plan; raises as ``Connection.send``."""
        step = plan.steps[0]
        self._sent.append((plan, self._send(Command(step.command, step.arguments, step.oob))))

    def is_next(self, plan: Plan) -> bool:
        """Return whether the plan is the one that was sent and has its turn now."""
        return bool(self._sent) and self._sent[0][0] is plan

    def take(self, plan: Plan) -> Waiter | None:
        """Return the waiter of a plan whose turn it is, None when it was not sent; others are given up."""
        while self._sent:
            sent, waiter = self._sent.popleft()
            if sent is plan:
                return waiter
            self._abandon(waiter)
        return None
