"""Help on HMP's commands: every argument is named, with what it is."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.help.hmp_part import hmp_section
from qmonsh.language.rules import all_rules, rule_for
from qmonsh.render.form import Form
from qmonsh.render.layout import columns_of
from qmonsh.render.style import bare
from tests.language.frozen import VERSIONS, frozen


def told(name: str, known: Any, width: int | None = None) -> list[str]:
    entry = known.hmp_help().get(name, "")
    return [bare(line) for line in hmp_section(name, rule_for(name), entry, known, Form(width=width))]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_argument_is_named_and_fits(version: str, captures: Any) -> None:
    known = frozen(version)
    for name in known.hmp_help():
        lines = told(name, known, 80)
        assert max(map(columns_of, lines)) <= 80, name
        rule = rule_for(name)
        for one in rule.arguments if rule is not None else ():
            shown = f"-{one.flag}" if one.flag else one.name
            assert one.flag or any(shown in line or str(one).strip("[]") in line for line in lines), shown


def test_rules_without_hmps_help_have_it_all_from_the_table(captures: Any) -> None:
    known = frozen("10.0", has_hmp=False)
    for rule in all_rules():
        lines = [bare(line) for line in hmp_section(rule.name, rule, "", known, Form())]
        assert lines[0].startswith(rule.name) and len(lines) > 1


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("info block", ("[-n]      show named nodes", "[-v]      show details", "cannot change the VM")),
        ("eject", ("[-f]    force it", "device  required; a removable block device")),
        ("set_password", ("protocol               required; one of vnc, spice",)),
        ("sendkey", ("[hold_ms]  optional; a number or expression; ms, default 100",)),
        ("commit", ("sent as human-monitor-command; its nearest in QMP is block-commit",)),
        ("cpu", ("kept by the shell",)),
        ("balloon", ("required; MiB", "asks first when the guest is to have less than half of its memory")),
        ("drive_mirror", ("asks first when the file it writes is there already, on QEMU's host",)),
        ("migrate", ("asks first when the address is exec:, or when the file it writes is there",)),
        ("migrate_incoming", ("asks first when the address is exec:\n",)),
        ("quit", ("asks first: it ends QEMU",)),
    ],
)
def test_section_tells_facts(name: str, facts: tuple[str, ...], captures: Any) -> None:
    text = "\n".join(told(name, frozen("10.0")))
    for fact in facts:
        assert fact in text


def test_flags_that_this_monitor_lacks_are_not_told(captures: Any) -> None:
    assert not any("[-b]" in line for line in told("migrate", frozen("10.0")))
    assert any(line.startswith("  [-b]") for line in told("migrate", frozen("5.2")))


def test_hostile_help_line_is_made_harmless(captures: Any) -> None:
    lines = list(hmp_section("c", None, "c \x1b[2J -- \u202e", frozen("10.0"), Form()))
    assert "\x1b" not in "".join(lines) and "\u202e" not in "".join(lines)
