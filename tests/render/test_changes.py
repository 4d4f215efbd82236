from __future__ import annotations

from typing import Any

from qmonsh.render.changes import render_changes
from qmonsh.render.form import Form, Previous
from qmonsh.render.text import render_text
from tests.render.recorded import value_of

COLOUR = Form(colour=True)


def memory(plugged: int) -> Any:
    return {"base-memory": 512, "plugged-memory": plugged}


def changed(value: Any, previous: Any, form: Form) -> str:
    return render_changes(value, Previous(previous, 2.0), view="info memory_size_summary", form=form)


def test_changed_words_are_reversed() -> None:
    assert changed(memory(1), memory(0), COLOUR) == "base memory: 512 B\nplugged memory: \x1b[7m1\x1b[0m B\n"


def test_changed_lines_are_pointed_at_without_colour() -> None:
    assert changed(memory(1), memory(0), Form()) == "  base memory: 512 B\n> plugged memory: 1 B\n"


def test_line_that_became_another_is_marked_whole() -> None:
    shown = changed(memory(1), {"base-memory": 512}, COLOUR)
    assert shown == "base memory: 512 B\n\x1b[7mplugged memory: 1 B\x1b[0m\n"


def test_nothing_is_marked_the_first_time() -> None:
    value = value_of("11.1", "info memdev")
    assert render_changes(value, None, view="info memdev") == render_text(value, view="info memdev")


def test_nothing_is_marked_when_nothing_changed() -> None:
    value = value_of("11.1", "info block")
    shown = render_changes(value, Previous(value, 1.0), view="info block", form=COLOUR)
    assert shown == render_text(value, view="info block", form=COLOUR)


def test_text_answers_are_compared_too() -> None:
    before, now = {"human-readable-text": "a 1\r\nb\x1b\r\n"}, {"human-readable-text": "a 2\r\nb\x1b\r\n"}
    assert render_changes(now, Previous(before), form=COLOUR) == "a \x1b[7m2\x1b[0m\nb\\x1b\n"


def test_rates_are_shown_beside() -> None:
    value = value_of("11.1", "info blockstats")
    shown = render_changes(value, Previous(value, 2.0), view="info blockstats")
    assert "bytes/s" in shown and "0 B/s" in shown
