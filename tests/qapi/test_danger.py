from __future__ import annotations

import json

import pytest

from qmonsh.qapi.danger import may_introspect, parts_of
from tests.qapi.captured import VERSIONS, drivers, needs_captures, reply

#: QEMU-FACTS 0.1: these ended a stock Debian 7.2.
DEADLY = {"5.2": set(), "7.2": {"virtio-gpu-gl-pci", "virtio-vga-gl"}, "10.0": set(), "11.1": set()}


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_drivers_that_may_be_asked_are_all_but_the_deadly(version: str) -> None:
    names = {row["name"] for row in reply(version, "qom-list-types-all")}
    devices = [row["name"] for row in reply(version, "qom-list-types-device")]
    refused = {driver for driver in devices if may_introspect(driver, names) is not None}
    assert refused == DEADLY[version]
    assert set(drivers(version)) >= set(devices) - refused


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_wrapper_whose_part_is_missing_is_refused(version: str) -> None:
    names = {row["name"] for row in reply(version, "qom-list-types-all")}
    for wrapper, part in (
        ("virtio-net-pci", "virtio-net-device"),
        ("virtio-net-pci-transitional", "virtio-net-device"),
        ("virtio-vga", "virtio-gpu-device"),
        ("vhost-user-blk-pci", "vhost-user-blk"),
        ("vhost-user-vga", "vhost-user-gpu"),
        ("virtio-mem-pci", "virtio-mem"),
    ):
        assert may_introspect(wrapper, names) is None
        assert part in (
            may_introspect(wrapper, names - {part, part.removesuffix("-device")}) or ""
        ) or "needs" in (may_introspect(wrapper, names - {part}) or "")


@needs_captures
@pytest.mark.parametrize("version", VERSIONS)
def test_abstract_and_unknown_types_are_refused(version: str) -> None:
    names = {row["name"] for row in reply(version, "qom-list-types-all")}
    assert may_introspect("nosuch", names)
    assert may_introspect("pci-device", names)
    assert may_introspect("virtio-net-pci", ())


def test_denied_until_the_user_allows_it() -> None:
    names = [
        "virtio-gpu-gl-pci",
        "virtio-gpu-gl-device",
        "virtio-gpu-rutabaga-pci",
        "virtio-gpu-rutabaga-device",
    ]
    for driver in ("virtio-gpu-gl-pci", "virtio-gpu-rutabaga-pci"):
        assert may_introspect(driver, names)
        assert may_introspect(driver, names, allow=[driver]) is None


@pytest.mark.parametrize(
    ("driver", "parts"),
    [
        ("virtio-net-pci", ("virtio-net-device", "virtio-net")),
        ("virtio-blk-pci-non-transitional", ("virtio-blk-device", "virtio-blk")),
        ("virtio-net-ccw", ("virtio-net-device", "virtio-net")),
        ("virtio-vga-gl", ("virtio-gpu-gl-device", "virtio-gpu-gl")),
        ("virtio-vga", ("virtio-gpu-device", "virtio-gpu")),
        ("vhost-user-vga", ("vhost-user-gpu-device", "vhost-user-gpu")),
        ("e1000", ()),
        ("vfio-pci", ()),
        ("sdhci-pci", ()),
        ("virtio-net-device", ()),
    ],
)
def test_parts_of_a_wrapper(driver: str, parts: tuple[str, ...]) -> None:
    assert parts_of(driver) == parts


def test_reasons_are_sentences_with_the_driver() -> None:
    reasons = [
        may_introspect("x", []),
        may_introspect("virtio-gpu-gl-pci", ["virtio-gpu-gl-pci"]),
        may_introspect("virtio-net-pci", ["virtio-net-pci"]),
    ]
    assert all(reasons)
    assert "virtio-net-device" in json.dumps(reasons)
