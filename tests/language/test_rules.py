"""Every row of the tables, against the captured monitors and the map of HMP commands."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qmonsh.language.rules import KINDS, Argument, Rule, all_rules, rule_for
from qmonsh.qapi.entity import Builtin, EnumType
from tests.language.frozen import VERSIONS, frozen, help_of, schema_of

RULES = all_rules()
#: JSON types that a reading gives.
JSON = {
    "word": {"str", "enum"},
    "expr": {"int"},
    "time": {"str"},
    "mib": {"int"},
    "size": {"int"},
    "onoff": {"bool"},
    "seconds": {"number"},
}


def hmp_map(shared: Path) -> list[dict[str, Any]]:
    commands: list[dict[str, Any]] = json.loads((shared / "hmp-qmp-map.json").read_text())["commands"]
    return commands


def test_every_row_is_well_formed() -> None:
    for rule in RULES:
        assert rule.summary and not rule.summary.endswith(".")
        for argument in rule.arguments:
            assert not argument.kind or argument.kind in KINDS
        assert not rule.danger or rule.danger.startswith(("it ", "a ", "the ", "some "))
        assert rule.acts or not rule.danger


def test_optional_words_come_last() -> None:
    for rule in RULES:
        words = [argument.optional for argument in rule.arguments if not argument.flag]
        if rule.name not in ("print", "x", "xp", "i", "o"):  # /fmt comes first
            assert words == sorted(words), rule.name


def test_every_name_of_the_map_has_its_row(shared: Path) -> None:
    rows = hmp_map(shared)
    assert {row["hmp"] for row in rows} == {rule.name for rule in RULES}
    for row in rows:
        rule = rule_for(row["hmp"])
        assert rule is not None
        assert not row["qmp"] or row["qmp"] in rule.twin, row["hmp"]
        assert set(row["aliases"]) == set(rule.aliases), row["hmp"]
        assert rule.is_common == (len(row["hmp_in"]) == len(VERSIONS)), row["hmp"]
        assert rule.is_text == (row["kind"] == "text"), row["hmp"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_hmp_name_of_the_monitor_has_its_row(version: str) -> None:
    frozen(version)
    missing = [name for name, line in help_of(version).items() if " -- " in line and rule_for(name) is None]
    assert missing == []


def test_every_conversion_exists() -> None:
    for rule in RULES:
        if rule.convert:
            module, _, function = rule.convert.partition(".")
            assert callable(getattr(import_module(f"qmonsh.language.convert_{module}"), function))


def sent_by_name(rule: Rule) -> list[Argument]:
    """Return the arguments that travel under their member's own name: all, unless a conversion decides."""
    return [] if rule.convert else list(rule.arguments)


def fits(kind: Any, argument: Argument) -> bool:
    if not argument.kind:
        return bool(kind == Builtin("bool"))
    name = "enum" if isinstance(kind, EnumType) else getattr(kind, "name", "")
    return name in JSON[argument.reading]


@pytest.mark.parametrize("version", VERSIONS)
def test_twins_have_the_members_and_types_of_the_row(version: str) -> None:
    known = frozen(version)
    for rule in RULES:
        twin = next((one for one in rule.twin if one in known.commands()), "")
        if not twin:
            continue
        command = schema_of(version).command(twin)
        assert command is not None
        assert command.returns_text == rule.is_text, rule.name
        members = {one.name: one for one in schema_of(version).members_for(twin, {"protocol": "vnc"})}
        assert set(rule.const) <= set(members), rule.name
        for argument in sent_by_name(rule):
            if argument.member not in members:
                assert not argument.is_sure, f"{rule.name}: {version} has no {twin} {argument.member}"
                continue
            assert fits(members[argument.member].type, argument), f"{rule.name} {argument}"
        if not rule.convert and rule.name not in ("migrate_incoming",):  # uri is optional since 8.2
            given = {one.member for one in rule.arguments if not one.optional} | set(rule.const)
            needed = {one.name for one in members.values() if one.required}
            assert needed <= given, rule.name


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_with_the_monitors_name_take_its_flags(version: str) -> None:
    """Each flag of the monitor's own synopsis is in the row."""
    import re

    frozen(version)
    for name, line in help_of(version).items():
        rule = rule_for(name)
        if rule is None:
            assert " -- " not in line
            continue
        flags = set(re.findall(r"(?:^|[\s\[|])-(\w)\b", line.partition(" -- ")[0]))
        assert flags <= {argument.flag for argument in rule.arguments}, f"{version} {line}"


def test_enum_words_are_those_of_the_schemas() -> None:
    """A fixed list of words is what some schema allows for the member."""
    for rule in RULES:
        for argument in sent_by_name(rule):
            if not argument.values or not rule.twin:
                continue
            known: set[str] = set()
            for version in VERSIONS:
                frozen(version)
                members = schema_of(version).members_for(rule.twin[0], {"protocol": "vnc"})
                member = next((one for one in members if one.name == argument.member), None)
                known |= set(getattr(member.type, "values", ()) if member is not None else ())
            assert not known or set(argument.values) <= known, rule.name


def test_alias_finds_its_row() -> None:
    quit_rule = rule_for("q")
    assert quit_rule is not None and quit_rule.name == "quit"
    assert rule_for("nosuch") is None
    assert rule_for("info nosuch") is None
