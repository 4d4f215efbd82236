"""Brackets, and statements of several lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import IncompleteLineError
from qmonsh.language.statement import Gatherer, Statement, is_complete, json_end, read_statements, string_end


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


def test_string_ends_behind_its_quote() -> None:
    assert string_end('"a\\"b" c', 0) == 6
    assert string_end('"abc', 0) == 1
