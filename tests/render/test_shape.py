from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import ProtocolError
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.text import render_text, stream_text
from tests.render.test_escape import is_dangerous
from tests.render.test_json_text import JSON, long_list, nested


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5\n"),
        (True, "true\n"),
        (None, "none\n"),
        ([], "(none)\n"),
        ({}, ""),
        (["b", "a"], "b\na\n"),
        ([{"name": "quit"}, {"name": "stop"}], "quit\nstop\n"),
        ({"b": 1, "name": "x", "a": None}, "name:  x\na:     none\nb:     1\n"),
        ({"size": 1048576, "count": 1048576}, "count:  1048576\nsize:   1 MiB (1048576)\n"),
        (
            [{"id": "a", "n": 1}, {"n": 22, "id": "b", "why": "x y"}],
            "id   n  why\na    1\nb   22  x y\n",
        ),
        ({"list": [1, 2], "record": {"x": True, "y": "z"}}, "list:    1, 2\nrecord:  x=true y=z\n"),
        (
            {"id": "top", "below": [{"id": "a", "deep": [{"x": 1}, {"x": 2}]}]},
            "id:  top\nbelow:\n  a\n    deep:\n      1\n      2\n",
        ),
        ([1, {"a": 2}], '[\n  1,\n  {\n    "a": 2\n  }\n]\n'),
        ({"a": [[2]]}, "a:\n  [\n    [\n      2\n    ]\n  ]\n"),
    ],
)
def test_shape_of(value: Any, text: str) -> None:
    assert render_text(value) == text


def test_odd_values_are_highlighted_json() -> None:
    assert "\x1b[34m2\x1b[0m" in render_text({"a": [[2]]}, form=Form(colour=True))


def test_rows_with_prose_put_it_last() -> None:
    rows = [{"description": "what it is", "name": "n", "type": "t"}]
    assert render_text(rows).splitlines()[0] == "name  type  description"


def test_more_columns_than_eyes_can_follow_are_blocks() -> None:
    row = {f"member{n}": n for n in range(40)}
    assert render_text([row, row]).startswith("[0]\n  member0:   0\n")


def test_a_row_unlike_the_first_ones_keeps_its_facts() -> None:
    rows: list[dict[str, Any]] = [{"id": str(n)} for n in range(2000)]
    rows.append({"id": "odd", "late": {"x": {"y": 1}}})
    text = render_text(rows)
    assert '{"x": {"y": 1}}' in text and "late" in text.splitlines()[0]


def test_nesting_of_any_depth_is_shown() -> None:
    assert render_text(nested(500)).rstrip().endswith("]")
    assert render_text(nested(100_000)).strip()


#: Lists of each kind, by the number of the element.
KINDS: dict[str, Callable[[int], Any]] = {
    "table": lambda n: {"id": f"disk{n % 1000}", "n": n % 1000, "size": 512, "x": [1, {}][: n % 3 % 2]},
    "scalars": lambda n: f"word {n}",
    "one column": lambda n: {"name": f"n{n}"},
    "many columns": lambda n: {f"member{m}": n for m in range(40)},
    "blocks": lambda n: {"name": str(n), "members": [{"name": "a", "type": {"b": [1, 2, {}]}}] * 3},
    "blocks without names": lambda n: {"members": [{"name": "a", "type": {"b": [1, 2, {}]}}] * 3},
    "odd": lambda n: [1, {"a": 2}, [n]][n % 3],
    "empty records": lambda n: {},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [None, 40, 100])
def test_a_long_list_looks_as_any_list_does(kind: str, width: int | None) -> None:
    for length in (1, 1000, 2500):
        value = [KINDS[kind](n) for n in range(length)]
        long = long_list(value)
        assert render_text(long, form=Form(width=width)) == render_text(value, form=Form(width=width))


@given(st.lists(JSON, min_size=1), st.sampled_from([None, 60]))
def test_any_long_list_looks_as_the_list_does(value: list[Any], width: int | None) -> None:
    assert render_text(long_list(value), form=Form(width=width)) == render_text(value, form=Form(width=width))


def test_a_member_that_comes_late_begins_another_table() -> None:
    rows: list[Any] = [{"id": f"{n:04}", "a": 1} for n in range(1500)]
    rows += [{"id": f"{n:04}", "b": 2} for n in range(1500, 3000)]
    *head, last = render_text(long_list(rows)).splitlines()
    assert head[:2] == ["id    a", "0000  1"]
    assert head[1500:1504] == ["1499  1", "", "id    b", "1500  2"]
    assert last == "2999  2" and len(head) == 3002


def test_a_record_that_fits_no_table_begins_blocks() -> None:
    rows: list[Any] = [{"a": n, "b": 1} for n in range(1500)]
    rows += [{"x": [{"y": [{}]}]}, "word", {"a": 1, "b": 2}]
    lines = render_text(long_list(rows)).splitlines()
    assert lines[1500:] == [
        "1499  1", "", "[1500]", "  x:", "    [0]", "      y:", "        [0]", "[1501]", "  word",
        "[1502]", "  a:  1", "  b:  2",
    ]  # fmt: skip


def test_many_changes_of_members_are_many_tables() -> None:
    rows = [{f"member{n // 1000}": n, "id": str(n)} for n in range(20_000)]
    lines = render_text(long_list(rows)).splitlines()
    assert len(lines) == 20_000 + 20 + 19 and lines[-1].split() == ["19999", "19999"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_list_starts_before_its_end(kind: str) -> None:
    value = [KINDS[kind](n) for n in range(6_000)]
    shown: list[str] = []
    with pytest.raises(ProtocolError):
        shown += stream_text(long_list(value, broken=", x"))
    whole = render_text(value)
    text = "".join(shown)
    assert whole.startswith(text)
    assert len(text) > len(whole) - 140_000  # all but what would have been a piece


@given(JSON, st.sampled_from([None, 60, 80, 300]), st.booleans())
def test_any_value_is_safe_text_that_fits(value: Any, width: int | None, unicode: bool) -> None:
    text = render_text(value, form=Form(width=width, unicode=unicode))
    assert {c for c in set(text) if is_dangerous(c)} <= {"\n", "\t"}
    assert text == "" or text.endswith("\n")
    assert unicode or text.isascii()
    if width and not isinstance(value, str):
        assert all(columns_of(line) <= width for line in text.splitlines()) or not unicode
