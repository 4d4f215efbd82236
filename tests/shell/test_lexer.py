"""Input coloured by what its words mean for this monitor; secrets starred."""

from __future__ import annotations

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.layout.processors import TransformationInput

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.shell.lexer import LONGEST, MaskSecrets, ShellLexer, name_style
from tests.shell.kit import HELP, HELP_INFO, FakeMonitor, ShellKit, fake_shell

KNOWN = FrozenFacts(
    {
        question("query-commands"): [{"name": "query-status"}, {"name": "human-monitor-command"}],
        question("hmp:help"): HELP,
        question("hmp:help info"): HELP_INFO,
    }
)


def style(line: str, facts: FrozenFacts = KNOWN) -> tuple[str, str]:
    start, end, found = name_style(line, Inquiry(facts), {"st": "info status"})
    return line[start:end], found.removeprefix("class:")


@pytest.mark.parametrize(
    ("line", "word", "what"),
    [
        ("query-status", "query-status", "command"),
        ("  balloon 512", "balloon", "command"),
        ("info status", "info status", "command"),
        ("c", "c", "command"),
        ("hmp balloon 1", "hmp balloon", "command"),
        ("qmp query-status", "qmp query-status", "command"),
        ("st", "st", "command"),
        (".events", ".events", "command"),
        (".ev", ".ev", "command"),
        (".nosuch", ".nosuch", "unknown"),
        ("ballon 512", "ballon", "unknown"),
        ("info statsu ", "info statsu", "unknown"),
        ("ball", "ball", ""),
        ("info sta", "info sta", ""),
        ("help balloon", "help", "command"),
        ("transaction(", "transaction(", "command"),
    ],
)
def test_name_is_coloured_by_what_it_is(line: str, word: str, what: str) -> None:
    assert style(line) == (word, what)


def test_nothing_is_called_unknown_before_all_names_are_known() -> None:
    assert style("ballon 512", FrozenFacts()) == ("ballon", "")
    assert style("balloon 512", FrozenFacts()) == ("balloon", "command")


@pytest.mark.parametrize("line", ["", "   ", ".", "{", "info", "info ", "hmp ", "\x00", "é"])
def test_every_line_has_a_style(line: str) -> None:
    style(line)


def fragments(kit: ShellKit, text: str) -> list[tuple[str, str]]:
    line = ShellLexer(kit.shell).lex_document(Document(text))
    found = [(style, part) for n in range(text.count("\n") + 1) for style, part, *_ in line(n) if part]
    assert "".join(part for _, part in found) == text.replace("\n", "")
    return found


def test_words_of_a_line_are_coloured() -> None:
    with fake_shell(color="always") as (_, kit):
        kit.shell.monitor.learn()
        kit.settle()
        found = dict((part, style) for style, part in fragments(kit, 'query-uuid a=0x10 b="x y" -f on | cat'))
    assert found["a"] == "class:key" and found["0x10"] == "class:number" and found['"x y"'] == "class:string"
    assert found["-f"] == "class:flag" and found["on"] == "class:constant" and found["|"] == "class:operator"


def test_json_is_coloured() -> None:
    with fake_shell(color="always") as (_, kit):
        found = dict((part, style) for style, part in fragments(kit, '{"a": 1,\n "b": "c", "d": true}'))
    assert found['"a"'] == "class:key" and found["1"] == "class:number"
    assert found['"c"'] == "class:string" and found["true"] == "class:constant"


def test_without_colours_and_for_huge_input_nothing_is_coloured(kit: ShellKit) -> None:
    assert fragments(kit, "query-uuid a=1") == [("", "query-uuid a=1")]
    with fake_shell(color="always") as (_, other):
        huge = "x" * (LONGEST + 1)
        assert fragments(other, huge) == [("", huge)]


def test_line_beyond_the_text_is_empty(kit: ShellKit, monitor: FakeMonitor) -> None:
    assert ShellLexer(kit.shell).lex_document(Document("a"))(5) == []


def masked(text: str) -> str:
    document = Document(text)
    shown = []
    for number, line in enumerate(document.lines):
        given = TransformationInput(None, document, number, lambda i: i, [("", line)], 80, 24)  # type: ignore[arg-type]
        shown.append("".join(part for _, part, *_ in MaskSecrets().apply_transformation(given).fragments))
    return "\n".join(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("info status", "info status"),
        ("set_password vnc abc", "set_password vnc ***"),
        ('set_password vnc "a b', 'set_password vnc "***'),
        (
            '{"execute": "x",\n"arguments": {"password": "abc"}}',
            '{"execute": "x",\n"arguments": {"password": "***"}}',
        ),
        ("", ""),
    ],
)
def test_secret_is_starred_letter_by_letter(text: str, shown: str) -> None:
    assert masked(text) == shown and len(masked(text)) == len(text)
