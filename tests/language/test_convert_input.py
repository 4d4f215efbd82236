"""Keys and mouse."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language import convert_input
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import VERSIONS, frozen, schema_of


def keys(line: str) -> list[Any]:
    arguments = translate(line, frozen()).steps[0].arguments
    assert arguments is not None
    return [one["data"] for one in arguments["keys"]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sendkey a", ["a"]),
        ("sendkey ctrl-alt-f1", ["ctrl", "alt", "f1"]),
        ("sendkey 0x1d-a", [0x1D, "a"]),
        ("sendkey <", ["less"]),
        ("sendkey ctrl-<", ["ctrl", "less"]),
        ("sendkey audiomute", ["audiomute"]),
        ('sendkey "ret"', ["ret"]),
    ],
)
def test_keys_are_read(line: str, expected: list[Any]) -> None:
    assert keys(line) == expected


def test_hold_time_is_sent_when_given() -> None:
    arguments = translate("sendkey a 100", frozen()).steps[0].arguments
    assert arguments is not None and arguments["hold-time"] == 100


@pytest.mark.parametrize("version", VERSIONS)
def test_plain_keys_are_known_to_every_monitor(version: str) -> None:
    frozen(version)
    members = schema_of(version).members_for("send-key", {"keys.0.type": "qcode"}, "keys.0.")
    known = next(one for one in members if one.name == "data").type
    assert set(convert_input.KEYS) <= set(getattr(known, "values", ()))


@pytest.mark.parametrize(
    ("line", "pointed"),
    [
        ("sendkey ctrl-alt-delet", "delet"),
        ("sendkey a-", ""),
        ("sendkey 0xzz", "0xzz"),
        ("sendkey foo-a", "foo"),
        ('sendkey "x\\"y"', '"x\\"y"'),
    ],
)
def test_wrong_key_is_pointed_at(line: str, pointed: str) -> None:
    with pytest.raises(LineError) as caught:
        translate(line, frozen())
    assert line[caught.value.start : caught.value.end] == pointed


def test_mouse_is_hmps_while_there_is_one() -> None:
    """input-send-event is refused on a stopped VM, where HMP succeeds."""
    assert translate("mouse_move 1 2", frozen()).way is Way.PASSTHROUGH
    events: Any = translate("mouse_move 1 -2 -1", frozen(has_hmp=False)).steps[0].arguments
    assert events["events"][:2] == [
        {"type": "rel", "data": {"axis": "x", "value": 1}},
        {"type": "rel", "data": {"axis": "y", "value": -2}},
    ]
    assert [one["data"]["button"] for one in events["events"][2:]] == ["wheel-down", "wheel-down"]
    buttons: Any = translate("mouse_button 5", frozen(has_hmp=False)).steps[0].arguments
    assert [one["data"]["button"] for one in buttons["events"] if one["data"]["down"]] == ["left", "middle"]


@pytest.mark.parametrize("line", ["mouse_move a b", "mouse_button $pc"])
def test_mouse_without_number_is_refused(line: str) -> None:
    with pytest.raises(LineError):
        translate(line, frozen(has_hmp=False))
