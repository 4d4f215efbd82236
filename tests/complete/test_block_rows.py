"""What rows of query-block and query-named-block-nodes say."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.complete.block_rows import device_id, image, image_text, inserted, name_of, node_text


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"device": "drive0", "qdev": "/machine/peripheral/vd0"}, "drive0"),
        ({"device": "", "qdev": "/machine/peripheral/vd0/virtio-backend"}, "vd0"),
        ({"qdev": "/machine/unattached/device[3]"}, "/machine/unattached/device[3]"),
        ({}, ""),
    ],
)
def test_name_is_the_drives_or_the_devices(row: dict[str, Any], name: str) -> None:
    assert name_of(row) == name
    assert device_id(row) == ("vd0" if "vd0" in str(row) else name)


@pytest.mark.parametrize("odd", [{}, {"inserted": None, "image": []}, {"inserted": "x", "image": 1}])
def test_what_is_not_there_is_empty(odd: dict[str, Any]) -> None:
    assert inserted(odd) == image(odd) == {} and image_text(odd) == "no medium"


def test_node_in_words() -> None:
    node = {"drv": "qcow2", "file": "/vm/a", "ro": True, "image": {"virtual-size": 1 << 30}}
    assert node_text(node) == image_text({"inserted": node}) == "qcow2 1 GiB /vm/a, read-only"
    assert node_text({"drv": "null-co", "file": 'json:{"driver": "null-co"}'}) == "null-co"
