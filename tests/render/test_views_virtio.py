from __future__ import annotations

from qmonsh.render.text import render_text


def test_no_devices_is_said() -> None:
    assert render_text([], view="info virtio") == "No VirtIO devices\n"


def test_status_with_a_vhost_backend() -> None:
    features = {"transports": ["VIRTIO_F_VERSION_1: new"], "dev-features": [], "unknown-dev-features": 1}
    value = {
        "name": "vhost-net",
        "device-id": 1,
        "bus-name": "",
        "num-vqs": 2,
        "status": {"statuses": ["DRIVER_OK"], "unknown-statuses": 4},
        "host-features": features,
        "vhost-dev": {
            "n-mem-sections": 3,
            "features": features,
            "protocol-features": {"protocols": ["P: x"]},
        },
    }
    assert render_text(value, view="info virtio-status /machine/x").splitlines() == [
        "/machine/x:",
        "  device_name: vhost-net",
        "  device_id:   1",
        "  bus_name:    (null)",
        "  num_vqs:     2",
        "  status:",
        "        DRIVER_OK",
        "        unknown-statuses: 0x0000000000000004",
        "  Host features:",
        "        VIRTIO_F_VERSION_1: new",
        "        unknown-dev-features: 0x0000000000000001",
        "  VHost:",
        "    n_mem_sections: 3",
        "    Features:",
        "          VIRTIO_F_VERSION_1: new",
        "          unknown-dev-features: 0x0000000000000001",
        "    Protocol features:",
        "          P: x",
    ]


def test_queue_element_shows_flags_of_descriptors() -> None:
    value = {
        "name": "virtio-blk",
        "index": 3,
        "descs": [{"addr": 4096, "len": 16, "flags": ["next", "write"]}, {"addr": 0, "len": 0, "flags": []}],
        "avail": {"flags": 1, "idx": 2, "ring": 0},
        "used": {"flags": 0, "idx": 2},
    }
    text = render_text(value, view="x-query-virtio-queue-element")
    assert "        addr 0x1000 len 16 (next, write)\n        addr 0x0 len 0\n" in text
