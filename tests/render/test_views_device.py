from __future__ import annotations

from typing import Any

import pytest

from qmonsh.render.text import render_text
from qmonsh.render.views_device import ranges


@pytest.mark.parametrize(
    ("line", "value", "text"),
    [
        ("info mice", [], "No mouse devices connected\n"),
        ("info vnc", [], "None\n"),
        ("info vnc", {"enabled": False}, "None\n"),
        ("query-vnc", {"enabled": False}, "Server: disabled\n"),
        ("info spice", {"enabled": False, "migrated": False, "mouse-mode": "client"}, "Server: disabled\n"),
        ("info tpm", [], "No TPM device\n"),
        (
            "info tpm",
            [
                {
                    "id": "tpm0",
                    "model": "tpm-tis",
                    "options": {"type": "passthrough", "data": {"path": "/dev/tpm0", "cancel-path": "/c"}},
                }
            ],
            "TPM device:\n tpm0: model=tpm-tis\n  \\ tpm0: type=passthrough,cancel-path=/c,path=/dev/tpm0\n",
        ),
        (
            "info cryptodev",
            [
                {
                    "id": "c",
                    "service": ["cipher", "mac"],
                    "client": [{"queue": 0, "type": "lkcf", "info": "x"}],
                }
            ],
            "c: service=[cipher|mac]\n    queue 0: type=lkcf,info=x\n",
        ),
        (
            "info rocker-ports",
            [
                {
                    "name": "p1",
                    "enabled": True,
                    "link-up": True,
                    "speed": 100,
                    "duplex": "half",
                    "autoneg": "on",
                }
            ],
            "  port  ena/link  speed/duplex  auto neg?\n  p1    up        100M  HD      Yes\n",
        ),
        (
            "info rocker-of-dpa-groups",
            [{"id": 16, "type": 2, "group-ids": [1, 255]}],
            "id (decode) --> buckets\n0x10 (type 2) --> [0x1, 0xff]\n",
        ),
    ],
)
def test_device_reply(line: str, value: Any, text: str) -> None:
    assert render_text(value, view=line) == text


def test_vnc_with_password_and_websocket() -> None:
    address = {
        "host": "::1",
        "service": "5901",
        "family": "ipv6",
        "websocket": True,
        "auth": "vencrypt",
        "vencrypt": "x509",
    }
    client = {**address, "x509_dname": "CN=\x1b", "sasl_username": "me"}
    server = {"id": "v", "auth": "vnc", "server": [address], "clients": [client], "display": "video0"}
    bare_server = {"id": "reverse", "auth": "vnc", "server": [], "clients": []}
    assert render_text([server, bare_server], view="info vnc").splitlines() == [
        "v:",
        "  Server: ::1:5901 (ipv6 (Websocket))",
        "    Auth: vencrypt (Sub: x509)",
        "  Client: ::1:5901 (ipv6 (Websocket))",
        "    x509_dname: CN=\\x1b",
        "    sasl_username: me",
        "  Display: video0",
        "reverse:",
        "  Auth: vnc (Sub: none)",
    ]


def test_spice_with_a_channel() -> None:
    channel = {"host": "h", "port": "1", "tls": True, "connection-id": 9, "channel-type": 2, "channel-id": 0}
    value = {
        "enabled": True,
        "migrated": False,
        "host": "127.0.0.1",
        "port": 5900,
        "tls-port": 5901,
        "auth": "spice",
        "compiled-version": "0.15.1",
        "mouse-mode": "server",
        "channels": [channel],
    }
    text = render_text(value, view="info spice")
    assert "    address:     127.0.0.1:5901 [tls]\n" in text
    assert "    channel:  display (2:0)\n" in text
    assert "Channels: none" in render_text({**value, "channels": []}, view="info spice")


def test_rocker_flow_shows_key_mask_and_action() -> None:
    flow = {
        "cookie": 4096,
        "hits": 7,
        "key": {"priority": 1, "tbl-id": 60, "in-pport": 2, "eth-dst": "00:00"},
        "mask": {"in-pport": 255},
        "action": {"goto-tbl": 10},
    }
    line = render_text([flow], view="info rocker-of-dpa-flows").splitlines()[1]
    assert line == "0x1000     1   60     7  eth-dst 00:00 in-pport 2(0xff) --> goto-tbl 10"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], "(none)"), ([3], "3"), ([2, 1, 3, 9], "1-3, 9"), (list(range(4096)), "0-4095"), ([1, 1], "1")],
)
def test_ranges(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text
