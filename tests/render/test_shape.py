from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.text import render_text
from tests.render.test_escape import is_dangerous
from tests.render.test_json_text import JSON, nested


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


@given(JSON, st.sampled_from([None, 60, 80, 300]), st.booleans())
def test_any_value_is_safe_text_that_fits(value: Any, width: int | None, unicode: bool) -> None:
    text = render_text(value, form=Form(width=width, unicode=unicode))
    assert {c for c in set(text) if is_dangerous(c)} <= {"\n", "\t"}
    assert text == "" or text.endswith("\n")
    assert unicode or text.isascii()
    if width and not isinstance(value, str):
        assert all(columns_of(line) <= width for line in text.splitlines()) or not unicode
