from __future__ import annotations

import pytest

from qmonsh.qapi.nearest import nearest

NAMES = [
    "node-name",
    "filename",
    "driver",
    "vnet_hdr_support",
    "on",
    "off",
    "virtio-net-pci",
    "virtio-scsi-pci",
]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("filenam", "filename"),
        ("flie", ""),
        ("node_name", "node-name"),
        ("NODE-NAME", "node-name"),
        ("dirver", "driver"),
        ("vnet-hdr-support", "vnet_hdr_support"),
        ("virtio-nte-pci", "virtio-net-pci"),
        ("virtio-net", "virtio-net-pci"),
        ("ofn", "off"),
        ("zzzzzz", ""),
        ("", ""),
        ("x" * 1000, ""),
    ],
)
def test_nearest_of_a_mistyped_word(word: str, found: str) -> None:
    assert nearest(word, NAMES) == found


def test_same_word_is_nearest_to_itself() -> None:
    assert [nearest(name, NAMES) for name in NAMES] == NAMES


def test_a_swap_of_neighbours_is_one_mistake() -> None:
    assert nearest("ab", ["ba", "xyz"]) == "ba"
