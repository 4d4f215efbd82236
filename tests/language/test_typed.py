"""Which knowledge types a line's words."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Way
from qmonsh.language.translate import translate
from tests.language.frozen import VERSIONS, FrozenKnowledge, frozen

MACHINE = {
    "qom-list /machine": [
        {"name": "smm", "type": "OnOffAuto"},
        {"name": "usb", "type": "bool"},
        {"name": "a", "type": "uint32"},
        {"name": "x[0]", "type": "child<device>"},
    ]
}


def sent(line: str, known: FrozenKnowledge | None = None) -> Any:
    return translate(line, known or frozen()).steps[-1].arguments


@pytest.mark.parametrize("version", VERSIONS)
def test_device_is_typed_alike_for_every_version(version: str) -> None:
    line = "device_add virtio-net,id=n,mq=on,vectors=4,addr=1a.0,mac=52:54:00:12:34:56,romfile=,bootindex=1"
    assert sent(line, frozen(version)) == {
        "driver": "virtio-net",
        "id": "n",
        "mq": True,
        "vectors": 4,
        "addr": "1a.0",
        "mac": "52:54:00:12:34:56",
        "romfile": "",
        "bootindex": 1,
    }


def test_alias_is_resolved_only_when_needed() -> None:
    known = frozen()
    sent("device_add virtio-net-pci,id=n", known)
    assert known.asked == ["device-list-properties virtio-net-pci"]
    known = frozen(has_hmp=False)
    assert sent("device_add virtio-net,mq=on", known)["mq"] is True
    assert sent("device_add lsi,addr=5", frozen(has_hmp=False))["addr"] == "5"


def test_driver_that_may_not_be_asked_for_goes_through_hmp() -> None:
    plan = translate("device_add virtio-vga-gl,id=v,xres=640", frozen())
    assert plan.way is Way.PASSTHROUGH
    plan = translate("device_add virtio-net-pci,mq=on", frozen(introspects=False))
    assert plan.way is Way.PASSTHROUGH


def test_driver_without_properties_needs_no_types() -> None:
    assert sent("device_add virtio-vga-gl,id=v") == {"driver": "virtio-vga-gl", "id": "v"}


def test_unknown_driver_is_refused_with_the_nearest() -> None:
    with pytest.raises(LineError) as caught:
        translate("device_add virtio-nett-pci,id=n", frozen())
    assert caught.value.nearest == "virtio-net-pci"


def test_repeated_key_counts_last_in_hmp_and_is_refused_in_qmp() -> None:
    assert sent("device_add virtio-net-pci,id=a,id=b") == {"driver": "virtio-net-pci", "id": "b"}
    with pytest.raises(LineError, match="twice"):
        translate("device_add driver=virtio-net-pci id=a id=b", frozen())


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("qom-set /machine smm on", "on"),
        ("qom-set /machine usb on", True),
        ("qom-set /machine a 0x10", 16),
        ("qom-set -j /machine usb true", True),
        ("qom-set path=/machine property=usb value=off", False),
        ("qom-set path=/machine property=usb value:=true", True),
    ],
)
def test_property_is_typed_by_what_qom_list_tells(line: str, value: Any) -> None:
    assert sent(line, frozen(answers=MACHINE))["value"] == value


@pytest.mark.parametrize(
    ("line", "pointed", "says"),
    [
        ("qom-set /machine smn on", "smn", "no property"),
        ("qom-set /machine usb 5", "5", "not a boolean"),
        ("qom-set /machine x[0] 5", "x[0]", "cannot be set"),
        ("qom-set -j /machine usb {", "{", "not valid JSON"),
        ("device_add driver=", "", "driver is missing"),
        ("netdev_add id=a", "", "'type' is missing"),
    ],
)
def test_wrong_value_is_pointed_at(line: str, pointed: str, says: str) -> None:
    with pytest.raises(LineError, match=says) as caught:
        translate(line, frozen(answers=MACHINE))
    assert line[caught.value.start : caught.value.end] == pointed
