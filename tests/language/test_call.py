"""A line being understood."""

from __future__ import annotations

import pytest

from qmonsh.errors import CommandError, LineError
from qmonsh.language.arguments import read_arguments
from qmonsh.language.call import Call, Inexact, Request, records, single
from qmonsh.language.judge import name_of
from qmonsh.language.rules import rule_for
from qmonsh.qapi.scalar import ValueProblem
from tests.language.frozen import FrozenKnowledge, frozen


def call(line: str, known: FrozenKnowledge | None = None, twin: str = "") -> Call:
    name, end = name_of(line)
    rule = rule_for(name)
    assert rule is not None
    request = Request(line, line, known or frozen())
    return Call(request, rule, read_arguments(rule, line, end), twin or (rule.twin or ("",))[0])


def test_members_are_renamed_and_constants_added() -> None:
    assert call("trace-event a on").members() == {"ignore-unavailable": True, "name": "a", "enable": True}
    assert call("closefd a").members() == {"fdname": "a"}
    assert call("block_job_cancel -f a").members("device") == {"force": True}


def test_member_that_the_twin_lacks_is_inexact() -> None:
    with pytest.raises(Inexact) as caught:
        call("screendump f -f png", frozen("5.2")).members()
    assert caught.value.argument == "format"
    assert call("screendump f -f png", frozen("7.2")).members()["format"] == "png"


def test_member_of_a_variant_is_found() -> None:
    assert call("set_password vnc p -d x").members()["display"] == "x"
    with pytest.raises(Inexact):
        call("set_password spice p -d x").members()


def test_register_is_inexact() -> None:
    with pytest.raises(Inexact, match="register"):
        call("balloon $pc").members()


def test_word_of_a_list_is_checked() -> None:
    with pytest.raises(LineError) as caught:
        call("set_password vnc p disconect").members()
    assert caught.value.nearest == "disconnect"
    assert call("watchdog_action inject-nmi").members() == {"action": "inject-nmi"}


def test_question_that_is_refused_has_no_answer() -> None:
    def refuse(_: object) -> None:
        raise CommandError("GenericError", "no")

    request = Request("", "", frozen(answers={"query-block": refuse}))
    assert request.ask("query-block") is None
    assert request.ask("query-nothing") is None


def test_errors_point_into_the_line() -> None:
    request = Request("a b | c", "a b", frozen())
    error = request.value_error(ValueProblem("wrong", start=2, end=3, nearest="x"))
    assert (error.line, error.start, error.end, error.nearest) == ("a b | c", 2, 3, "x")
    missing = request.value_error(ValueProblem("missing"))
    assert (missing.start, missing.end) == (3, 4)


def test_records_are_the_objects_of_a_list() -> None:
    assert records([{"a": 1}, 5, None]) == [{"a": 1}]
    assert records({"a": 1}) == []
    assert records(None) == []


def test_single_step_without_arguments_sends_none() -> None:
    assert single("stop").steps[0].arguments is None
    assert single("x", {"a": 1}).steps[0].arguments == {"a": 1}
