"""The shell's own parts of a line."""

from __future__ import annotations

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.hmp_line import Found
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.question import question
from qmonsh.complete.shell_line import builtin_names, complete_builtin, complete_output, event_argument
from tests.complete.frozen import facts
from tests.complete.test_engine import BUILTINS, Builtin


def files() -> Inquiry:
    rows = [("a.txt", False), ("sub", True), (".hidden", False)]
    answers = {
        question("files", directory="", of="qmonsh"): rows,
        question("files", directory="/tmp/", of="qmonsh"): rows,
        question("programs"): ["jq", "less"],
    }
    return Inquiry(FrozenFacts(answers))


@pytest.mark.parametrize(
    ("line", "wanted", "start"),
    [
        ("info block > ", ["a.txt", "sub"], 13),
        ("info block >> /tmp/", ["/tmp/a.txt", "/tmp/sub"], 14),
        ("info block > .", ["a.txt", "sub", ".hidden"], 13),
        ("info block | ", ["jq", "less"], 13),
        ("info block | jq ", ["a.txt", "sub"], 16),
        ("info block >", ["a.txt", "sub"], 12),
    ],
)
def test_output(line: str, wanted: list[str], start: int) -> None:
    found = complete_output(files(), line)
    assert found is not None and found.start == start
    assert sorted(one.text for one in found.candidates) == sorted(wanted)


@pytest.mark.parametrize("line", ["info block", "print 1|", "x /4x 1 > 2x", 'migrate "exec:cat > '])
def test_no_output(line: str) -> None:
    found = complete_output(files(), line)
    assert found is None or line.startswith("x /4x")


def test_folders_end_in_a_slash() -> None:
    found = complete_output(files(), "info block > s")
    assert found is not None
    assert {one.text: one.suffix for one in found.candidates}["sub"] == "/"


def offered(line: str) -> list[str]:
    def line_found(text: str, position: int) -> Found:
        return Found(position, text[position:], ())

    found = complete_builtin(Inquiry(facts("11.1")), line, BUILTINS, line_found)
    return [] if found is None else [one.text for one in found.candidates]


def test_names_of_builtins_say_what_they_do() -> None:
    assert [one.meta for one in builtin_names({".x": "does x", ".y": Builtin("Z")})] == ["does x", "does Z"]


def test_words_of_a_builtin_by_its_usage() -> None:
    assert offered(".events ") == ["on", "off", "only", "to"]
    assert offered(".events to ") == []
    assert "SHUTDOWN" in offered(".events only ")
    assert offered(".events on ") == [] and offered(".exit ") == [] and offered(".nosuch ") == []


def test_a_builtin_that_ends_in_a_line() -> None:
    found = complete_builtin(
        Inquiry(facts("11.1")), ".watch 2 info", BUILTINS, lambda text, at: Found(at, "", ())
    )
    assert found is not None and found.start == 8


def test_fields_of_an_event() -> None:
    found = event_argument(Inquiry(facts("11.1")), "SHUTDOWN,guest=")
    assert found.start == 15 and [one.text for one in found.candidates] == ["on", "off"]


@pytest.mark.parametrize(
    ("usage", "line", "start"),
    [
        ("[qmp|python] LINE", ".x python info", 9),
        ("[qmp|python] LINE", ".x info", 2),
        ("[SECONDS] LINE", ".x 1.5 info", 6),
        ("[on|off|LINE]", ".x on", 2),
        ("LINE", ".x 5 info", 2),
    ],
)
def test_words_before_the_line(usage: str, line: str, start: int) -> None:
    found = complete_builtin(
        Inquiry(facts("11.1")),
        line,
        {".x": Builtin(usage, takes_line=True)},
        lambda text, at: Found(at, text[at:].strip(), ()),
    )
    assert found is not None and found.start == start
    offered_words = [one.text for one in found.candidates]
    assert offered_words == (
        ["qmp", "python"] if line == ".x info" else ["on", "off"] if "off" in usage else []
    )


def test_choices_that_the_usage_cannot_tell() -> None:
    row = Builtin("[KEY [VALUE]]")
    row.choices = lambda words: ["on", "off"] if words == ("vi",) else ["vi", "pager"]  # type: ignore[attr-defined]

    def found(line: str) -> list[str]:
        got = complete_builtin(Inquiry(facts("11.1")), line, {".set": row}, lambda text, at: None)
        return [] if got is None else [one.text for one in got.candidates]

    assert found(".set ") == ["vi", "pager"] and found(".set vi ") == ["on", "off"]
