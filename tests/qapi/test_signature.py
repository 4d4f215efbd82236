from __future__ import annotations

import pytest

from qmonsh.qapi.entity import ArrayType, EnumType
from qmonsh.qapi.signature import type_word
from tests.qapi.captured import VERSIONS, needs_captures, schema

pytestmark = needs_captures

LINES = [
    ("block_resize", "block_resize size=int [device=str] [node-name=str]"),
    ("stop", "stop"),
    ("device_add", "device_add driver=str [bus=str] [id=str] ..."),
    ("human-monitor-command", "human-monitor-command command-line=str [cpu-index=int]"),
    ("send-key", "send-key keys=[{...}] [hold-time=int]"),
    ("nosuch", "nosuch"),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("command", "line"), LINES)
def test_signature_has_required_first(version: str, command: str, line: str) -> None:
    assert schema(version).signature(command) == line


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_has_a_signature(version: str) -> None:
    index = schema(version)
    for name in index.command_names():
        parts = index.signature_parts(name).parts
        needs = [part.required for part in parts]
        assert needs == sorted(needs, reverse=True)
        assert all(part.type for part in parts)
    for name in index.event_names():
        assert index.event(name) is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_signature_grows_with_the_tag(version: str) -> None:
    index = schema(version)
    assert index.signature_parts("netdev_add").is_open
    told = index.signature_parts("netdev_add", {"type": "user"})
    assert not told.is_open
    assert "hostfwd=[str]" in str(told)


def test_word_of_a_long_enum_is_cut() -> None:
    assert type_word(EnumType("x", ("on", "off", "auto"))) == "on|off|auto"
    assert type_word(EnumType("x", tuple(f"value-{n}" for n in range(99)))).endswith("|...")
    assert type_word(EnumType("x", ())) == "enum"


def test_word_of_a_type_that_contains_itself_ends() -> None:
    loop = ArrayType("[x]", "[x]", lambda name: loop)
    assert len(type_word(loop)) < 40
