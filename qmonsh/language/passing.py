"""Lines that go on as they were typed, and those that cannot go anywhere.

To human-monitor-command, to a text monitor, or back to the user as "unknown command" with the nearest name.
Must not know how a QMP twin is called.
"""

from __future__ import annotations

from collections.abc import Iterable

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.call import Request
from qmonsh.language.judge import judge_line, name_of
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.language.rules import Rule, all_rules, rule_for

_HMC = "human-monitor-command"


def plan_text(request: Request, start: int) -> Plan:
    """Return the plan of a line for an HMP text monitor: as it is typed."""
    text = request.text
    if text[start] == "{":
        raise request.error("this monitor speaks HMP text: it takes no JSON", start, len(text.rstrip()))
    prefix, end = name_of(text, start)
    if prefix == "qmp":
        raise request.error("this monitor speaks HMP text: it has no QMP commands", start, end)
    if prefix == "hmp":
        start = skip_blanks(text, end)
    typed = text[start:].rstrip()
    if not typed:
        raise request.error("a line is expected after hmp", start)
    control = next(
        (at for at, char in enumerate(typed) if char < " " and char != "\t" or char == "\x7f"), None
    )
    if control is not None:
        at = start + control
        raise request.error("a text monitor would take this control character for a key", at, at + 1)
    danger, acts = judge_line(typed)
    name = name_of(typed)[0]
    rule = rule_for(name)
    return Plan(
        request.line,
        rule.name if rule is not None else name,
        Way.TEXT,
        (Step(typed, text=True),),
        why="this monitor speaks HMP text",
        view=name if name.startswith("info ") else "",
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=request.secrets,
    )


def pass_on(request: Request, name: str, start: int, why: str, *, typed: str | None = None) -> Plan:
    """Return the plan that passes the line on to the monitor's own HMP, as it was typed."""
    line = request.text[start:].rstrip() if typed is None else typed
    arguments: dict[str, object] = {"command-line": line}
    if request.cpu is not None:
        arguments["cpu-index"] = request.cpu
    danger, acts = judge_line(line)
    rule = rule_for(name)
    return Plan(
        request.line,
        rule.name if rule is not None else name,
        Way.PASSTHROUGH,
        (Step(_HMC, arguments, text=True),),
        why=why,
        view=name if name.startswith("info ") else "",
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=request.secrets,
    )


def is_there(request: Request, rule: Rule, name: str) -> bool:
    """Tell whether the monitor's HMP has the command: sure of the common ones, else by its help."""
    if rule.is_common:
        return True
    known = request.knowledge.hmp_help()
    return not known or name in known or rule.name in known


def known_names(request: Request, name: str) -> Iterable[str]:
    """Return the commands that this monitor may have: info words for an info word, else the others."""
    known = set(request.knowledge.commands()) | set(request.knowledge.hmp_help())
    has_hmp = request.knowledge.has_hmp()
    for rule in all_rules():
        if rule.is_common and (has_hmp or any(twin in known for twin in rule.twin)):
            known.update((rule.name, *rule.aliases))
    if name.startswith("info "):
        return {one for one in known if one.startswith("info ")}
    return {one for one in known if not one.startswith("info ")}


def unknown(request: Request, name: str, start: int, end: int, known: Iterable[str]) -> LineError:
    """Return the error for a name that nothing has, with the nearest of the known ones."""
    from qmonsh.qapi.nearest import nearest

    # "info" is no part of the mistake: neither of its length nor of the place to point at.
    prefix = "info " if name.startswith("info ") else ""
    word = name.removeprefix(prefix)
    words = [one.removeprefix(prefix) for one in known if one.startswith(prefix)]
    # Of words equally near, one that goes on where the typed one ends is likelier.
    likely = nearest(word, sorted(words, key=lambda one: (not one.startswith(word), one)))
    likely = prefix + likely if likely else ""
    at = max(start, end - len(word)) if prefix else start
    following = "".join(request.text[end:].split(None, 1)[:1])
    # "query status" is query-status in two words.
    begun = [one for one in words if one.replace("_", "-").startswith(f"{word}-")] if following else []
    if begun and (joined := nearest(f"{word}-{following}", begun)):
        likely, end = prefix + joined, request.text.index(following, end) + len(following)
    advice = ""
    if not likely and request.knowledge.has_hmp():
        advice = "'help info' lists the words" if prefix else "'help' lists the commands"
    return request.error(f"unknown command '{name}'", at, end, nearest=likely, advice=advice)


def not_for_agent(request: Request, name: str, start: int, end: int) -> LineError:
    """Return the error for a command of QEMU's monitor that was typed to a guest agent."""
    return request.error(
        f"'{name}' is for QEMU's monitor, and this is a guest agent",
        start,
        end,
        advice="guest-info lists what it can do",
    )


def neither(request: Request, rule: Rule, start: int, end: int, reason: str) -> LineError:
    """Return the error for a command that this QEMU cannot carry out in any way."""
    has_twin = any(twin in request.knowledge.commands() for twin in rule.twin)
    if request.knowledge.has_hmp():
        if has_twin:
            return request.error(f"{reason}, nor does its HMP know '{rule.name}'", start, end)
        return unknown(request, rule.name, start, end, known_names(request, rule.name))
    twins = " or ".join(rule.twin) if rule.twin else f"a QMP twin of '{rule.name}'"
    problem = f"this monitor has neither {twins} nor HMP to pass the line on to"
    if has_twin:
        problem = f"{reason}, and there is no HMP to pass the line on to"
    return request.error(problem, start, end)
