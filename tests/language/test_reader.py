"""Words, quotes, brackets and statements, with positions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import IncompleteLineError, LineError
from qmonsh.language.reader import (
    Assignment,
    Gatherer,
    Statement,
    Word,
    check_characters,
    is_complete,
    json_end,
    mend,
    read_assignments,
    read_statements,
    read_word,
    read_words,
)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("  ab c", Word("ab", 2, 4)),
        ('"a b"c', Word("a b", 0, 5, True)),
        ('"a\\nb\\"\\\\\\\'\\r"', Word("a\nb\"\\'\r", 0, 14, True)),
        ('a"b c', Word('a"b', 0, 3)),
        ("'a b'", Word("'a", 0, 2)),
        ('""', Word("", 0, 2, True)),
    ],
)
def test_word_is_read_as_hmp_reads_it(line: str, word: Word) -> None:
    assert read_word(line) == word


def test_no_word_at_the_end() -> None:
    assert read_word("  ") is None
    assert [word.text for word in read_words('a "b c" d')] == ["a", "b c", "d"]


@pytest.mark.parametrize(
    ("line", "start", "end"), [('a "b', 2, 3), ('"a\\x"', 2, 4), ('"', 0, 1), ('"a\\', 0, 1)]
)
def test_wrong_quote_is_pointed_at(line: str, start: int, end: int) -> None:
    with pytest.raises(LineError) as caught:
        read_words(line)
    assert (caught.value.start, caught.value.end) == (start, end)


def pairs(line: str) -> list[tuple[str, str | None]]:
    return [(one.key, one.value) for one in read_assignments(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=1 b=", [("a", "1"), ("b", "")]),
        (
            "file.driver=file file.filename=/x node-name=n0",
            [("file.driver", "file"), ("file.filename", "/x"), ("node-name", "n0")],
        ),
        ("a=\"b c\" d='e f'", [("a", "b c"), ("d", "e f")]),
        ('a="x\\"y\\d"', [("a", 'x"y\\d')]),
        ('g={"x": [1, 2]} h', [("g", '{"x": [1, 2]}'), ("h", None)]),
        ("g={'x': \"}\"} h=[1, [2]]", [("g", "{'x': \"}\"}"), ("h", "[1, [2]]")]),
        ('h:=[1, 2] i:=5 j:="s t"', [("h", "[1, 2]"), ("i", "5"), ("j", '"s t"')]),
        ('"k=v w" x', [("k", "v w"), ("x", None)]),
        ("z=[::1]:80", [("z", "[::1]:80")]),
        ("x=a:=b c=d=e", [("x", "a:=b"), ("c", "d=e")]),
        ("a=b'c d", [("a", "b'c"), ("d", None)]),
        ("=x", [("=x", None)]),
        ("", []),
    ],
)
def test_assignments_are_read(line: str, expected: list[tuple[str, str | None]]) -> None:
    assert pairs(line) == expected


def test_assignment_has_positions() -> None:
    assert read_assignments("  ab=cd", 0) == [Assignment("ab", "cd", 2, 4, 5, 7)]
    found = read_assignments('x:="a b"')[0]
    assert (found.is_json, found.start, found.end) == (True, 3, 8)


@pytest.mark.parametrize(
    ("line", "start"),
    [("a={1", 2), ('a={"b', 3), ("a=[1, 2", 2), ('a="b', 2), ("a='b", 2), ('a="b"c', 5), ("a={[}", None)],
)
def test_open_bracket_or_quote_is_pointed_at(line: str, start: int | None) -> None:
    if start is None:
        assert pairs(line) == [("a", "{[}")]
        return
    with pytest.raises(LineError) as caught:
        read_assignments(line)
    assert caught.value.start == start


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("info x", True),
        ("", True),
        ('{"a": 1', False),
        ('{"a": {"b": [}', True),
        ('{"a": "x', True),
        ('{"a": "}"', False),
        ('{"a": "\\"}"', False),
        ('{"a": 1}', True),
        ('  {"a":\n[1,\n2]}', True),
        ("{'a': '}'", False),
        ("transaction(", False),
        ("transaction (\na b=c", False),
        ("transaction(\na b=c\n)", True),
        ("qmp transaction(", False),
        ("transaction", True),
        ("blockdev-add a={", True),
    ],
)
def test_statement_is_complete_or_not(text: str, complete: bool) -> None:
    assert is_complete(text) == complete
    gatherer = Gatherer()
    found = [gatherer.add(line) for line in text.split("\n")]
    assert (not any(found) and bool(text)) == (not complete)
    assert bool(gatherer.pending) == (not complete)


def test_statements_are_numbered_and_joined() -> None:
    text = '# first\n\nstop\n{"execute":\n\n  "cont"}\ntransaction(\n# no comment\n a b=c\n)\n  # last'
    assert read_statements(text) == [
        Statement("stop", 3),
        Statement('{"execute":\n\n  "cont"}', 4),
        Statement("transaction(\n# no comment\n a b=c\n)", 7),
    ]


def test_unfinished_script_says_where() -> None:
    with pytest.raises(IncompleteLineError) as caught:
        read_statements('stop\n{"a": [\n1,')
    assert caught.value.line[caught.value.start] == "["


def test_long_statement_is_looked_at_once() -> None:
    """Twenty thousand lines of one object would take hours when each line meant reading all."""
    gatherer = Gatherer()
    gatherer.add('{"a": [')
    for _ in range(20_000):
        assert gatherer.add('"' + "x" * 50 + '",') is None
    statement = gatherer.add("1]}")
    assert statement is not None and statement.text.endswith("1]}")


@given(st.text(alphabet="{}[]()\"'\\a,:\n", max_size=40))
def test_brackets_end_somewhere_or_nowhere(text: str) -> None:
    end = json_end("{" + text, 0)
    assert end is None or 1 < end <= len(text) + 1
    assert isinstance(is_complete("{" + text), bool)


@pytest.mark.parametrize(
    ("line", "start", "mended"),
    [
        ("{\u201cexecute\u201d: \u201cstop\u201d}", 1, '{"execute": "stop"}'),
        ('{"a": \u201eb\u201c}', 6, '{"a": "b"}'),
        ("{\u00abexecute\u00bb: 1}", 1, '{"execute": 1}'),
        ("{\u2018execute\u2019: 1}", 1, '{"execute": 1}'),
        ('{"execute":\u00a0"stop"}', 11, '{"execute": "stop"}'),
        ("info\u00a0status", 4, "info status"),
        ("info\u200bstatus", None, ""),
        ("\ufeffinfo status", 0, "info status"),
        ("migrate \u201cexec:cat\u201d", 8, 'migrate "exec:cat"'),
        ("x key=\u201ca b\u201d", 6, 'x key="a b"'),
        ('savevm "\u201c"', None, ""),
        ("savevm Bob\u2019s", None, ""),
        ("change cd0 /vm/\u201cx\u201d.iso", None, ""),
        ("savevm \u00e9t\u00e9", None, ""),
    ],
)
def test_lookalikes_are_pointed_at_and_mended(line: str, start: int | None, mended: str) -> None:
    if start is None:
        if "\u200b" not in line:
            check_characters(line)
        return
    with pytest.raises(LineError) as caught:
        check_characters(line)
    assert (caught.value.start, caught.value.mended) == (start, mended)
    assert "U+" in str(caught.value)


def test_mended_line_keeps_inner_apostrophes() -> None:
    assert mend("{'a': \u2018b\u2019}") == "{'a': 'b'}"
