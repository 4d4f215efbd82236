from __future__ import annotations

from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.render.layout import branch, columns_of, fold, indented, pad, pairs, table, wrap
from qmonsh.render.style import bare, paint

TEXT = st.text(st.characters(categories=("L", "N", "P", "Zs"), include_characters=" /,"), max_size=60)


def lines(rows: list[list[str]], **options: object) -> list[str]:
    heads = [f"h{n}" for n in range(len(rows[0]))]
    return [bare(line) for line in table(rows, heads, **options)]  # type: ignore[arg-type]


def test_columns_count_wide_and_combining_characters() -> None:
    assert columns_of("日本") == 4
    assert columns_of("e\u0301") == 1
    assert columns_of(paint("good", "ab")) == 2


def test_pad_to_columns() -> None:
    assert pad("日", 4) == "日  "
    assert pad("7", 3, right=True) == "  7"
    assert pad("long", 2) == "long"


@pytest.mark.parametrize(
    ("text", "width", "parts"),
    [
        ("short", 10, ["short"]),
        ("one two three", 8, ["one two", "three"]),
        ("/very/long/path/to/a/file", 10, ["/very/", "long/path/", "to/a/file"]),
        ("xxxxxxxxxxxxxxxxxxxx", 8, ["xxxxxxxx", "xxxxxxxx", "xxxx"]),
        ("日本日本日本", 8, ["日本日本", "日本"]),
        ("anything", None, ["anything"]),
    ],
)
def test_wrap_breaks_where_eyes_do(text: str, width: int | None, parts: list[str]) -> None:
    assert wrap(text, width) == parts


@given(TEXT, st.integers(8, 40))
def test_wrap_fits_and_loses_only_spaces(text: str, width: int) -> None:
    parts = wrap(text, width)
    assert all(columns_of(part) <= width for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_table_aligns_columns() -> None:
    rows = [["a", "1"], ["long name", "22"]]
    assert lines(rows, right=" r") == ["h0         h1", "a           1", "long name  22"]


def test_table_too_wide_wraps_its_last_column() -> None:
    rows = [["a", "words that go on and on for more than one line"]]
    assert lines(rows, width=35) == [
        "h0  h1",
        "a   words that go on and on for",
        "    more than one line",
    ]


def test_table_much_too_wide_is_stacked() -> None:
    rows = [["first", "x" * 30, "y"], ["second", "", "z" * 50]]
    assert lines(rows, width=40) == [
        "h0: first",
        "  h1:  " + "x" * 30,
        "  h2:  y",
        "h0: second",
        "  h2:  " + "z" * 33,
        "       " + "z" * 17,
    ]


def test_table_without_width_is_never_wrapped() -> None:
    assert lines([["a" * 200, "b" * 300]])[1] == "a" * 200 + "  " + "b" * 300


def test_one_huge_cell_does_not_pad_the_others() -> None:
    shown = lines([["x" * 100_000, "1"], *([["y", "2"]] * 100)])
    assert len(shown[2]) < 200


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=5), st.integers(60, 120))
def test_table_fits_any_width(rows: list[tuple[str, str, str]], width: int) -> None:
    assert all(columns_of(line) <= width for line in lines([list(row) for row in rows], width=width))


def test_table_starts_before_the_last_row_is_known() -> None:
    endless = ([str(n), "x"] for n in count())
    assert bare(next(iter(table(endless, ["n", "x"])))) == "n    x"


def test_table_of_nothing_is_nothing() -> None:
    assert list(table([], ["a", "b"])) == []


def test_pairs_align_and_hang() -> None:
    items = [("a", "1"), ("longer", "many words in this value"), ("", "continued")]
    assert list(pairs(items, width=24, indent=2)) == [
        "  a:       1",
        "  longer:  many words in",
        "           this value",
        "           continued",
    ]


def test_pairs_keep_a_long_label_and_its_value_apart() -> None:
    assert list(pairs([("a", "1"), ("label of the widest kind", "2 3")], width=30)) == [
        "a:             1",
        "label of the widest kind: 2 3",
    ]


def test_pairs_hang_a_tree_from_its_twigs() -> None:
    assert list(pairs([("a", "b"), ("", "└─ some words here")], width=20)) == [
        "a:  b",
        "    └─ some words",
        "         here",
    ]


def test_fold_goes_on_under_the_text() -> None:
    assert list(fold("│  ├─ name: some words here", 18)) == ["│  ├─ name: some", "│  │    words here"]
    assert list(fold("    id: some words", 12)) == ["    id: some", "      words"]


def test_branches_join_lines() -> None:
    assert list(branch(["a", "b"], last=False)) == ["├─ a", "│  b"]
    assert list(branch(["a", "b"], last=True)) == ["└─ a", "   b"]


def test_indented_leaves_empty_lines_empty() -> None:
    assert list(islice(indented(["a", ""], 2), 5)) == ["  a", ""]
