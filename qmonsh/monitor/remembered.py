"""Plans that were made before: a script says the same few lines again and again.

Knows which plans hold as long as the connection does: those that came of the line and of what never changes
(which commands there are, and how they are written). Must not know how a plan is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qmonsh.language.plan import Plan
    from qmonsh.monitor.knowledge import LiveKnowledge

#: Plans that are kept at most, and the longest line whose plan is (characters).
_MOST = 256
_LONGEST = 200
#: What never changes while QEMU runs.
_FIXED = frozenset({"schema", "has_hmp", "hmp_help"})


class Overheard:
    """Knowledge that takes note of what was asked of it.

    ``names`` are the commands' names if they were; ``is_live`` says that the answer to something may be
    another next time.
    """

    def __init__(self, knowledge: LiveKnowledge) -> None:
        self.names: frozenset[str] | None = None
        self.is_live = False
        self._knowledge = knowledge

    def commands(self) -> frozenset[str]:
        """Return the names of the monitor's QMP commands."""
        self.names = self._knowledge.commands()
        return self.names

    def __getattr__(self, name: str) -> Any:
        if name in _FIXED:
            self.commands()  # fetched anew when everything is, so it says whether these are still the same
        else:
            self.is_live = True
        return getattr(self._knowledge, name)


class RememberedPlans:
    """Plans by line and default CPU, as long as the monitor's commands are the same."""

    def __init__(self, knowledge: LiveKnowledge) -> None:
        self._knowledge = knowledge
        self._plans: dict[tuple[str, int | None], tuple[Plan, frozenset[str] | None]] = {}

    def get(self, line: str, cpu: int | None) -> Plan | None:
        """Return the plan of a line, None when it must be made (again); raises as ``commands()``."""
        found = self._plans.get((line, cpu))
        if found is None:
            return None
        plan, names = found
        return plan if names is None or names is self._knowledge.commands() else None

    def keep(self, plan: Plan, cpu: int | None, heard: Overheard) -> None:
        """Keep a plan for the next time, unless it can be another then, holds a secret or is long."""
        if heard.is_live or plan.secrets or len(plan.line) > _LONGEST:
            return
        if len(self._plans) >= _MOST:
            self._plans.clear()
        self._plans[plan.line, cpu] = plan, heard.names
