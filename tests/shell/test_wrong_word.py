"""Words that are shown to be wrong while a line is typed: those that nothing could make right."""

from __future__ import annotations

import pytest
from prompt_toolkit.document import Document

from qmonsh.language.translate import translate
from qmonsh.shell.lexer import ShellLexer
from qmonsh.shell.wrong_word import wrong_word
from tests.language.frozen import FrozenKnowledge, frozen
from tests.language.test_translate import knowledge, table
from tests.shell.kit import ShellKit, fake_shell


def found(line: str, known: FrozenKnowledge) -> str:
    span = wrong_word(line, lambda text: translate(text, known))
    return "" if span is None else line[slice(*span)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("info block -z d0", "-z"),
        ("block_resize devize=d1 size=1 ", "devize"),
        ("set_link n0 maybe ", "maybe"),
        ("blockdev-add driver=qcow3 ", "qcow3"),
        ("object_add iothread,pol=", "pol"),
        ("chardev-add nosuch,id=a ", "nosuch"),
        ("query-name x=", "x"),
        ("migrate_set_parameter nosuch 1 ", "nosuch"),
        # what may still come
        ("block_resize ", ""),
        ("block_resize size=", ""),
        ("block_resize devize=", ""),  # so may a disk of HMP's be called
        ("info block -z ", ""),
        ("screendump -f ", ""),
        ("dump-guest-memory -p /vm/d 0 ", ""),
        ('ringbuf_write c "a ', ""),
        ('qom-set -j /machine smm {"a": ', ""),
        ("blockdev-add file.driver=file ", ""),
        ("transaction( ", ""),
    ],
)
def test_wrong_word_is_one_that_nothing_makes_right(line: str, word: str) -> None:
    assert found(line, frozen("7.2")) == word


def test_no_word_of_a_right_line_is_wrong_while_it_is_typed() -> None:
    for monitor, line, expected in table():
        if "\n" in line or any(row.startswith("!") for row in expected):
            continue
        known = knowledge(monitor)
        for end in [n for n, character in enumerate(line, 1) if character in " ,="]:
            assert found(line[:end], known) == "", line[:end]


def styles(kit: ShellKit, lexer: ShellLexer, line: str) -> dict[str, str]:
    fragments = lexer.lex_document(Document(line))(0)
    assert "".join(part for _, part, *_ in fragments) == line
    return {part: style for style, part, *_ in fragments}


def test_wrong_word_is_red_as_soon_as_it_is_typed() -> None:
    with fake_shell(color="always") as (_, kit):
        kit.shell.monitor.learn()
        kit.settle()
        lexer = ShellLexer(kit.shell)
        assert "class:unknown" not in styles(kit, lexer, "balloon va").values()
        assert "class:unknown" not in styles(kit, lexer, "info status -").values()
        assert "class:unknown" not in styles(kit, lexer, "info status foo").values()
        assert styles(kit, lexer, "info status foo ")["foo"] == "class:unknown"
        assert styles(kit, lexer, "info status foo b")["foo"] == "class:unknown"


def test_words_of_an_alias_are_left_alone() -> None:
    with fake_shell(color="always", aliases={"st": "info status"}) as (_, kit):
        kit.shell.monitor.learn()
        kit.settle()
        assert "class:unknown" not in styles(kit, ShellLexer(kit.shell), "st foo ").values()
