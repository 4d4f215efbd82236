"""The line below the prompt."""

from __future__ import annotations

from typing import Any

import pytest
from prompt_toolkit.application import DummyApplication
from prompt_toolkit.application.current import set_app
from prompt_toolkit.key_binding.vi_state import InputMode

from qmonsh.errors import ConnectionLostError
from qmonsh.shell.toolbar import cut, machine, signature
from qmonsh.wire.message import Event
from tests.shell.kit import FakeMonitor, ShellKit, fake_shell, shell_on

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


def text(fragments: Any) -> str:
    return "".join(part for _, part, *_ in fragments)


def current(fragments: Any) -> list[str]:
    return [part for style, part, *_ in fragments if style == "class:toolbar.current"]


def test_signature_of_an_hmp_command_marks_the_argument(learned: ShellKit) -> None:
    first = signature("block_resize ", "", learned.shell)
    assert text(first).startswith("block_resize device size") and current(first) == ["device"]
    assert current(signature("block_resize d0 ", "", learned.shell)) == ["size"]
    assert current(signature("block_resize d0 1G ", "", learned.shell)) == []


def test_signature_of_a_qmp_command_marks_the_argument(learned: ShellKit) -> None:
    found = signature("block_resize device=d0 ", "", learned.shell)
    assert text(found) == "block_resize size=int [device=str]"
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
    assert ("file=str" in text(found)) is ("driver=raw" in line)


def test_word_being_typed_does_not_change_the_reading(learned: ShellKit) -> None:
    assert "size=int" in text(signature("block_resize device=d0 si", "", learned.shell))


def test_name_being_typed_has_no_signature(learned: ShellKit) -> None:
    for line in ("", "   ", "block_res", "nosuch ", "hmp "):
        assert signature(line, "", learned.shell) == []


def test_option_with_a_long_description_leaves_room_for_the_signature(
    learned: ShellKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qmonsh.shell.toolbar.argument", lambda before, shell: "size: " + "long " * 50)
    width = learned.shell.terminal.size[1]
    found = text(signature("block_resize d0 ", "", learned.shell))
    assert found.startswith("size: long") and "...  block_resize device size" in found[: width // 2 + 30]


def test_flag_does_not_count_as_an_argument(learned: ShellKit) -> None:
    assert current(signature("migrate -d ", "", learned.shell)) == ["uri"]


def test_commands_of_the_shell_have_their_usage(learned: ShellKit) -> None:
    assert ".events on|off" in text(signature(".events ", "", learned.shell))
    assert signature(".nosuch ", "", learned.shell) == []


@pytest.mark.parametrize(
    "line", ["{", '{"execute": "', "a=", "=", "hmp qmp hmp", '"', "x" * 1999, "\x00 ", "info "]
)
def test_no_line_is_an_error(learned: ShellKit, line: str) -> None:
    signature(line, "", learned.shell)


def test_machine_facts(kit: ShellKit) -> None:
    found = text(machine(kit.shell))
    assert "QEMU 7.2.22" in found and "kvm" in found
    kit.shell.monitor.state.last_event = Event("STOP", {"x": "\x1b[2J"}, 0, 0, {})
    kit.shell.monitor.state.jobs = [{"id": "j0", "type": "mirror", "status": "running"}]
    found = text(machine(kit.shell))
    assert "mirror j0" in found and "STOP" in found and "\x1b" not in found


def test_machine_says_how_the_shell_is_set() -> None:
    with fake_shell(read_only=True, output="json") as (_, kit):
        assert "read-only" in text(machine(kit.shell)) and "output json" in text(machine(kit.shell))


@pytest.mark.parametrize("mode", [InputMode.INSERT, InputMode.NAVIGATION])
def test_mode_of_the_vi_keys_is_said(mode: InputMode) -> None:
    app = DummyApplication()
    app.vi_state.input_mode = mode
    with set_app(app), fake_shell(vi=True) as (_, kit):
        assert mode.value in text(machine(kit.shell))
        kit.settings.vi = False
        assert mode.value not in text(machine(kit.shell))


def test_lost_connection_is_said(kit: ShellKit) -> None:
    kit.shell.monitor.state.lose(ConnectionLostError("gone"))
    assert "not connected" in text(machine(kit.shell)) and ".reconnect" in text(machine(kit.shell))


def test_line_with_wide_characters_fits() -> None:
    assert text(cut([("", "名前" * 5)], 10)) == "名前名..."


@pytest.mark.parametrize("width", [1, 5, 20, 200])
def test_line_fits(width: int) -> None:
    fragments = cut([("", "a" * 10), ("class:x", "b" * 10)], width)
    assert len(text(fragments)) <= width
    assert (text(fragments) == "a" * 10 + "b" * 10) is (width == 200)
