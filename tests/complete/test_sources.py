"""The registry of sources, and the kinds that need no monitor."""

from __future__ import annotations

import pytest

from qmonsh.complete.sources import (
    SEPARATORS,
    SOURCES,
    Place,
    find,
    items,
    size_text,
    source,
    values_of,
    words,
)
from tests.complete.look import look_at, metas


def test_a_kind_has_one_source() -> None:
    assert find("node") is not None
    with pytest.raises(AssertionError, match="two sources for node"):
        source("node")(lambda look, place: ())


def test_a_kind_without_source_has_no_values() -> None:
    assert values_of("nosuch", look_at({}), Place("x")) == (0, ())


def test_every_source_stands_an_empty_monitor() -> None:
    find("node")
    for kind in SOURCES:
        skip, _ = values_of(kind, look_at({}), Place("a-b,c+d", "x", {"path": "/", "device": "d"}, "e1000"))
        assert 0 <= skip <= 7


def test_separators_begin_a_value_anew() -> None:
    assert SEPARATORS["keys"] == "-" and SEPARATORS["log-items"] == ","
    look = look_at({"hmp:help log": "items:\nin_asm  code\nint  interrupts\n"})
    assert values_of("log-items", look, Place("in_asm,in"))[0] == 7


def test_fixed_words() -> None:
    assert metas("onoff", look_at({})) == {"on": "", "off": ""}
    assert "tcp:" in metas("uri-scheme", look_at({}))
    assert "DLP" in metas("aer-error", look_at({}))


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (1 << 30, "1 GiB"), (3 << 19, "1.5 MiB"), (None, ""), ("x", ""), (True, "")],
)
def test_sizes(size: object, text: str) -> None:
    assert size_text(size) == text


def test_joining_what_says_something() -> None:
    assert words("a", None, "", 0, "b") == "a 0 b" and items("a", False, "b") == "a, b"


def test_what_else_the_line_says() -> None:
    place = Place(given={"a": "", "b": "2"})
    assert place.first("a", "b") == "2" and place.first("c") == ""
