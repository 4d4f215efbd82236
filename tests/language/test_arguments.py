"""HMP's grammar of arguments, and where it is read more widely than HMP does."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.argument_reader import ArgumentError
from qmonsh.language.arguments import read_arguments, spelled
from qmonsh.language.call import Arguments
from qmonsh.language.judge import name_of
from qmonsh.language.rules import Rule, rule_for


def read(line: str) -> tuple[Rule, Arguments]:
    name, end = name_of(line)
    rule = rule_for(name)
    assert rule is not None
    return rule, read_arguments(rule, line, end)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("eject -f cd0", {"force": True, "device": "cd0"}),
        ("eject  -fcd0", None),
        ('eject "a b"', {"device": "a b"}),
        ('eject "a\\n\\"\\\\b"', {"device": 'a\n"\\b'}),
        ("drive_mirror -n -f d t", {"n": True, "f": True, "device": "d", "target": "t"}),
        ("drive_mirror -nf d t", {"n": True, "f": True, "device": "d", "target": "t"}),
        ("drive_mirror -f -n d t", {"n": True, "f": True, "device": "d", "target": "t"}),
        ("drive_mirror d t qcow2 -n", {"n": True, "device": "d", "target": "t", "format": "qcow2"}),
        ("screendump f -f png", {"filename": "f", "format": "png"}),
        ("screendump f -fpng", {"filename": "f", "format": "png"}),
        ("screendump -f png f", {"format": "png", "filename": "f"}),
        ("screendump f d 1+1", {"filename": "f", "device": "d", "head": 2}),
        ("set_password vnc -dx", {"protocol": "vnc", "password": "-dx"}),
        (
            "set_password vnc p -d x keep",
            {"protocol": "vnc", "password": "p", "display": "x", "action-if-connected": "keep"},
        ),
        ("change d -f file", {"device": "d", "force": True, "filename": "file"}),
        ("balloon 64 + 32", {"target": 96 << 20}),
        ("balloon $pc", {"target": None}),
        ("block_resize d 1.5G", {"device": "d", "size": 3 << 29}),
        ("migrate_set_downtime 300ms", {"value": 0.3}),
        ("set_link n off", {"name": "n", "state": False}),
        ("x/10i $pc", {"format": "/10i", "addr": None}),
        ("x /2xb 0", {"format": "/2xb", "addr": 0}),
        ("print 1", {"expr": 1}),
        ("mouse_move 1 -2", {"dx": "1", "dy": "-2"}),
        ('qom-set -j /p x { "a" : 1 } ', {"j": True, "path": "/p", "property": "x", "value": '{ "a" : 1 }'}),
        ("object_add t,id=a,data=b c ", {"type": "t,id=a,data=b c"}),
        ('object_add "t,id=a"', {"type": "t,id=a"}),
        ('device_add {"driver": "x"}', {"driver": '{"driver": "x"}'}),
        ('device_add "x,id=a b"', {"driver": "x,id=a b"}),
        ("migrate_set_parameter a b", {"parameter": "a", "value": "b"}),
        ('migrate_set_parameter a ""', {"parameter": "a", "value": ""}),
        ("migrate_set_parameter a b c", {"parameter": "a", "value": "b c"}),
        ('qemu-io -d dev "read 0 1"', {"d": True, "device": "dev", "command": "read 0 1"}),
        ("info mtree -fo", {"f": True, "o": True}),
        ("info lapic", {}),
        ("announce_self a,b id", {"interfaces": "a,b", "id": "id"}),
        ('memsave 0x1000 16 "f"', {"addr": 4096, "size": 16, "file": "f"}),
        ("pmemsave 0x1000 16 f", {"addr": 4096, "size": 16, "file": "f"}),
    ],
)
def test_arguments_are_read(line: str, values: dict[str, Any] | None) -> None:
    if values is None:
        with pytest.raises(LineError):
            read(line)
        return
    _, arguments = read(line)
    assert {name: value.value for name, value in arguments.values.items()} == values


@pytest.mark.parametrize(
    ("line", "pointed", "says"),
    [
        ("eject", "", "device is missing"),
        ("block_resize d", "", "size is missing"),
        ("stop x", "x", "takes no arguments"),
        ("drive_mirror d t -n", "-n", "format is expected here, not the option -n"),
        ("change -f cd0 f raw", "-f", "device is expected here, not the option -f"),
        ("savevm a b", "b", "takes no more arguments"),
        ("eject -x d", "-x", "no option -x"),
        ("drive_mirror -nx d t", "x", "no option -x"),
        ('eject "a', '"', "quote is not closed"),
        ('eject "\\q"', "\\q", "not an escape"),
        ("balloon abc", "abc", "invalid character 'a'"),
        ("balloon 1+", "", "too early"),
        ("balloon -1", "-1", "positive"),
        ("balloon 99999999999999", "99999999999999", "positive"),
        ("block_resize d 10x", "10x", "known suffix"),
        ("set_link n yes", "yes", "neither on nor off"),
        ("x/zz 0", "z", "no format"),
        ("memsave 0 16 /f", "/f", "division"),
        ("set_password vnc p -d", "", "-d wants display"),
        ("device_add a id=b", "id=b", "no more arguments"),
    ],
)
def test_wrong_argument_is_pointed_at(line: str, pointed: str, says: str) -> None:
    with pytest.raises(LineError, match=says) as caught:
        read(line)
    error = caught.value
    assert line[error.start : error.end] == pointed
    assert error.line == line


def test_flag_in_the_place_of_a_word_is_moved_behind_it() -> None:
    with pytest.raises(ArgumentError) as caught:
        read("change -f cd0 /f raw")
    assert caught.value.mended == "change cd0 -f /f raw"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("info mtree -f -d", None),
        ("info mtree -fd", "info mtree -f -d"),
        ("info mtree -d -f", "info mtree -f -d"),
        ("drive_add x y", None),
        ("drive_mirror -fn d  t", "drive_mirror -n -f d t"),
        ('drive_mirror d "a b" raw -f', 'drive_mirror -f d "a b" raw'),
        ("screendump -f png f", "screendump f -f png"),
        ("info registers -a", None),
    ],
)
def test_line_that_hmp_would_not_read_so_is_respelt(line: str, expected: str | None) -> None:
    rule, arguments = read(line)
    assert arguments.as_typed == (expected is None)
    if expected is not None:
        assert spelled(rule, rule.name, line, arguments) == expected
