"""Plans whose work holds the monitor until it is done, changed so that the monitor answers meanwhile.

Pure. For who shows progress: a script has no use for it, and --explain shows what the line says. The VM is
left the same. (``savevm`` would need a job instead of HMP's command, which is not the same thing.)
"""

from __future__ import annotations

from qmonsh.language.plan import Plan, Wait, Way


def beside(plan: Plan) -> Plan:
    """Return the plan of ``dump-guest-memory`` with the dump in the background, and waited for.

    Other plans, and the user's own QMP, are returned as they are.
    """
    step = plan.steps[0] if len(plan.steps) == 1 else None
    if plan.way is not Way.TWIN or step is None or step.command != "dump-guest-memory":
        return plan
    arguments = step.arguments or {}
    if arguments.get("detach"):
        return plan
    wait = Wait("dump", what=plan.name)
    return plan._replace(steps=(step._replace(arguments={**arguments, "detach": True}, wait=wait),))
