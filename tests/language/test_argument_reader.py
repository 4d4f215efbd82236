"""One pass over the arguments of a line: as HMP reads them, and no wider."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.language.argument_reader import ArgumentError, ArgumentReader
from qmonsh.language.judge import name_of
from qmonsh.language.rules import rule_for


def read(line: str) -> dict[str, Any]:
    """Return the values of one pass over a line."""
    name, end = name_of(line)
    rule = rule_for(name)
    assert rule is not None
    return {name: found.value for name, found in ArgumentReader(rule, line).read(end).values.items()}


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("eject -f cd0", {"force": True, "device": "cd0"}),
        ("drive_mirror -n -f d t", {"n": True, "f": True, "device": "d", "target": "t"}),
        ("balloon 64 + 32", {"target": 96 << 20}),
        ("x/10i $pc", {"format": "/10i", "addr": None}),
        ("block_resize d 1.5G", {"device": "d", "size": 3 << 29}),
    ],
)
def test_arguments_in_their_declared_places(line: str, values: dict[str, Any]) -> None:
    assert read(line) == values


@pytest.mark.parametrize("line", ["drive_mirror d t qcow2 -n", "screendump -f png f", "eject cd0 -f"])
def test_flag_elsewhere_is_not_this_ones_to_move(line: str) -> None:
    with pytest.raises(ArgumentError):
        read(line)


@pytest.mark.parametrize(
    ("line", "mended"),
    [
        ("device_add virtio-net-pci id=n mq=on", "device_add virtio-net-pci,id=n,mq=on"),
        ("device_add virtio-net-pci, id=n", "device_add virtio-net-pci,id=n"),
        ("pmemsave 0 16 /vm/f", 'pmemsave 0 16 "/vm/f"'),
    ],
)
def test_error_mends_what_it_can(line: str, mended: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read(line)
    assert caught.value.mended == mended


@pytest.mark.parametrize(("line", "flag"), [("eject -x cd0", "x"), ("eject -fx cd0", "x")])
def test_unknown_flag_is_named(line: str, flag: str) -> None:
    with pytest.raises(ArgumentError, match=f"-{flag}") as caught:
        read(line)
    assert caught.value.is_surplus and caught.value.flag == flag


def test_error_carries_the_synopsis() -> None:
    with pytest.raises(ArgumentError) as caught:
        read("eject")
    assert caught.value.synopsis == "eject [-f] device"
