"""Lines -> plans: the table of lines.txt, which facts a line costs, and what no table lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmonsh.errors import IncompleteLineError, LineError, QmonshError
from qmonsh.language.plan import MISSING, Output, Plan, Way
from qmonsh.language.rules import all_rules
from qmonsh.language.translate import translate
from tests.language.frozen import BLOCK, VERSIONS, FrozenKnowledge, careful, frozen

TABLE = Path(__file__).with_name("lines.txt")


def table() -> Iterator[tuple[str, str, list[str]]]:
    """Yield (monitor, line, what it becomes) of lines.txt."""
    monitor, line = "", ""
    expected: list[str] = []
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if row.startswith("    "):
            expected.append(row.strip())
            continue
        if line:
            yield monitor, line, expected
        line, expected = "", []
        if row.startswith("@ "):
            monitor = row[2:]
        elif row and row != "#" and not row.startswith("# "):
            line = row
    yield monitor, line, expected


def knowledge(monitor: str, **more: Any) -> FrozenKnowledge:
    version, _, lacks = monitor.partition(" ")
    return frozen(version, answers=BLOCK, has_hmp=not lacks, **more)


def described(plan: Plan) -> list[str]:
    """Return a plan in the words of lines.txt."""
    if plan.way is Way.LOCAL:
        said = [f"LOCAL cpu={plan.cpu}"]
    else:
        said = []
        for step in plan.steps:
            arguments = "" if step.arguments is None else " " + json.dumps(step.arguments)
            said.append(f"{plan.way.name} {step.command}{arguments}")
    said += [f"waits for {one.wait.kind} {one.wait.job}" for one in plan.steps if one.wait is not None]
    said += [f"waits for {plan.wait.kind}"] if plan.wait is not None else []
    said += ["dangerous"] if plan.danger else []
    return said + ([] if plan.acts else ["reads"])


@pytest.mark.parametrize(("monitor", "line", "expected"), list(table()))
def test_line_becomes_what_the_table_says(monitor: str, line: str, expected: list[str]) -> None:
    try:
        said = described(careful(line, knowledge(monitor)))
    except LineError as error:
        said = [f"! {line[error.start : error.end]!r}: {error}"]
    assert said == expected


def test_table_is_long_enough() -> None:
    assert sum(1 for _, _, expected in table() if not expected[0].startswith("!")) >= 300


PLAIN = """
info status, info block, info network, info version, info irq, info name, info registers, stop, cont, quit,
system_reset, query-status, query-block, block_job_set_speed j 10, set_link n off, balloon 128, x/4xb 0,
print 1, help, savevm a, trace-event a on, sendkey ctrl-alt-f1, {"execute": "query-status"}, hmp info qtree,
migrate -d tcp:h:1, watchdog_action none, eject x y z
"""


@pytest.mark.parametrize("line", [line.strip() for line in PLAIN.split(",")])
def test_plain_line_asks_for_commands_only(line: str) -> None:
    """A one-shot of a plain line costs query-commands, never the schema (DESIGN section 8)."""
    known = frozen()
    try:
        translate(line, known)
    except LineError:
        assert known.asked in (["help"], [])
        return
    assert known.asked == []


def test_raw_json_and_plain_passthrough_ask_nothing_of_an_unknown_monitor() -> None:
    """Raw JSON goes out without query-commands even."""

    class Silent(FrozenKnowledge):
        def commands(self) -> frozenset[str]:
            raise AssertionError("raw JSON needs no knowledge")

    plan = translate('{"execute": "x"}', Silent("7.2"))
    assert plan.steps[0].command == "x"


# -- outputs, ids, secrets ---------------------------------------------------------------------------


def test_output_is_split_off_and_positions_stay() -> None:
    plan = translate("info block | grep x", frozen())
    assert plan.output == Output("|", "grep x")
    assert plan.line == "info block | grep x"
    with pytest.raises(LineError) as caught:
        translate("info block -x > f", frozen())
    assert (caught.value.line, caught.value.start, caught.value.end) == ("info block -x > f", 11, 13)


def test_empty_line_is_local() -> None:
    assert translate("   ", frozen()).way is Way.LOCAL


def test_user_id_is_kept() -> None:
    assert translate('{"execute": "stop", "id": null}', frozen()).steps[0].id is None
    assert translate('{"execute": "stop"}', frozen()).steps[0].id is MISSING


def test_qmp_capabilities_in_any_form_is_answered_here() -> None:
    for line in ('{"execute": "qmp_capabilities"}', "qmp_capabilities", "qmp qmp_capabilities"):
        plan = translate(line, frozen())
        assert (plan.way, plan.acts, plan.answer) == (Way.LOCAL, False, "")


def test_secrets_are_told() -> None:
    assert translate("set_password vnc hush", frozen()).secrets == ("hush",)
    assert translate("info status", frozen()).secrets == ()


def test_incomplete_json_says_so() -> None:
    with pytest.raises(IncompleteLineError):
        translate('{"execute": "stop",', frozen())


# -- every row, every version ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("has_hmp", [True, False])
def test_every_row_without_arguments_is_planned_or_refused(version: str, has_hmp: bool) -> None:
    known = frozen(version, has_hmp=has_hmp)
    for rule in all_rules():
        for name in (rule.name, *rule.aliases):
            try:
                plan = translate(name, known)
            except LineError as error:
                assert error.line == name
                continue
            assert plan.name == rule.name
            for step in plan.steps:
                assert step.command in known.commands() or plan.way is Way.LOCAL


# -- whatever is typed ------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    sorted({rule.name for rule in all_rules()})
    + [
        "query-block",
        "blockdev-add",
        "transaction(",
        "hmp",
        "qmp",
        "info",
        "{",
        "}",
        '"',
        "'",
        "a=b",
        "a:=1",
        "|",
        ">",
    ]
    + [
        "-f",
        "-nf",
        "/4xb",
        "0x10",
        "1M",
        "$pc",
        "(",
        ")",
        "on",
        "dr0",
        "x,id=y,,z",
        "{'a': 1}",
        "[",
        "help",
        "\n",
    ]
)


@given(
    st.lists(WORDS | st.text(max_size=4), max_size=7),
    st.sampled_from(["", " "]),
    st.booleans(),
    st.booleans(),
)
def test_any_line_is_planned_or_refused_with_our_error(
    words: list[str], joint: str, has_hmp: bool, text_monitor: bool
) -> None:
    line = joint.join(words)
    known = frozen("7.2", has_hmp=has_hmp, answers=BLOCK)
    try:
        plan = translate(line, known, text_monitor=text_monitor)
    except LineError as error:
        assert 0 <= error.start <= error.end
        assert error.start <= len(line)
        assert str(error)
    except QmonshError as error:
        pytest.fail(f"{error!r} is not for the language to raise")
    else:
        assert plan.line == line


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["device", "qdev", "inserted", "node-name", "id", "cpu-index", "name", "type", "capability"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([line for _, line, _ in table()]), JUNK, st.booleans())
def test_hostile_answers_are_no_exception_of_ours(line: str, junk: Any, has_hmp: bool) -> None:
    class Hostile(FrozenKnowledge):
        def ask(self, command: str, arguments: Any = None) -> Any:
            return junk

    frozen()
    try:
        translate(line, Hostile("7.2", has_hmp=has_hmp))
    except LineError as error:
        assert str(error)
