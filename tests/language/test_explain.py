"""Plans as something to paste."""

from __future__ import annotations

import ast
import json
import shlex
from typing import Any

import pytest

from qmonsh.language.explain import STYLES, explain, qmp_object, quote, traced
from qmonsh.language.plan import Step
from qmonsh.language.translate import translate
from qmonsh.settings import EXPLAINED_AS
from tests.language.frozen import frozen

HOSTILE = 'savevm "it\'s $HOME `x`"'


def explained(line: str, style: str, **more: Any) -> str:
    return explain(translate(line, frozen(), **more), style, target="/vm/a b.sock")


def test_qmp_is_the_exact_object_one_a_line() -> None:
    assert explained("stop", "qmp") == '{"execute": "stop"}'
    assert explained("balloon 1", "qmp") == '{"execute": "balloon", "arguments": {"value": 1048576}}'
    assert json.loads(explained("info network", "qmp")) == {
        "execute": "human-monitor-command",
        "arguments": {"command-line": "info network"},
    }
    assert (
        explained('{"exec-oob": "migrate-pause", "id": 7}', "qmp") == '{"exec-oob": "migrate-pause", "id": 7}'
    )


@pytest.mark.parametrize(
    "line", ["stop", HOSTILE, "info network", '{"exec-oob": "migrate-pause"}', "migrate tcp:h:1"]
)
def test_python_compiles_and_sends_the_same(line: str) -> None:
    text = explained(line, "python")
    tree = ast.parse(text)
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "execute"
    ]
    plan = translate(line, frozen())
    sent = [
        (ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1]) if len(call.args) > 1 else None)
        for call in calls[: len(plan.steps)]
    ]
    assert sent == [(step.command, step.arguments) for step in plan.steps]
    assert "from qmonsh import connect" in text
    assert "'/vm/a b.sock'" in text


@pytest.mark.parametrize("line", ["stop", HOSTILE, "info network"])
@pytest.mark.parametrize("style", ["virsh", "shell"])
def test_shell_words_come_back_as_they_were(line: str, style: str) -> None:
    plan = translate(line, frozen())
    words = shlex.split(explain(plan, style, target="/vm/a b.sock"))
    assert json.loads(words[-1]) == qmp_object(plan.steps[0])
    if style == "shell":
        assert words[:3] == ["qmonsh", "/vm/a b.sock", "-c"]
    else:
        assert words[:3] == ["virsh", "qemu-monitor-command", "DOMAIN"]


def test_domain_of_libvirt_is_named() -> None:
    text = explain(translate("stop", frozen()), "virsh", target="libvirt:vm1")
    assert text == 'virsh qemu-monitor-command vm1 \'{"execute": "stop"}\''


def test_text_monitor_gets_lines() -> None:
    assert explained("info network", "qmp", text_monitor=True) == "info network"
    assert "--hmp" in explained("info network", "virsh", text_monitor=True)
    assert "monitor.human('info network')" in explained("info network", "python", text_monitor=True)
    assert shlex.split(explained("info network", "shell", text_monitor=True))[-1] == "info network"


def test_styles_are_those_of_the_option() -> None:
    assert STYLES == EXPLAINED_AS


def test_line_that_sends_nothing_explains_to_nothing() -> None:
    for style in STYLES:
        assert explained("cpu 0", style) == ""


def test_quote_is_one_word() -> None:
    for text in ("", "a", "a b", "it's", "$x", "a\nb", "--"):
        assert shlex.split(quote(text)) == [text]


def test_object_without_arguments_has_none() -> None:
    assert qmp_object(Step("x")) == {"execute": "x"}
    assert qmp_object(Step("x", {}, id=None)) == {"execute": "x", "arguments": {}, "id": None}


def test_waiting_is_written_out() -> None:
    python = explained("migrate tcp:h:1", "python")
    assert "query-migrate" in python
    ast.parse(python)
    assert explained("migrate tcp:h:1", "shell").splitlines()[-1].startswith("# ")
    assert explained("migrate tcp:h:1", "qmp").count("\n") == 0
    job = explain(translate("savevm a", frozen(has_hmp=False)), "python", target="x")
    assert "query-jobs" in job and "job-dismiss" in job
    ast.parse(job)
    ready = explain(translate("commit ide2-cd0", frozen(has_hmp=False)), "python", target="x")
    assert "block-job-cancel" in ready


def test_out_of_band_is_asked_for_when_connecting() -> None:
    assert "oob=True) as monitor" in explained('{"exec-oob": "migrate-pause"}', "python")


def test_trace_has_no_ids_and_no_secrets() -> None:
    sent = '{"execute": "set_password", "arguments": {"protocol": "vnc", "password": "pw12"}, "id": 7}'
    assert [json.dumps(each) for each in traced(translate(sent, frozen()))] == [
        '{"execute": "set_password", "arguments": {"protocol": "vnc", "password": "***"}}'
    ]
