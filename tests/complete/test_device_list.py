"""The properties of devices, as option lists offer them."""

from __future__ import annotations

import pytest

from qmonsh.complete.inquiry import Inquiry
from qmonsh.complete.option_list import complete_list
from tests.complete.frozen import VERSIONS, facts


def offered(text: str, version: str = "11.1") -> dict[str, str]:
    _, typed, found = complete_list(Inquiry(facts(version)), "device-options", text, "")
    return {one.text: one.meta for one in found if one.text.startswith(typed)}


@pytest.mark.parametrize("version", VERSIONS)
def test_properties_say_type_default_and_description(version: str) -> None:
    found = offered("virtio-blk-pci,", version)
    assert found["drive"].startswith("str, Node name or ID of a block device")
    assert found["logical_block_size"].startswith(("uint16", "size", "blocksize"))
    assert "default" in found["config-wce"] and "id" in found and "bus" in found
    assert not [name for name in found if name.endswith("]")]


def test_what_connects_a_device_comes_first() -> None:
    _, _, found = complete_list(Inquiry(facts("11.1")), "device-options", "virtio-net-pci,", "")
    first = [one.text for one in sorted(found, key=lambda one: one.rank)][:4]
    assert {"id", "netdev"} <= set(first)


def test_cpu_slots_that_fit_what_is_given() -> None:
    found = offered("qemu64-x86_64-cpu,core-id=3,")
    assert [name for name in found if "," in name] == ["node-id=0,socket-id=0,thread-id=0"]
    assert list(offered("qemu64-x86_64-cpu,core-id=")) == ["2", "3"]
