"""Lines of scripts: origins, joining, what cannot be read."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

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


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[BinaryIO]:
    """Return the writing end of a pipe that is stdin."""
    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as stdin, open(writing, "wb", buffering=0) as end:
        monkeypatch.setattr("sys.stdin", stdin)
        yield end  # type: ignore[misc]


def test_lines_of_a_pipe_come_as_they_are_written(pipe: BinaryIO) -> None:
    script = script_lines("-")
    pipe.write("a\nä\n".encode())
    assert next(script) == Line("a\n", "stdin:1") and not script.would_wait()
    assert next(script) == Line("ä\n", "stdin:2") and script.would_wait()
    pipe.write(b"\xff")
    assert script.would_wait(), "the line is not finished"
    pipe.close()
    assert not script.would_wait() and list(script) == [Line("\udcff", "stdin:3")]


def test_comments_are_no_lines_to_wait_for(pipe: BinaryIO) -> None:
    script = script_lines("-")
    pipe.write(b"\n# nothing\n")
    assert script.would_wait()
    pipe.write(b"stop\n")
    assert not script.would_wait() and next(script) == Line("stop\n", "stdin:3")


def test_a_pipe_that_does_not_block_is_waited_for_all_the_same(pipe: BinaryIO) -> None:
    os.set_blocking(sys.stdin.fileno(), False)
    script = script_lines("-")
    writer = threading.Timer(0.05, lambda: (pipe.write(b"stop\n"), pipe.close()))
    writer.start()
    assert list(script) == [Line("stop\n", "stdin:1")]
    writer.join()


def test_stdin_that_is_a_file_never_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    path.write_text("stop\n")
    with open(path, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        script = script_lines("-")
        assert not script.would_wait() and list(script) == [Line("stop\n", "stdin:1")]
        assert not stdin.closed


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
