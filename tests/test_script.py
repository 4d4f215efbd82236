"""Lines of scripts: origins, joining, what cannot be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from qmonsh.errors import IncompleteLineError, LineError, UsageError
from qmonsh.script import Line, script_lines, statements


def texts(*lines: str) -> list[str]:
    return [one.text for one in statements(Line(line) for line in lines) if isinstance(one, Line)]


def test_blank_lines_and_comments_are_skipped() -> None:
    assert texts("", "  ", "# no", "  # no", "stop") == ["stop"]


def test_objects_and_transactions_span_lines() -> None:
    assert texts('{"execute":', '"stop"}', "cont") == ['{"execute":\n"stop"}', "cont"]
    assert texts("transaction(", "a b=c", ")", "stop") == ["transaction(\na b=c\n)", "stop"]


def test_a_statement_has_the_origin_of_its_first_line() -> None:
    lines = [Line("# x", "f:1"), Line("{", "f:2"), Line("}", "f:3"), Line("stop", "f:4")]
    assert [one.origin for one in statements(lines)] == ["f:2", "f:4"]


def test_a_statement_open_at_the_end_is_an_error_with_its_origin() -> None:
    (error,) = statements([Line("{", "f:7")])
    assert isinstance(error, IncompleteLineError) and error.origin == "f:7"


def test_script_lines_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("a\nb\n")
    assert list(script_lines(str(path))) == [Line("a\n", f"{path}:1"), Line("b\n", f"{path}:2")]


def test_script_lines_of_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a\n"))
    assert list(script_lines("-")) == [Line("a\n", "stdin:1")]


def test_an_unreadable_script_is_said_at_once(tmp_path: Path) -> None:
    for path in (tmp_path / "nosuch", tmp_path):
        with pytest.raises(UsageError, match=str(path)):
            script_lines(str(path))


def test_what_is_no_text_is_said_with_its_line_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"stop\n\xff\xfe\ncont\n")
    first, broken, last = statements(script_lines(str(path)))
    assert isinstance(broken, LineError) and "UTF-8" in str(broken) and broken.origin == f"{path}:2"
    assert isinstance(first, Line) and isinstance(last, Line) and last.text == "cont"
