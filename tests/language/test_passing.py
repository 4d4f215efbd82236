"""Lines passed on, and those that cannot be."""

from __future__ import annotations

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import frozen


@pytest.mark.parametrize(
    ("line", "sent", "danger", "acts"),
    [
        ("info   status", "info   status", False, False),
        ("hmp info status ", "info status", False, False),
        ("quit", "quit", True, True),
        ("set_password vnc abc", "set_password vnc abc", False, True),
        ("frobnicate", "frobnicate", False, True),
        ("device_add help | less", "device_add help", False, False),
    ],
)
def test_text_monitor_gets_the_line_as_typed(line: str, sent: str, danger: bool, acts: bool) -> None:
    plan = translate(line, frozen(), text_monitor=True)
    assert plan.way is Way.TEXT
    assert plan.steps[0].command == sent
    assert (bool(plan.danger), plan.acts) == (danger, acts)


@pytest.mark.parametrize("line", ['{"execute": "stop"}', "qmp stop", "info status\nstop"])
def test_text_monitor_refuses_what_it_cannot_read(line: str) -> None:
    with pytest.raises(LineError):
        translate(line, frozen(), text_monitor=True)


@pytest.mark.parametrize(
    ("line", "word"),
    [("stop", "stop"), ("info block", "info block"), ("query-status", "query-status"), ("hmp stop", "hmp")],
)
def test_guest_agent_takes_no_command_of_a_monitor(line: str, word: str) -> None:
    class Agent:
        def commands(self) -> frozenset[str]:
            return frozenset({"guest-info", "guest-ping"})

    with pytest.raises(LineError, match=f"'{word}' is for QEMU's monitor, and this is a guest agent"):
        translate(line, Agent())  # type: ignore[arg-type]


def test_line_is_passed_on_exactly_as_typed() -> None:
    plan = translate('  hostfwd_add   n0  "tcp::1-:2"  ', frozen())
    assert plan.steps[0].arguments == {"command-line": 'hostfwd_add   n0  "tcp::1-:2"'}
    assert translate("p  1", frozen()).steps[0].arguments == {"command-line": "p  1"}
    assert translate("p  1", frozen()).name == "print"


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("query-statu", "query-status"),
        ("devce_add x", "device_add"),
        ("info netwrk", "info network"),
        ("info blok", "info block"),
        ("query_block", "query-block"),
        ("snapshot-sav", "snapshot-save"),
        ("acl_show x", ""),
        ("zzzzzz", ""),
    ],
)
def test_unknown_command_is_refused_with_the_nearest(line: str, nearest: str) -> None:
    with pytest.raises(LineError) as caught:
        translate(line, frozen())
    assert caught.value.nearest == nearest
    assert "unknown command" in str(caught.value)


def test_nearest_is_something_that_this_monitor_has() -> None:
    with pytest.raises(LineError) as caught:
        translate("savevn a", frozen(has_hmp=False, drop=["snapshot-save"]))
    assert caught.value.nearest != "savevm"


def test_command_that_nothing_carries_out_says_what_is_lacking() -> None:
    with pytest.raises(LineError, match="neither x-query-irq nor HMP"):
        translate("info irq", frozen("5.2", has_hmp=False))
    with pytest.raises(LineError, match="neither a QMP twin of 'x' nor HMP"):
        translate("x 0", frozen(has_hmp=False))
    with pytest.raises(LineError, match="no HMP"):
        translate("hmp info status", frozen(has_hmp=False))


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("info zzzzzz", "'help info' lists the words"),
        ("zzzzzz", "'help' lists the commands"),
        ("info blok", ""),
    ],
)
def test_unknown_word_without_a_likeness_is_told_where_all_are(line: str, advice: str) -> None:
    with pytest.raises(LineError) as caught:
        translate(line, frozen())
    assert caught.value.advice == advice
    with pytest.raises(LineError) as caught:
        translate(line, frozen(has_hmp=False))
    assert caught.value.advice == ""
