"""How what is typed is shown: coloured or not, secrets starred."""

from __future__ import annotations

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.layout.processors import TransformationInput

from qmonsh.shell.lexer import LONGEST, MaskSecrets, ShellLexer
from tests.shell.kit import FakeMonitor, ShellKit, fake_shell


def fragments(kit: ShellKit, text: str) -> list[tuple[str, str]]:
    line = ShellLexer(kit.shell).lex_document(Document(text))
    found = [(style, part) for n in range(text.count("\n") + 1) for style, part, *_ in line(n) if part]
    assert "".join(part for _, part in found) == text.replace("\n", "")
    return found


def test_without_colours_and_for_huge_input_nothing_is_coloured(kit: ShellKit) -> None:
    assert fragments(kit, "query-uuid a=1") == [("", "query-uuid a=1")]
    with fake_shell(color="always") as (_, other):
        huge = "x" * (LONGEST + 1)
        assert fragments(other, huge) == [("", huge)]


def test_line_beyond_the_text_is_empty(kit: ShellKit, monitor: FakeMonitor) -> None:
    assert ShellLexer(kit.shell).lex_document(Document("a"))(5) == []


def test_beginning_of_the_text_says_whether_it_is_json() -> None:
    with fake_shell(color="always") as (_, kit):
        lexed = ShellLexer(kit.shell).lex_document(Document('\n{"a": 1}'))
        assert ("class:key", '"a"') in lexed(1)


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
