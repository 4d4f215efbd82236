from __future__ import annotations

from qmonsh.render.form import PLAIN, Form, Previous


def test_form_by_default_is_no_terminal() -> None:
    assert PLAIN == Form(width=None, colour=False, unicode=True)


def test_previous_without_time_has_none() -> None:
    assert Previous([]).seconds == 0
