"""Raw QMP objects."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import IncompleteLineError, LineError
from qmonsh.language.plan import MISSING, Way
from qmonsh.language.translate import translate
from tests.language.frozen import frozen


@pytest.mark.parametrize(
    ("line", "command", "arguments", "oob", "identifier"),
    [
        ('{"execute": "stop"}', "stop", None, False, MISSING),
        ('{"execute": "stop", "arguments": {}, "id": 5}', "stop", {}, False, 5),
        ('{"exec-oob": "yank", "id": {"a": [null]}}', "yank", None, True, {"a": [None]}),
        (
            "{'execute': 'x', 'arguments': {'a': True, 'b': None}}",
            "x",
            {"a": True, "b": None},
            False,
            MISSING,
        ),
        (
            '{"execute": "x", "arguments": {"a": 123456789012345678901}}',
            "x",
            {"a": 123456789012345678901},
            False,
            MISSING,
        ),
        ('{"execute":\n  "x"\n}', "x", None, False, MISSING),
        ('{"execute": "a\\u00e9\\"}"}', 'a\u00e9"}', None, False, MISSING),
    ],
)
def test_object_is_sent_as_it_is(line: str, command: str, arguments: Any, oob: bool, identifier: Any) -> None:
    plan = translate(line, frozen())
    assert plan.way is Way.RAW
    step = plan.steps[0]
    assert (step.command, step.arguments, step.oob, step.id) == (command, arguments, oob, identifier)


@pytest.mark.parametrize(
    ("line", "pointed", "says"),
    [
        ('{"execute": "stop"} x', "x", "one command a line"),
        ('{"execute": "stop"}}', "}", "one command a line"),
        ('{"execute": "stop}', '"', "quote is not closed"),
        ('{"execute": stop}', "s", "not valid JSON"),
        ('{"execute" "stop"}', '"', "not valid JSON"),
        ('{"execute": "a", "execute": "b"}', None, "given twice"),
        ('{"exec": "a"}', '"exec"', "no member 'exec'"),
        ('{"execute": 5}', None, "'execute' is missing"),
        ('{"arguments": {}}', None, "'execute' is missing"),
        ('{"execute": "a", "exec-oob": "b"}', None, "either"),
        ('{"execute": "a", "arguments": []}', None, "must be an object"),
        ('{"execute": "a", "arguments": null}', None, "must be an object"),
        ('{"execute": "a", "id": NaN}', None, "NaN"),
        ('{"execute": "a", "id": 1e999}', None, "too large"),
        ('{"execute": "a", "id": ' + "9" * 5000 + "}", None, "too long"),
        ('{"a": ]', "]", "not valid JSON"),
    ],
)
def test_wrong_object_is_pointed_at(line: str, pointed: str | None, says: str) -> None:
    with pytest.raises(LineError, match=says) as caught:
        translate(line, frozen())
    error = caught.value
    assert pointed is None or line[error.start : error.end] == pointed
    assert not isinstance(error, IncompleteLineError)


def test_open_object_is_incomplete() -> None:
    with pytest.raises(IncompleteLineError) as caught:
        translate('{"execute": "a", "arguments": {', frozen())
    assert caught.value.start == 30


def test_deep_object_is_refused() -> None:
    line = '{"execute": "a", "id": ' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(LineError, match="deeply"):
        translate(line, frozen())


def test_nearest_member_is_offered() -> None:
    with pytest.raises(LineError) as caught:
        translate('{"execte": "a"}', frozen())
    assert caught.value.nearest == "execute"


def test_text_of_human_monitor_command_is_judged() -> None:
    plan = translate('{"execute": "human-monitor-command", "arguments": {"command-line": "quit"}}', frozen())
    assert plan.steps[0].text
    assert plan.danger


def test_quit_by_any_name_is_quit() -> None:
    """Whoever runs the plan takes the end of the stream for its success."""
    hmp = '{"execute": "human-monitor-command", "arguments": {"command-line": " q "}}'
    for line in ("quit", "q", "qmp quit", "hmp q", '{"execute": "quit"}', hmp):
        assert translate(line, frozen()).name == "quit"
