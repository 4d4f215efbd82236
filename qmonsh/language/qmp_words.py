"""QMP key=value words and ``transaction( ... )`` blocks -> Plan (rule 4 of DESIGN section 3).

Knows how the words are paired. Must not know HMP commands nor types (typed.py).
"""

from __future__ import annotations

import re
from typing import Any

from qmonsh.errors import LineError
from qmonsh.language.blank import skip_blanks
from qmonsh.language.call import Request
from qmonsh.language.plan import Plan, Step, Way
from qmonsh.language.raw import plan_step, read_object
from qmonsh.language.reader import Assignment, read_assignments
from qmonsh.language.statement import incomplete, innermost_open, is_complete, json_end, unclosed
from qmonsh.qapi.pair import Pair
from qmonsh.qapi.scalar import ValueProblem, parse_json

_QUOTED_EQUALS = r"""((?:"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')\s*)=(?=\s*[\[{"'\w-])"""


def plan_words(request: Request, command: str, position: int) -> Plan:
    """Return the plan of a QMP command with key=value words from ``position`` on; raises LineError."""
    if command == "qmp_capabilities":
        return plan_step(request, Step(command), Way.QMP, "")
    arguments = _whole_object(request, position)
    if arguments is None:
        arguments = _arguments(request, command, read_pairs(request, position, command))
    why = f"'{command}' is a command of this QMP monitor"
    is_text = command == "human-monitor-command"
    return plan_step(request, Step(command, arguments or None, text=is_text), Way.QMP, why)


def _whole_object(request: Request, position: int) -> dict[str, Any] | None:
    """Return the arguments when they are written as one JSON object: ``blockdev-add {"driver": ...}``."""
    text = request.text
    start = skip_blanks(text, position)
    if text[start : start + 1] != "{":
        return None
    end = json_end(text, start)
    if end is None:
        raise unclosed(request.line, innermost_open(text, start))
    if text[end:].strip():
        raise request.error("this follows the JSON object", end, len(text.rstrip()))
    return read_object(request, start, end)


def read_pairs(request: Request, position: int, command: str) -> list[Pair]:
    """Return the key=value words of a command; raises LineError for a word that is none."""
    try:
        words = read_assignments(request.text, position)
    except LineError as error:
        error.line = request.line
        raise
    return [_pair(request, one, command) for one in words]


def _pair(request: Request, one: Assignment, command: str) -> Pair:
    if one.value is None:
        synopsis = request.signature(command)
        said = f"key=value is expected here, not '{one.key}'"
        if synopsis == command and request.knowledge.schema() is not None:
            said = f"{command} takes no arguments"
        raise request.error(said, one.key_start, one.key_end, synopsis=synopsis)
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
    try:
        arguments = _arguments(request, "transaction", pairs)
    except LineError as error:
        raise _in_words_of_block(error) from None
    return plan_step(request, Step("transaction", arguments), Way.QMP, "a transaction in qmp-shell's words")


def _in_words_of_block(error: LineError) -> LineError:
    """Return the error without the keys that the block stands for: its words are an action's own."""
    data = r"\bactions\.[0-9]+\.data\."
    return LineError(
        re.sub(r"\bactions\.[0-9]+\.type", "action", re.sub(data, "", error.problem)),
        line=error.line,
        start=error.start,
        end=error.end,
        expected=[re.sub(data, "", one) for one in error.expected],
        nearest=re.sub(data, "", error.nearest),
        synopsis="transaction( ACTION key=value ... )",
    )


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
        pair = _pair(request, word, "transaction")
        key = f"actions.{index}.data.{pair.key}"
        pairs.append(Pair(key, pair.value, pair.is_text, pair.key_start, pair.key_end, pair.start, pair.end))
    return pairs
