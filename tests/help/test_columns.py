"""Two columns."""

from __future__ import annotations

from qmonsh.help.columns import WIDEST, table
from qmonsh.render.form import Form
from qmonsh.render.style import finish


def lines(rows: list[tuple[str, str]], width: int | None = None) -> list[str]:
    return [finish(line, Form(width=width)) for line in table(rows, Form(width=width))]


def test_columns_stand_below_each_other() -> None:
    assert lines([("a", "one"), ("bbb", "two")]) == ["  a    one", "  bbb  two"]


def test_long_name_has_its_text_below() -> None:
    name = "n" * (WIDEST + 1)
    assert lines([(name, "text")]) == [f"  {name}", " " * (WIDEST + 4) + "text"]


def test_text_is_wrapped_in_its_column() -> None:
    found = lines([("name", "word " * 30)], width=60)
    assert len(found) > 2 and all(len(line) <= 60 for line in found)
    assert all(line.startswith(" " * 8) for line in found[1:])


def test_foreign_text_is_harmless() -> None:
    assert "\x1b" not in "".join(lines([("\x1b[2J", "a\nb\x1b[0m")]))
    assert len(lines([("a", "x\ny")])) == 1


def test_nothing_is_nothing() -> None:
    assert lines([]) == []
