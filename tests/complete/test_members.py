"""Keys and values of what a schema describes."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.members import keys, values
from qmonsh.complete.sources import Place
from qmonsh.qapi.schema import Schema
from tests.complete.frozen import facts


def schema_of(version: str = "11.1") -> Schema:
    schema = Inquiry(facts(version)).schema()
    assert schema is not None
    return schema


def offered(command: str, given: dict[str, str], prefix: str = "") -> list[str]:
    return [
        one.text + one.suffix for one in keys(schema_of().members_for(command, given, prefix), given, prefix)
    ]


@pytest.mark.parametrize(
    ("command", "given", "prefix", "wanted", "unwanted"),
    [
        ("block_resize", {}, "", ["size=", "device=", "node-name="], []),
        ("block_resize", {"size": "1"}, "", ["device="], ["size="]),
        ("blockdev-add", {"driver": "qcow2"}, "", ["file=", "file.", "cache."], ["driver="]),
        ("blockdev-add", {"driver": "qcow2", "file.driver": "file"}, "", ["file."], ["file="]),
        ("blockdev-add", {"driver": "qcow2", "file": "n"}, "", ["backing="], ["file=", "file."]),
        (
            "blockdev-add",
            {"driver": "qcow2", "file.driver": "file"},
            "file.",
            ["file.filename="],
            ["file.driver="],
        ),
        ("migrate-set-capabilities", {}, "", ["capabilities.0."], ["capabilities="]),
        ("human-monitor-command", {}, "", ["command-line=", "cpu-index="], []),
        ("query-status", {}, "", [], ["x"]),
    ],
)
def test_keys(
    command: str, given: dict[str, str], prefix: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = offered(command, given, prefix)
    assert set(wanted) <= set(found) and not set(unwanted) & set(found)


def test_required_keys_rank_first_and_say_so() -> None:
    found = {one.text: one for one in keys(schema_of().members_for("block_resize", {}), {})}
    assert found["size"].rank < found["device"].rank and found["size"].meta == "int, required"


def test_unstable_and_deprecated_keys_are_marked() -> None:
    found = {one.text: one for one in keys(schema_of("7.2").members_for("migrate-set-parameters", {}), {})}
    assert any(one.flag for one in found.values())
    assert all(one.meta.startswith(one.flag) for one in found.values())


@pytest.mark.parametrize(
    ("command", "key", "given", "wanted"),
    [
        ("query-block", "flat", {}, ["on", "off"]),
        ("query-cpu-model-expansion", "type", {}, ["static", "full"]),
        ("blockdev-add", "detect-zeroes", {"driver": "raw"}, ["off", "on", "unmap"]),
        ("netdev_del", "id", {}, ["net0"]),
    ],
)
def test_values(command: str, key: str, given: dict[str, str], wanted: list[str]) -> None:
    member = schema_of().member_for(command, key, given)
    assert member is not None
    skip, found = values(Inquiry(facts("11.1")), command, key, member.type, Place("", command, given))
    assert skip == 0 and [one.text for one in found][: len(wanted)] == wanted
