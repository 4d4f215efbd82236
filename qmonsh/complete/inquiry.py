"""One look at the facts: what is known, what should be asked, and what was worked out before.

Knows how to remember results for as long as the facts they came from stay the same. Must not know kinds of
values (sources) or lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from qmonsh.complete.candidate import Candidate, Facts
from qmonsh.complete.help_text import parse_help
from qmonsh.complete.question import ABSENT, HMP, Question, question
from qmonsh.qapi.schema import Schema

T = TypeVar("T")

COMMANDS = question("query-commands")
SCHEMA = question("query-qmp-schema")
HELP = question("hmp:help")
HELP_INFO = question("hmp:help info")

#: Worked-out results that are kept; a session meets fewer kinds of value, paths and drivers than this.
_MOST_RESULTS = 4096


class Inquiry:
    """Reads facts for one completion and notes in ``wanted`` what was not known or is stale."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.wanted: dict[Question, None] = {}

    def ask(self, asked: str | Question, **arguments: Any) -> Any:
        """Return an answer, or None when there is none (yet)."""
        put = question(asked, **arguments) if isinstance(asked, str) else asked
        if not self._can_answer(put):
            return None
        answer = self.facts.get(put)
        if answer is None or self.facts.is_stale(put):
            self.wanted[put] = None
        return None if answer is ABSENT else answer

    def rows(self, asked: str | Question, **arguments: Any) -> tuple[dict[str, Any], ...]:
        """Return the objects of an answer that is a list."""
        return tuple(objects_in(self.ask(asked, **arguments)))

    def text(self, line: str) -> str:
        """Return what an HMP line prints, or ``""``."""
        return self.derived(("text", line), _plain, self.ask(HMP + line))

    def derived(self, name: Any, make: Callable[..., T], *values: Any) -> T:
        """Return ``make(*values)``, worked out again only when one of the values is another object."""
        memo = self.facts.memo
        known = memo.get(name)
        if known is not None and _are_same(known[0], values):
            result: T = known[1]
            return result
        if len(memo) > _MOST_RESULTS:
            memo.clear()
        made = make(*values)
        memo[name] = (values, made)
        return made

    def joined(self, name: Any, *parts: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """Return the candidates of several sources, the same object while the parts are."""
        return self.derived(("joined", name), _join, *parts)

    # -- what nearly everything needs ----------------------------------------------------------

    def commands(self) -> frozenset[str]:
        """Return the names of the QMP commands, as far as they are known."""
        asked = question("guest-info") if self.facts.dialect == "agent" else COMMANDS
        return self.derived("commands", _command_names, self.ask(asked))

    def has(self, command: str) -> bool:
        """Return whether the monitor has a QMP command; what is not known yet is taken to be there."""
        if self.facts.dialect == "hmp":
            return False
        names = self.commands()
        return command in names if names else True

    @property
    def has_hmp(self) -> bool:
        """Whether HMP lines can be asked."""
        return self.facts.dialect == "hmp" or self.has("human-monitor-command")

    def schema(self) -> Schema | None:
        """Return the index of the schema, when there is one."""
        answer = self.ask(SCHEMA)
        return self.derived("schema", Schema, answer) if isinstance(answer, list) else None

    def hmp_help(self) -> Mapping[str, str]:
        """Return the HMP commands, aliases and info words of this monitor, each with its help."""
        return self.derived("hmp help", _both, self.ask(HELP), self.ask(HELP_INFO))

    def _can_answer(self, put: Question) -> bool:
        if put.command in ("files", "programs"):
            return True
        if put.is_human:
            return self.has_hmp
        if put == COMMANDS:
            return self.facts.dialect == "qmp"
        return self.facts.dialect != "hmp" and self._is_listed(put.command)

    def _is_listed(self, command: str) -> bool:
        if self.facts.dialect == "agent":
            return command == "guest-info"
        answer = self.facts.get(COMMANDS)
        return not isinstance(answer, list) or command in self.derived("commands", _command_names, answer)


def objects_in(answer: Any) -> list[dict[str, Any]]:
    """Return the objects of an answer that is a list, none of any other."""
    return [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []


def _join(*parts: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(one for part in parts for one in part)


def _plain(answer: Any) -> str:
    return answer.replace("\r\n", "\n") if isinstance(answer, str) else ""


def _are_same(known: tuple[Any, ...], values: tuple[Any, ...]) -> bool:
    """Compare large answers by identity only, text by what it says."""
    return len(known) == len(values) and all(
        a is b or (isinstance(a, str) and isinstance(b, str) and a == b)
        for a, b in zip(known, values, strict=True)
    )


def _command_names(answer: Any) -> frozenset[str]:
    if isinstance(answer, dict):  # the guest agent's
        answer = [row for row in answer.get("supported_commands", ()) if row.get("enabled", True)]
    if not isinstance(answer, list):
        return frozenset()
    return frozenset(
        row["name"] for row in answer if isinstance(row, dict) and isinstance(row.get("name"), str)
    )


def _both(commands: Any, words: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in (commands, words):
        if isinstance(text, str):
            found.update(parse_help(text))
    return found
