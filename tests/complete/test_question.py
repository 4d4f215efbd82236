"""The list of questions: only what reads, and what makes an answer old."""

from __future__ import annotations

import pytest

from qmonsh.complete.question import ABSENT, QUESTIONS, Question, driver_of, question, rule_of
from qmonsh.language.danger import can_act
from tests.complete.frozen import VERSIONS, captured


def test_a_question_is_a_key() -> None:
    assert question("qom-get", path="/x", property="y") == question("qom-get", property="y", path="/x")
    assert question("a", host_nodes=1).arguments == (("host-nodes", 1),)
    assert len({question("x"), question("x"), Question("hmp:x")}) == 2
    assert Question("hmp:info block").line == "info block" and not question("query-block").is_human


def test_every_question_only_reads() -> None:
    from qmonsh.language.judge import judge_line

    for name, rule in QUESTIONS.items():
        if rule.is_local:
            continue
        if name.startswith("hmp:"):
            danger, acts = judge_line(name[4:])
            assert not danger and not acts, name
        else:
            assert not can_act(name), name


@pytest.mark.parametrize(
    "line", ["device_add virtio-net-pci,help", "qom-list /machine/peripheral", "qom-list /a[0]/b.c"]
)
def test_lines_with_a_word_in_them(line: str) -> None:
    assert rule_of(Question(f"hmp:{line}")) is not None


@pytest.mark.parametrize(
    "line",
    [
        "device_add a b,help", "device_add ,help", "device_add x,help,y", "qom-list", "qom-list x", "quit",
        "qom-list /a\nquit", "qom-list /a b", 'qom-list /"', "device_add -x,help", "info block ", "help quit",
        "print $rip", "info virtio-status /x",
    ],
)  # fmt: skip
def test_other_lines_are_refused(line: str) -> None:
    assert rule_of(Question(f"hmp:{line}")) is None


def test_other_arguments_are_refused() -> None:
    assert rule_of(question("query-block", flat=True)) is None
    assert rule_of(question("qom-list-types", implements="device", abstract=False)) is not None


def test_driver_of_an_introspecting_question() -> None:
    assert driver_of(question("device-list-properties", typename="e1000")) == "e1000"
    assert driver_of(Question("hmp:device_add e1000,help")) == "e1000"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_event_pattern_means_an_event(version: str) -> None:
    from fnmatch import fnmatchcase

    schema = captured(version, "query-qmp-schema.json")
    names = {row["name"] for row in schema if row["meta-type"] == "event"}
    if version == "11.1":
        patterns = {pattern for rule in QUESTIONS.values() for pattern in rule.events}
        lost = {pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names)}
        assert lost <= {"CPU*", "NIC_*", "NETDEV_*"}, "patterns of events that newer QEMUs may have"
    assert "DEVICE_DELETED" in names


def test_absent_is_no_answer() -> None:
    assert ABSENT is not None and not isinstance(ABSENT, list | dict | str)
