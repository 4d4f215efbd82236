"""Where the reply goes: ``LINE | command``, ``LINE > file``, ``LINE >> file``.

An operator counts when a blank stands before it, and outside quotes, JSON, parentheses and the last
argument of commands that take the rest of the line. In an expression (``print 1 | 2``) a ``|`` that is
followed by an operand is arithmetic. After a bare name (``info status|less``) and after raw JSON no blank
is needed.
Must not know what is done with the reply.
"""

from __future__ import annotations

import re

from qmonsh.errors import LineError
from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.plan import Output
from qmonsh.language.reader import read_word
from qmonsh.language.rules import Rule, rule_for
from qmonsh.language.statement import json_end, opening

_BARE_NAME = re.compile(r"\s*(?:(?:hmp|qmp)\s+)?(?:info\s+)?[\w?.-]+(?=[|>])")
_NAME = re.compile(r"\s*(?:hmp\s+)?(info\s+[^\s/|>]+|[^\s/|>]+)")
_QUOTE_AFTER = BLANKS + "="
_HELP = re.compile(r"(?:.*,)?\s*(?:help|\?)\s*\Z", re.S)


def split_output(line: str) -> tuple[str, Output | None]:
    """Return the command's own part of the line and where its reply goes.

    Positions in the part are positions in the line. Raises LineError (nothing after the operator).
    """
    if "|" not in line and ">" not in line:
        return line, None
    position = _find_operator(line)
    if position is None:
        return line, None
    operator = ">>" if line.startswith(">>", position) else line[position]
    head = line[:position].rstrip(BLANKS)
    _check_exec(line, head, position)
    return head, Output(operator, _operand(line, position, operator))


def _operand(line: str, position: int, operator: str) -> str:
    start = skip_blanks(line, position + len(operator))
    what = "a shell command" if operator == "|" else "a file name"
    if start >= len(line):
        raise LineError(f"{what} is expected after {operator}", line=line, start=position, end=position + 1)
    if operator == "|":
        return line[start:].strip(BLANKS)
    word = read_word(line, start)
    assert word is not None, "there is a word at start"
    following = skip_blanks(line, word.end)
    if following < len(line):
        raise LineError(f"one file name is expected after {operator}", line=line, start=following)
    return word.text


def _find_operator(line: str) -> int | None:
    opened = opening(line)
    if opened is not None:
        end = json_end(line, opened)
        start = len(line) if end is None else skip_blanks(line, end)
        return start if line[start : start + 1] in ("|", ">") and line[start : start + 1] else None
    bare = _BARE_NAME.match(line)
    if bare is not None:
        return bare.end()
    rule, after_name = _rule_of(line)
    limit = _rest_start(rule, line, after_name)
    for position in _outside(line, after_name):
        if position >= limit and _HELP.match(line, limit, position) is None:
            return None
        if line[position] == "|" and _is_arithmetic(rule, line, position):
            continue
        return position
    return None


def _rule_of(line: str) -> tuple[Rule | None, int]:
    found = _NAME.match(line)
    if found is None:
        return None, 0
    return rule_for(" ".join(found[1].split())), found.end()


def _rest_start(rule: Rule | None, line: str, position: int) -> int:
    """Return where the argument begins that takes the rest of the line; the line's length when none does."""
    for argument in rule.arguments if rule is not None else ():
        start = skip_blanks(line, position)
        if argument.reading in ("rest", "options-rest"):
            return start if argument.kind not in ("help-topic", "info-word") else len(line)
        if argument.flag:
            if line.startswith(f"-{argument.flag}", start):
                position = start + 2
            continue
        try:
            word = read_word(line, start)
        except LineError:
            break
        position = len(line) if word is None else word.end
    return len(line)


def _is_arithmetic(rule: Rule | None, line: str, position: int) -> bool:
    """Tell whether the ``|`` stands in an expression: what follows it is one, and nothing else."""
    if rule is None or not any(one.reading in ("expr", "mib") for one in rule.arguments):
        return False
    from qmonsh.language.expression import is_expression

    return is_expression(line[position + 1 :])


def _outside(line: str, position: int) -> list[int]:
    """Return the positions of ``|`` and ``>`` at the beginnings of words, outside quotes and brackets."""
    found = []
    depth = 0
    before = " "
    while position < len(line):
        char = line[position]
        end = position + 1
        if char in "\"'" and before in _QUOTE_AFTER:
            end = _quote_end(line, position)
        elif char in "{[" and before in _QUOTE_AFTER:
            end = json_end(line, position) or end
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char in "|>" and before in BLANKS and depth == 0:
            found.append(position)
            if line.startswith(">>", position):
                end += 1
        before = line[end - 1]
        position = end
    return found


def _quote_end(line: str, start: int) -> int:
    """Return one past the closing quote, or past the opening one when nothing closes it."""
    position = start + 1
    while position < len(line):
        if line[position] == line[start]:
            return position + 1
        position += 2 if line[position] == "\\" else 1
    return start + 1


def _check_exec(line: str, head: str, position: int) -> None:
    """Refuse ``migrate exec:gzip > file``: the operator was surely meant for the shell that QEMU starts."""
    found = re.search(r"(?<=\s)(?:uri=)?exec:", head)
    if found is not None:
        uri = line[found.start() :].rstrip(BLANKS)
        raise LineError(
            "an exec: address with blanks must be quoted, or what follows would be this shell's",
            line=line,
            start=position,
            end=position + 1,
            mended=f'{line[: found.start()]}"{uri}"' if '"' not in uri else "",
        )
