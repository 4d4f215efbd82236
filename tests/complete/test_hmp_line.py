"""The arguments of HMP commands."""

from __future__ import annotations

import pytest

from qmonsh.complete.candidate import FrozenFacts
from qmonsh.complete.hmp_line import arguments_of, complete_arguments
from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.match import select
from qmonsh.complete.question import Question, question
from tests.complete.frozen import facts


def offered(name: str, rest: str, version: str = "11.1") -> list[str]:
    found = complete_arguments(Inquiry(facts(version)), name, name + rest, len(name))
    return [one.text for one in select(found.candidates, found.typed)]


@pytest.mark.parametrize(
    ("name", "rest", "wanted"),
    [
        ("info", " kv", ["kvm"]),
        ("info block", " ", ["ide2-cd0", "vblk0", "disk0"]),
        ("info block", " -", ["-n", "-v"]),
        ("info block", " -n -", ["-v"]),
        ("info block", " -nv -", []),
        ("eject", " -f ", ["ide2-cd0"]),
        ("block_resize", " disk0 ", []),
        ("set_link", " nic0 ", ["on", "off"]),
        ("set_password", " vn", ["vnc"]),
        ("set_password", " vnc secret -d ", []),
        ("set_password", " vnc secret ke", ["keep"]),
        ("change", " ide2-cd0 -f x r", ["raw"]),
        ("print", " /", ["/x", "/d"]),
        ("x", "/8", ["/8x", "/8d"]),
        ("c", " ", []),
        ("drive_mirror", " -n disk0 t qc", ["qcow2", "qcow"]),
        ("sendkey", " ctrl-alt-f1 ", []),
        ("log", " nosuch,", []),
    ],
)
def test_arguments(name: str, rest: str, wanted: list[str]) -> None:
    assert offered(name, rest)[: len(wanted)] == wanted
    assert wanted or offered(name, rest) == []


def test_flags_are_those_of_this_monitor() -> None:
    assert "-b" in offered("migrate", " -", "7.2") and "-b" not in offered("migrate", " -", "11.1")


def test_flags_are_described_by_the_monitor() -> None:
    found = complete_arguments(Inquiry(facts("11.1")), "info block", "info block -", 10)
    assert {one.text: one.meta for one in found.candidates} == {
        "-n": "show named nodes",
        "-v": "show details",
    }


def unknown(entry: str) -> Inquiry:
    """Return a look at a monitor with a command that no rule knows."""
    answers = {
        question("query-commands"): [{"name": "human-monitor-command"}],
        Question("hmp:help"): entry,
        Question("hmp:help info"): "",
    }
    return Inquiry(FrozenFacts(answers))


def test_a_command_without_rule_has_the_arguments_of_its_help() -> None:
    look = unknown("frob [-x] device on|off [count] -- frobs (-x: twice)\n")
    shown = [(one.name, one.flag, one.values, one.optional) for one in arguments_of(look, "frob")]
    assert shown == [
        ("x", "x", (), True),
        ("device", "", (), False),
        ("on|off", "", ("on", "off"), False),
        ("count", "", (), True),
    ]
    found = complete_arguments(look, "frob", "frob d o", 4)
    assert [one.text for one in found.candidates] == ["on", "off", "-x"]


def test_names_with_blanks_are_quoted() -> None:
    answers = {
        question("query-commands"): [{"name": "query-block"}],
        question("query-block"): [{"device": 'my "disk" 1', "removable": True}],
    }
    found = complete_arguments(Inquiry(FrozenFacts(answers)), "eject", "eject my", 5)
    assert [one.text for one in found.candidates][0] == '"my \\"disk\\" 1"'
    found = complete_arguments(Inquiry(FrozenFacts(answers)), "eject", 'eject "my', 5)
    assert [one.text for one in found.candidates][0] == 'my "disk" 1' and found.start == 7
