"""How the command being typed is called, the argument at the cursor marked."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.shell.fragments import plain
from qmonsh.shell.signature import signature
from tests.shell.kit import FakeMonitor, ShellKit, shell_on

SCHEMA: list[dict[str, Any]] = [
    {"name": "blockdev-add", "meta-type": "command", "arg-type": "2", "ret-type": "0"},
    {
        "name": "2",
        "meta-type": "object",
        "members": [{"name": "driver", "type": "3"}],
        "tag": "driver",
        "variants": [{"case": "raw", "type": "4"}, {"case": "nbd", "type": "0"}],
    },
    {"name": "3", "meta-type": "enum", "values": ["raw", "nbd"]},
    {
        "name": "4",
        "meta-type": "object",
        "members": [{"name": "file", "type": "str"}, {"name": "offset", "type": "int", "default": None}],
    },
    {"name": "block_resize", "meta-type": "command", "arg-type": "1", "ret-type": "0"},
    {"name": "0", "meta-type": "object", "members": []},
    {
        "name": "1",
        "meta-type": "object",
        "members": [
            {"name": "device", "type": "str", "default": None},
            {"name": "size", "type": "int"},
        ],
    },
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
    {"name": "int", "meta-type": "builtin", "json-type": "int"},
]


@pytest.fixture
def learned() -> Any:
    words = "block_resize blockdev-add query-commands query-qmp-schema human-monitor-command"
    names = [{"name": name} for name in words.split()]
    with (
        FakeMonitor({"query-qmp-schema": SCHEMA, "query-commands": names}) as monitor,
        shell_on(monitor) as kit,
    ):
        kit.shell.monitor.learn()
        kit.settle()
        yield kit


def current(fragments: Any) -> list[str]:
    return [part for style, part, *_ in fragments if style == "class:toolbar.current"]


def test_signature_of_an_hmp_command_marks_the_argument(learned: ShellKit) -> None:
    first = signature("block_resize ", "", learned.shell)
    assert plain(first).startswith("block_resize device size") and current(first) == ["device"]
    assert current(signature("block_resize d0 ", "", learned.shell)) == ["size"]
    assert current(signature("block_resize d0 1G ", "", learned.shell)) == []


def test_signature_of_a_qmp_command_marks_the_argument(learned: ShellKit) -> None:
    found = signature("block_resize device=d0 ", "", learned.shell)
    assert plain(found) == "block_resize size=int [device=str]"
    assert current(found) == ["size=int"], "what is required and missing comes next"
    assert current(signature("block_resize device=", "", learned.shell))[-1] == "[device=str]"


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("blockdev-add ", ["driver=raw|nbd"]),
        ("blockdev-add driver=nbd ", []),
        ("blockdev-add driver=raw ", ["file=str"]),
        ("blockdev-add driver=raw file.dri", ["file=str"]),
        ("blockdev-add driver=raw offset", ["[offset=int]"]),
        ("blockdev-add driver=raw file=x ", []),
    ],
)
def test_signature_of_a_union_has_the_branch_that_is_chosen(
    learned: ShellKit, line: str, marked: list[str]
) -> None:
    found = signature(line, "", learned.shell)
    assert [part for part in current(found) if ":" not in part] == marked
    assert ("file=str" in plain(found)) is ("driver=raw" in line)


def test_word_being_typed_does_not_change_the_reading(learned: ShellKit) -> None:
    assert "size=int" in plain(signature("block_resize device=d0 si", "", learned.shell))


def test_name_being_typed_has_no_signature(learned: ShellKit) -> None:
    for line in ("", "   ", "block_res", "nosuch ", "hmp "):
        assert signature(line, "", learned.shell) == []


def test_option_with_a_long_description_leaves_room_for_the_signature(
    learned: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qmonsh.shell.signature.argument", lambda before, shell: "size: " + "long " * 50)
    width = learned.shell.terminal.size[1]
    found = plain(signature("block_resize d0 ", "", learned.shell))
    assert found.startswith("size: long") and "...  block_resize device size" in found[: width // 2 + 30]


def test_flag_does_not_count_as_an_argument(learned: ShellKit) -> None:
    assert current(signature("migrate -d ", "", learned.shell)) == ["uri"]


def test_commands_of_the_shell_have_their_usage(learned: ShellKit) -> None:
    assert ".events on|off" in plain(signature(".events ", "", learned.shell))
    assert signature(".nosuch ", "", learned.shell) == []


@pytest.mark.parametrize(
    "line", ["{", '{"execute": "', "a=", "=", "hmp qmp hmp", '"', "x" * 1999, "\x00 ", "info "]
)
def test_no_line_is_an_error(learned: ShellKit, line: str) -> None:
    signature(line, "", learned.shell)
