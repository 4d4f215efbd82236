"""The printer: formats, order of events, streams that cannot be written."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qmonsh.errors import CommandError, OutputError, ProtocolError, UsageError
from qmonsh.language.plan import Output, Plan, Way
from qmonsh.monitor.session import Outcome
from qmonsh.printer import OutputClosed, Printer, deliver
from qmonsh.settings import Settings, Terminal
from qmonsh.wire.message import Event, Ignored, Return


def printer(output: str = "text", **options: Any) -> Printer:
    settings = Settings(output=output, terminal=Terminal(False, False, False, "dumb"), **options)
    return Printer(settings, stdout=io.StringIO(), stderr=io.StringIO())


def out(one: Printer) -> str:
    return one.stdout.getvalue()  # type: ignore[attr-defined,no-any-return]


def err(one: Printer) -> str:
    return one.stderr.getvalue()  # type: ignore[attr-defined,no-any-return]


def event(name: str) -> Event:
    return Event(name, {}, 1, 2, {"event": name})


PLAN = Plan(line="x", name="x", way=Way.QMP)


@pytest.mark.parametrize(
    ("output", "wanted"),
    [("text", "1\n"), ("json", "1\n"), ("raw", '{"return": 1}\n')],
)
def test_result_in_each_format(output: str, wanted: str) -> None:
    one = printer(output)
    one.result(PLAN, Outcome(1, [{"return": 1}]))
    assert out(one) == wanted


def test_failure_is_words_on_stderr_or_a_document_on_stdout() -> None:
    error = CommandError(
        "GenericError", "no", reply={"error": {"class": "GenericError", "desc": "no"}, "id": 1}
    )
    text, data, raw = printer(), printer("json"), printer("raw")
    for one in (text, data, raw):
        one.failure(error)
    assert out(text) == "" and "no" in err(text)
    assert json.loads(out(data)) == {"error": {"class": "GenericError", "desc": "no"}}
    assert json.loads(out(raw))["id"] == 1


def test_events_behind_a_reply_wait_for_its_result() -> None:
    one = printer("json", events=True)
    one.observe(event("A"))
    one.observe(Return("1", 1, {"return": 1}))
    one.observe(event("B"))
    one.result(PLAN, Outcome("result", []))
    one.release()
    one.observe(event("C"))
    assert [json.loads(line) for line in out(one).split("\n") if line] == [
        {"event": "A"},
        "result",
        {"event": "B"},
        {"event": "C"},
    ]


def test_events_are_silent_unless_asked_for() -> None:
    one = printer("json")
    one.observe(event("A"))
    assert out(one) == err(one) == ""


def test_ignored_messages_are_said_at_verbose() -> None:
    one = printer(verbose=True)
    one.observe(Ignored("unknown id", {}))
    assert "unknown id" in err(one)


def test_foreign_text_is_made_visible() -> None:
    one = printer()
    one.say("a\x1b[31m")
    assert "\x1b" not in err(one)


class Broken(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "raised"), [(BrokenPipeError(), OutputClosed), (OSError(28, "No space left"), OutputError)]
)
def test_a_stdout_that_cannot_be_written(error: Exception, raised: type[Exception]) -> None:
    one = printer("json")
    one.stdout = Broken(error)
    with pytest.raises(raised):
        one.result(PLAN, Outcome(1, []))


def test_a_broken_stdout_in_the_reader_thread_is_only_noted() -> None:
    one = printer("json", events=True)
    one.stdout = Broken(BrokenPipeError())
    one.observe(event("A"))
    assert one.closed


def test_deliver_writes_and_appends(tmp_path: Path) -> None:
    path = tmp_path / "f"
    for operator in (">", ">", ">>"):
        deliver(["te", "xt\n"], PLAN._replace(output=Output(operator, str(path))))
    assert path.read_text() == "text\ntext\n"


@pytest.mark.parametrize(
    ("command", "status"), [("cat >/dev/null", 0), ("cat >/dev/null; exit 3", 3), ("kill -9 $$", -9)]
)
def test_deliver_returns_what_became_of_the_shell_command(command: str, status: int) -> None:
    assert deliver(["te", "xt\n"], PLAN._replace(output=Output("|", command))) == status


def test_deliver_says_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=str(tmp_path)):
        deliver(["te", "xt\n"], PLAN._replace(output=Output(">", str(tmp_path))))


def broken_off() -> Iterator[str]:
    yield "first\n"
    raise ProtocolError("the rest is no JSON")


def test_a_file_keeps_what_it_held_until_there_is_a_result(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_text("held")
    pieces = broken_off()
    next(pieces)
    with pytest.raises(ProtocolError):
        deliver(pieces, PLAN._replace(output=Output(">", str(path))))
    assert path.read_text() == "held"


def test_a_shell_command_may_leave_most_of_the_result_unread() -> None:
    pieces = ("x" * 65536 for _ in range(100))
    assert deliver(pieces, PLAN._replace(output=Output("|", "head -c 1 >/dev/null"))) == 0


@pytest.mark.parametrize("command", ["cat >/dev/null; touch '{path}'", "exec cat >/dev/null"])
def test_a_shell_command_is_ended_when_the_result_breaks_off(command: str, tmp_path: Path) -> None:
    path = tmp_path / "f"
    with pytest.raises(ProtocolError, match="the rest"):
        deliver(broken_off(), PLAN._replace(output=Output("|", command.format(path=path))))
    assert not path.exists()
