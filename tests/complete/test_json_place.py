"""Where the cursor stands in JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.complete.json_place import read_place


@pytest.mark.parametrize(
    ("text", "path", "key", "typed", "start"),
    [
        ("{", (), None, "", 1),
        ('{"ex', (), None, "ex", 1),
        ('{"execute": ', (), "execute", "", 12),
        ('{"execute": "st', (), "execute", "st", 12),
        ("{'execute': 'st", (), "execute", "st", 12),
        ('{"a": {"b": [1, {"c', ("a", "b", "1"), None, "c", 17),
        ('{"a": [true, fal', ("a",), "1", "fal", 13),
        ('{"a": "x", ', (), None, "", 11),
        ('{"a": {"b": 1}, "c": ', (), "c", "", 21),
        ('{"a": "say \\"hi', (), "a", 'say \\"hi', 6),
    ],
)
def test_place(text: str, path: tuple[str, ...], key: str | None, typed: str, start: int) -> None:
    found = read_place(text)
    assert found is not None and found.is_open
    assert (found.path, found.key, found.typed, found.start) == (path, key, typed, start)


def test_what_is_given_on_the_way() -> None:
    found = read_place('{"execute": "x", "arguments": {"driver": "qcow2", "file": {"driver": "file", "')
    assert found is not None
    assert found.given == {
        "execute": "x",
        "arguments.driver": "qcow2",
        "arguments.file.driver": "file",
    }
    assert found.keys == frozenset({"driver"}) and found.quote == '"'


@pytest.mark.parametrize("text", ["", "x", '{"a": 1}', '{"a": 1} x', "[]"])
def test_outside_every_bracket(text: str) -> None:
    assert read_place(text) is None


@pytest.mark.parametrize("text", ['{"a"', '{"a": "b"', '{"a": 1 '])
def test_where_only_a_sign_can_stand(text: str) -> None:
    found = read_place(text)
    assert found is not None and not found.is_open


@given(st.text(alphabet="{}[]\",:'\\ ab1\n", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    found = read_place(text)
    assert found is None or found.start <= len(text)


def test_deep_nesting_is_left_alone() -> None:
    assert read_place("[" * 5000) is None
