"""Words and quotes, with positions."""

from __future__ import annotations

import pytest

from qmonsh.errors import LineError
from qmonsh.language.reader import Assignment, Word, is_complete, read_assignments, read_word, read_words


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


def test_statements_are_to_be_had_from_here_too() -> None:
    assert is_complete("stop")
