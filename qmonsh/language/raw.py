"""A raw QMP object -> Plan, and how any single QMP command becomes one.

Knows QMP's command object. Must not know HMP commands nor what the command's arguments mean.
"""

from __future__ import annotations

import json
from typing import Any

from qmonsh.errors import LineError
from qmonsh.language.call import Request
from qmonsh.language.judge import judge_command, name_of
from qmonsh.language.plan import MISSING, Plan, Step, Way
from qmonsh.language.rules import rule_for
from qmonsh.language.statement import (
    incomplete,
    innermost_open,
    is_complete,
    json_end,
    opening,
    unclosed,
)
from qmonsh.qapi.scalar import ValueProblem, parse_json

_MEMBERS = ("execute", "exec-oob", "arguments", "id")


def plan_json(request: Request) -> Plan:
    """Return the plan of a raw QMP object; raises LineError, IncompleteLineError."""
    text = request.text
    start = opening(text) or 0
    if not is_complete(text):
        raise incomplete(text)
    end = json_end(text, start)
    if end is None:
        raise unclosed(request.line, innermost_open(text, start))
    if text[end:].strip():
        following = end + len(text[end:]) - len(text[end:].lstrip())
        raise request.error("one command a line: this follows the JSON object", following, len(text.rstrip()))
    value = read_object(request, start, end)
    return _plan_object(request, value, start, end)


def read_object(request: Request, start: int, end: int) -> dict[str, Any]:
    """Return the JSON object between two positions of the line; raises LineError."""
    text = request.text[start:end]
    try:
        value = parse_json(text)
    except ValueProblem as problem:
        raise _json_error(request, problem, text, start, end) from None
    if not isinstance(value, dict):
        raise request.error("a QMP command is a JSON object", start, end)
    return value


def _json_error(request: Request, problem: ValueProblem, text: str, start: int, end: int) -> LineError:
    """Return the error, pointing to the place that the JSON parser names."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        position = min(start + error.pos, end - 1)
        return request.error(f"this is not valid JSON: {error.msg.lower()}", position, position + 1)
    except (ValueError, RecursionError):
        return request.error(problem.problem, start, end)
    return request.error(problem.problem, start, end)


def _plan_object(request: Request, value: dict[str, Any], start: int, end: int) -> Plan:
    for name in value:
        if name not in _MEMBERS:
            from qmonsh.qapi.nearest import nearest

            place = request.text.find(json.dumps(name, ensure_ascii=False), start)
            raise request.error(
                f"a QMP command has no member '{name}'",
                place if place >= 0 else start,
                place + len(name) + 2 if place >= 0 else end,
                expected=_MEMBERS,
                nearest=nearest(name, _MEMBERS),
            )
    oob = "exec-oob" in value
    command = value.get("exec-oob" if oob else "execute")
    if oob and "execute" in value:
        raise request.error("a QMP command has either execute or exec-oob", start, end)
    if not isinstance(command, str):
        raise request.error("the member 'execute' is missing: the name of a command", start, end)
    arguments = value.get("arguments")
    if "arguments" in value and not isinstance(arguments, dict):
        raise request.error("'arguments' must be an object", start, end)
    step = Step(
        command,
        arguments,
        oob=oob,
        id=value.get("id", MISSING),
        text=command == "human-monitor-command",
    )
    return plan_step(request, step, Way.RAW, "the object as it was typed")


def plan_step(request: Request, step: Step, way: Way, why: str) -> Plan:
    """Return the plan of one QMP command, judged by its name and arguments."""
    if step.command == "qmp_capabilities":
        return Plan(
            request.line, step.command, Way.LOCAL, (step,), "negotiated when connecting", acts=False,
            output=request.output,
        )  # fmt: skip
    danger, acts = judge_command(step.command, step.arguments)
    return Plan(
        request.line,
        _name_of(step),
        way,
        (step,),
        why=why,
        view=step.command,
        options=step.hints,
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=request.secrets,
    )


def _name_of(step: Step) -> str:
    """Return the command that is meant: its end of stream is no failure when HMP is told to quit."""
    line = (step.arguments or {}).get("command-line")
    if step.command == "human-monitor-command" and isinstance(line, str):
        rule = rule_for(name_of(line)[0])
        if rule is not None and rule.name == "quit":
            return rule.name
    return step.command
