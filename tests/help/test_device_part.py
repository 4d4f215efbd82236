"""Help on devices."""

from __future__ import annotations

from typing import Any

from qmonsh.help.device_part import device_section
from qmonsh.help.topic import find_help
from qmonsh.render.form import Form
from tests.language.frozen import frozen


def test_device_has_its_properties(captures: Any) -> None:
    known: Any = frozen("7.2")
    shown = find_help("virtio-net", known, {}, Form())
    for fact in ("virtio-net-pci", "bus PCI", "mac=str", "on|off", "default"):
        assert fact in shown


def test_device_whose_properties_are_not_asked_for_says_why(captures: Any) -> None:
    known: Any = frozen("10.0", introspects=False)
    assert "QEMU could end" in find_help("e1000", known, {}, Form())
    known = frozen("10.0", introspects=False, drop=["device-list-properties"])
    assert "cannot be asked for on this monitor" in find_help("e1000", known, {}, Form())


def test_nothing_is_said_of_what_is_no_device(captures: Any) -> None:
    known: Any = frozen("7.2")
    assert list(device_section("nosuch", known, Form())) == []
