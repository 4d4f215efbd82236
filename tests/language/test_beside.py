"""Work that would hold the monitor, done beside it."""

from __future__ import annotations

import pytest

from qmonsh.language.beside import beside
from qmonsh.language.translate import translate
from tests.language.frozen import frozen


@pytest.mark.parametrize("line", ["dump-guest-memory f", "dump-guest-memory -p f 0 4096"])
def test_dump_is_detached_and_waited_for(line: str) -> None:
    plan = translate(line, frozen())
    changed = beside(plan)
    before, step = plan.steps[0].arguments, changed.steps[0]
    assert before is not None and before["detach"] is False, "the plan itself says what the line says"
    assert step.arguments == {**before, "detach": True}
    assert step.wait is not None and step.wait.kind == "dump"


@pytest.mark.parametrize(
    "line",
    [
        "dump-guest-memory -d f",
        "qmp dump-guest-memory paging=false protocol=file:f",
        '{"execute": "dump-guest-memory", "arguments": {"paging": false, "protocol": "file:f"}}',
        "stop",
        "info status",
    ],
)
def test_everything_else_stays_what_it_is(line: str) -> None:
    plan = translate(line, frozen())
    assert beside(plan) is plan
