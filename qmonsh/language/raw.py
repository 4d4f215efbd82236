"""Raw JSON and QMP key=value words -> Plan.

Knows QMP's command object and the words of rule 4 (DESIGN section 3), ``transaction( ... )`` included. Must
not know HMP commands.
"""

from __future__ import annotations

import json
from typing import Any

from qmonsh.errors import LineError
from qmonsh.language.call import Request
from qmonsh.language.judge import judge_command
from qmonsh.language.plan import MISSING, Plan, Step, Way
from qmonsh.language.reader import (
    Assignment,
    Gatherer,
    incomplete,
    is_complete,
    json_end,
    opening,
    read_assignments,
    unclosed,
)
from qmonsh.language.secrets import secrets_of
from qmonsh.qapi.nearest import nearest
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem, parse_json

_MEMBERS = ("execute", "exec-oob", "arguments", "id")
_QUOTED_EQUALS = r"""((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*)=(?=\s*[\[{"'\w-])"""


def plan_json(request: Request) -> Plan:
    """Return the plan of a raw QMP object; raises LineError, IncompleteLineError."""
    text = request.text
    start = opening(text) or 0
    if not is_complete(text):
        raise incomplete(text)
    end = json_end(text, start)
    if end is None:
        raise unclosed(request.line, _open_quote(text, start))
    if text[end:].strip():
        following = end + len(text[end:]) - len(text[end:].lstrip())
        raise request.error("one command a line: this follows the JSON object", following, len(text.rstrip()))
    value = _read_object(request, start, end)
    return _plan_object(request, value, start, end)


def _open_quote(text: str, start: int) -> int:
    from qmonsh.language.reader import Brackets

    brackets = Brackets()
    brackets.feed(text, start)
    return brackets.open[-1]


def _read_object(request: Request, start: int, end: int) -> dict[str, Any]:
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
        step.command,
        way,
        (step,),
        why=why,
        view=step.command,
        danger=danger,
        acts=acts,
        output=request.output,
        secrets=secrets_of(request.line),
    )


# -- key=value words -----------------------------------------------------------------------------------


def plan_words(request: Request, command: str, position: int) -> Plan:
    """Return the plan of a QMP command with key=value words from ``position`` on; raises LineError."""
    given = read_pairs(request, position)
    if command == "qmp_capabilities":
        return plan_step(request, Step(command), Way.QMP, "")
    arguments = _arguments(request, command, given)
    why = f"'{command}' is a command of this QMP monitor"
    is_text = command == "human-monitor-command"
    return plan_step(request, Step(command, arguments or None, text=is_text), Way.QMP, why)


def read_pairs(request: Request, position: int) -> list[Pair]:
    """Return the key=value words; raises LineError for a word that is none."""
    try:
        return [_pair(request, one) for one in read_assignments(request.text, position)]
    except LineError as error:
        error.line = request.line
        raise


def _pair(request: Request, one: Assignment) -> Pair:
    if one.value is None:
        raise request.error(
            f"key=value is expected here, not '{one.key}'", one.key_start, one.key_end, advice=""
        )
    value: Any = one.value
    if one.is_json:
        try:
            value = parse_json(mend_equals(one.value))
        except ValueProblem as problem:
            raise request.error(f"{one.key}: {problem.problem}", one.start, one.end) from None
    elif one.value[:1] in ("{", "[") and not one.quoted:
        value = mend_equals(one.value)
    return Pair(one.key, value, not one.is_json, one.key_start, one.key_end, one.start, one.end)


def mend_equals(text: str) -> str:
    """Return an object literal with ``'key'={...}``, as qmp-shell's help writes it, in Python's spelling."""
    if "=" not in text:
        return text
    try:
        parse_json(text)
    except ValueProblem:
        import re

        return re.sub(_QUOTED_EQUALS, r"\1:", text)
    return text


def _arguments(request: Request, command: str, pairs: list[Pair]) -> dict[str, Any]:
    """Return the typed arguments of a command; the schema is asked for only when it can matter."""
    if not pairs and command.startswith(("query-", "x-query-")):
        return {}
    from qmonsh.language.typed import command_arguments

    return command_arguments(request, command, pairs)


# -- transaction( ... ) ------------------------------------------------------------------------------------


def plan_transaction(request: Request, start: int) -> Plan:
    """Return the plan of ``transaction( ACTION key=value ... )``, whose "(" stands at ``start``.

    An action is a word without ``=`` and the pairs that follow it, on a line of its own or not.
    """
    text = request.text
    if not is_complete(text):
        raise incomplete(text)
    end = json_end(text, start)
    if end is None or text[end - 1] != ")":
        raise unclosed(request.line, start)
    if text[end:].strip():
        raise request.error("this follows the transaction's closing parenthesis", end, len(text.rstrip()))
    inner = text[: end - 1]
    try:
        words = read_assignments(inner, start + 1)
    except LineError as error:
        error.line = request.line
        raise
    pairs = list(_action_pairs(request, words))
    if not pairs:
        raise request.error("the transaction is empty", start, end)
    arguments = _arguments(request, "transaction", pairs)
    return plan_step(request, Step("transaction", arguments), Way.QMP, "a transaction in qmp-shell's words")


def _action_pairs(request: Request, words: list[Assignment]) -> list[Pair]:
    pairs: list[Pair] = []
    index = -1
    for word in words:
        if word.value is None:
            index += 1
            place = (word.key_start, word.key_end, word.key_start, word.key_end)
            pairs.append(Pair(f"actions.{index}.type", word.key, True, *place))
            continue
        if index < 0:
            raise request.error("the name of an action is expected first", word.key_start, word.key_end)
        pair = _pair(request, word)
        key = f"actions.{index}.data.{pair.key}"
        pairs.append(Pair(key, pair.value, pair.is_text, pair.key_start, pair.key_end, pair.start, pair.end))
    return pairs


__all__ = ["Gatherer", "plan_json", "plan_step", "plan_transaction", "plan_words", "read_pairs"]
