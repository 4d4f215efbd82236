"""The colours of a line that is typed: what each of its words is, by what is known of this monitor.

Knows words, JSON and the classes of theme.py. Must not ask the monitor: a name is called unknown only when
all names are known. Loaded while the first prompt stands already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from prompt_toolkit.formatted_text import StyleAndTextTuples

from qmonsh.complete.inquiry import Inquiry
from qmonsh.language.judge import name_of
from qmonsh.language.rules import rule_for
from qmonsh.shell.registry import builtins
from qmonsh.shell.wrong_word import WrongWords

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

_WORDS = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"?)|(?P<flag>(?<!\S)-[a-zA-Z]+)|(?P<key>[\w.-]+(?=:?=))|(?P<operator>(?<!\S)(?:\||>>?))"""
    r"""|(?P<number>(?<![\w.-])(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?[bkKmMgGtT]?)(?![\w.-]))"""
    r"""|(?P<constant>(?<![\w.-])(?:on|off|true|false|yes|no|null)(?![\w.-]))"""
)
_JSON = re.compile(
    r"""(?P<key>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?P<string>"(?:[^"\\\n]|\\.)*"?)"""
    r"""|(?P<number>-?\b\d[\d.eE+-]*)|(?P<constant>\b(?:true|false|null)\b)"""
)


class Colours:
    """Colours the lines of what is typed for a shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._wrong = WrongWords(shell)

    def line(self, lines: list[str], number: int, *, is_json: bool) -> StyleAndTextTuples:
        """Return the fragments of one of the lines; one beyond them has none."""
        if number >= len(lines):
            return []
        if is_json:
            return colour_words(lines[number], 0, _JSON)
        return self._command(lines[number]) if number == 0 else colour_words(lines[number], 0, _WORDS)

    def _command(self, line: str) -> StyleAndTextTuples:
        aliases = self._shell.settings.aliases
        start, end, style = name_style(line, Inquiry(self._shell.monitor.facts), aliases)
        found = [("", line[:start]), (style, line[start:end]), *colour_words(line, end, _WORDS)]
        wrong = None if style != "class:command" or line[start:end] in aliases else self._wrong.find(line)
        return found if wrong is None or wrong[0] < end else restyled(found, *wrong, "class:unknown")


def name_style(line: str, look: Inquiry, aliases: Any = ()) -> tuple[int, int, str]:
    """Return where the command's name stands and its class: known, unknown, or nothing yet."""
    start = len(line) - len(line.lstrip())
    if line[start:].startswith("."):
        end = start + len(line[start:].split(None, 1)[0])
        known = any(name.startswith(line[start:end]) for name in builtins())
        return start, end, "class:command" if known else "class:unknown"
    forced = re.match(r"\s*(?:hmp|qmp)\s+(?=\S)", line)
    first = forced.end() if forced else start
    name, end = name_of(line, first)
    if not name or end < first:
        return start, start, ""
    if name in aliases or name in ("help", "info", "?", "hmp", "qmp", "transaction"):
        return start, end, "class:command"
    commands, words = look.commands(), look.hmp_help()
    if name in commands or name in words or name.partition("(")[0] == "transaction":
        return start, end, "class:command"
    is_known = bool(words or not look.has_hmp) and bool(commands or look.facts.dialect == "hmp")
    if not is_known:
        return start, end, "class:command" if rule_for(name) else ""
    # A name that is still being typed is not wrong yet.
    is_beginning = end == len(line) and any(one.startswith(name) for one in (*commands, *words))
    return start, end, "" if is_beginning else "class:unknown"


def colour_words(line: str, start: int, pattern: re.Pattern[str]) -> StyleAndTextTuples:
    """Return the fragments of a line from ``start`` on."""
    found: StyleAndTextTuples = []
    position = start
    for match in pattern.finditer(line, start):
        found.append(("", line[position : match.start()]))
        found.append((f"class:{match.lastgroup}", match[0]))
        position = match.end()
    found.append(("", line[position:]))
    return found


def restyled(fragments: StyleAndTextTuples, start: int, end: int, style: str) -> StyleAndTextTuples:
    """Return the fragments with the characters from ``start`` to ``end`` in another style."""
    found: StyleAndTextTuples = []
    for old, text, *_ in fragments:
        found += [(old, text[: max(start, 0)]), (style, text[max(start, 0) : max(end, 0)])]
        found.append((old, text[max(end, 0) :]))
        start, end = start - len(text), end - len(text)
    return [fragment for fragment in found if fragment[1]]
