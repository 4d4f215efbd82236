"""Whether a line acts and whether it is dangerous, told from its words alone.

Works on HMP lines however they travel: natively, inside human-monitor-command, on a text monitor. What is not
known acts. Must not know monitors; what only a monitor can tell (a disk in use) is added by conversions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qmonsh.language.blank import BLANKS, skip_blanks
from qmonsh.language.danger import REASONS, can_act, danger_of, introspection_danger
from qmonsh.language.rules import Rule, rule_for

_QEMU_IO_READS = frozenset({"read", "readv", "alloc", "map", "length", "info", "help", "aio_read", "status"})


def name_of(line: str, position: int = 0) -> tuple[str, int]:
    """Return the command's name at ``position`` ("info block" for info words) and where it ends."""
    start = skip_blanks(line, position)
    end = _word_end(line, start)
    if line[start:end] == "info" and end < len(line) and line[end] in BLANKS:
        following = skip_blanks(line, end)
        end_of_word = _word_end(line, following, stop="")
        if following < end_of_word:
            return f"info {line[following:end_of_word]}", end_of_word
    return line[start:end], end


def _word_end(line: str, position: int, *, stop: str = "/") -> int:
    ends = BLANKS + stop
    for end in range(position, len(line)):
        if line[end] in ends:
            return end
    return len(line)


def judge_line(line: str) -> tuple[str, bool]:
    """Return (danger, acts) of an HMP line."""
    name, end = name_of(line)
    rule = rule_for(name)
    if rule is None:
        return "", bool(name) and not name.startswith("info ")
    return judge_rule(rule, line[end:])


def judge_rule(rule: Rule, rest: str) -> tuple[str, bool]:
    """Return (danger, acts) of a command with what follows its name."""
    words = rest.split()
    if any(argument.kind.endswith("-options") for argument in rule.arguments):
        driver, comma, last = rest.strip().strip('"').rpartition(",")
        if last.strip() in ("help", "?"):
            reason = introspection_danger(driver if comma else "")
            return reason, bool(reason)
    if rule.name == "sync-profile":
        return "", bool(words)
    if rule.name == "qemu-io":
        return _judge_qemu_io(rest)
    if rule.name in ("migrate", "migrate_incoming", "migrate_recover"):
        is_exec = any(word.lstrip('"').startswith("exec:") for word in words)
        return danger_of("migrate", {"uri": "exec:"}) if is_exec else "", True
    return rule.danger, rule.acts


def _judge_qemu_io(rest: str) -> tuple[str, bool]:
    command = rest.strip().rstrip('"').rpartition('"')[2].split()
    if command and command[0] in _QEMU_IO_READS:
        return "", True
    return "it works on the image behind the guest's back and can destroy its data", True


def judge_command(command: str, arguments: Mapping[str, Any] | None) -> tuple[str, bool]:
    """Return (danger, acts) of a QMP command; human-monitor-command is judged by the line it carries."""
    if command == "human-monitor-command":
        line = arguments.get("command-line") if isinstance(arguments, Mapping) else None
        return judge_line(line) if isinstance(line, str) else ("", True)
    return danger_of(command, arguments), can_act(command, arguments)


__all__ = ["REASONS", "judge_command", "judge_line", "judge_rule", "name_of"]
