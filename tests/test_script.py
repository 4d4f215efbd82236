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
from qmonsh.script import Line, Script, Statements, script_lines, typed_lines


def of(text: str, name: str = "f") -> Statements:
    return Statements(Script(io.StringIO(text), name))


def texts(text: str) -> list[str]:
    return [one.text for one in of(text) if isinstance(one, Line)]


def test_blank_lines_and_comments_are_skipped() -> None:
    assert texts("\n  \n# no\n  # no\nstop\n") == ["stop"]


def test_objects_and_transactions_span_lines() -> None:
    assert texts('{"execute":\n"stop"}\ncont') == ['{"execute":\n"stop"}', "cont"]
    assert texts("transaction(\na b=c\n)\nstop") == ["transaction(\na b=c\n)", "stop"]


def test_a_statement_has_the_origin_of_its_first_line() -> None:
    assert [one.origin for one in of("# x\n{\n}\nstop\n")] == ["f:2", "f:4"]


def test_a_statement_open_at_the_end_is_an_error_with_its_origin() -> None:
    (error,) = of("\n{\n")
    assert isinstance(error, IncompleteLineError) and error.origin == "f:2"


def test_a_statement_ends_with_its_source() -> None:
    broken, last = Statements(Script(io.StringIO("{"), "f"), typed_lines("stop"))
    assert isinstance(broken, IncompleteLineError) and last == Line("stop", "")


def test_the_next_statement_is_left_where_it_is() -> None:
    statements = of("# no\n{\n}\nstop")
    assert statements.at_hand() == Line("{\n}", "f:2") == statements.at_hand()
    assert list(statements) == [Line("{\n}", "f:2"), Line("stop", "f:4")]
    assert statements.at_hand() is None and not statements.would_wait()


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
    statements = Statements(script_lines("-"))
    pipe.write("a\nä\n".encode())
    assert next(statements) == Line("a", "stdin:1") and not statements.would_wait()
    assert next(statements) == Line("ä", "stdin:2") and statements.would_wait()
    pipe.write(b"x")
    assert statements.would_wait() and statements.at_hand() is None, "the line is not finished"
    pipe.close()
    assert not statements.would_wait() and list(statements) == [Line("x", "stdin:3")]


def test_a_statement_of_several_lines_is_at_hand_with_its_last(pipe: BinaryIO) -> None:
    statements = Statements(script_lines("-"))
    pipe.write(b"{\n")
    assert statements.at_hand() is None and statements.would_wait()
    pipe.write(b"}\n")
    assert statements.at_hand() == Line("{\n}", "stdin:1")


def test_comments_are_no_lines_to_wait_for(pipe: BinaryIO) -> None:
    statements = Statements(script_lines("-"))
    pipe.write(b"\n# nothing\n")
    assert statements.would_wait()
    pipe.write(b"stop\n")
    assert not statements.would_wait() and next(statements) == Line("stop", "stdin:3")


def test_a_fifo_is_not_looked_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    writer = threading.Thread(target=lambda: (tmp_path / "fifo").write_text("stop\n"))
    writer.start()
    statements = Statements(script_lines(str(tmp_path / "fifo")))
    writer.join()
    assert statements.at_hand() is None and [line.text for line in statements if isinstance(line, Line)]
    statements.close()


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
        assert script.has_line() and list(script) == [Line("stop\n", "stdin:1")]
        assert not stdin.closed


def test_an_unreadable_script_is_said_at_once(tmp_path: Path) -> None:
    for path in (tmp_path / "nosuch", tmp_path):
        with pytest.raises(UsageError, match=str(path)):
            script_lines(str(path))


def test_what_is_no_text_is_said_with_its_line_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"stop\n\xff\xfe\ncont\n")
    first, broken, last = Statements(script_lines(str(path)))
    assert isinstance(broken, LineError) and "UTF-8" in str(broken) and broken.origin == f"{path}:2"
    assert isinstance(first, Line) and isinstance(last, Line) and last.text == "cont"
