"""Nothing but text reaches a dumb terminal."""

from __future__ import annotations

import io

from prompt_toolkit.output import Output

from qmonsh.shell.dumb import DumbOutput


def test_text_is_written_and_all_else_is_dropped() -> None:
    stream = io.StringIO()
    output: Output = DumbOutput(stream)
    output.write("vm0> ")
    for request in ("show_cursor", "hide_cursor", "erase_down", "reset_attributes", "enable_bracketed_paste"):
        getattr(output, request)()
    output.cursor_up(3)
    output.set_title("x")
    output.write_raw("info\x1b[2J\n")
    output.flush()
    assert stream.getvalue() == "vm0> info?[2J\n"


def test_it_does_not_ask_for_the_cursor() -> None:
    assert not DumbOutput(io.StringIO()).responds_to_cpr
