"""What devices are connected to."""

from __future__ import annotations

import pytest

from tests.complete.look import look_at, metas, offered

NETWORK = """\
spare: index=0,type=user,net=10.0.3.0,restrict=off
nic0: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
 \\ lan0: index=0,type=tap,ifname=tap0,script=/etc/qemu-ifup
odd name: 1: index=0,type=socket,
"""
LOOK = look_at({"hmp:info network": NETWORK})


def test_netdevs_free_first() -> None:
    assert metas("netdev", LOOK) == {
        "spare": "user, 10.0.3.0, free",
        "odd name: 1": "socket, free",
        "lan0": "tap, ifname=tap0, used by nic0",
    }


def test_links_are_cards_then_backends() -> None:
    found = [one.text for one in offered("link", LOOK)]
    assert found[0] == "nic0" or found.index("nic0") < found.index("lan0")
    assert metas("nic", LOOK) == {"nic0": "virtio-net-pci, 52:54:00:12:34:56, on lan0"}


def test_cards_without_hmp() -> None:
    look = look_at({"query-rx-filter": [{"name": "nic1", "main-mac": "52:54:00:00:00:01"}]})
    assert metas("nic", look) == {"nic1": "network card, 52:54:00:00:00:01"}


def test_a_command_of_its_own_is_used_as_soon_as_a_monitor_has_it() -> None:
    look = look_at({"x-query-network": {"human-readable-text": NETWORK}})
    assert "spare" in metas("netdev", look)


def test_forwards_that_can_be_removed() -> None:
    text = (
        "Hub -1 (net0):\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\n"
        "  TCP[HOST_FORWARD]  14       127.0.0.1  2222       10.0.2.15    22     0     0\n"
        "  UDP[HOST_FORWARD]  15               *  5353       10.0.2.15    53     0     0\n"
    )
    found = metas("hostfwd", look_at({"hmp:info usernet": text}), command="hostfwd_remove")
    assert found == {"tcp:127.0.0.1:2222": "to 10.0.2.15:22", "udp::5353": "to 10.0.2.15:53"}
    assert "tcp::2222-:22" in metas("hostfwd", look_at({}), command="hostfwd_add")


def test_chardevs_in_use_last() -> None:
    rows = [
        {"label": "mon", "filename": "unix:/x", "frontend-open": True},
        {"label": "ring", "filename": "ringbuf", "frontend-open": False},
    ]
    found = metas("chardev", look_at({"query-chardev": rows}))
    assert list(found.items()) == [("ring", "ringbuf"), ("mon", "unix:/x, in use")]
    text = look_at({"hmp:info chardev": "ring: filename=ringbuf\n"}, dialect="hmp")
    assert metas("chardev", text) == {"ring": "ringbuf"}


def test_of_chardevs_only_ring_buffers_can_be_read() -> None:
    ring, other = {"label": "ring", "filename": "ringbuf"}, {"label": "mon", "filename": "unix:/x"}
    look = look_at({"query-chardev": [other, ring]})
    assert list(metas("chardev", look, command="ringbuf_read")) == ["ring"]
    assert list(metas("chardev", look_at({"query-chardev": [other]}), command="ringbuf-read")) == ["mon"]


def test_displays_sound_and_tpm() -> None:
    look = look_at(
        {
            "query-vnc-servers": [{"id": "default", "server": [{"host": "0.0.0.0", "service": "5900"}]}],
            "query-audiodevs": [{"id": "snd0", "driver": "none"}],
            "query-tpm": [{"id": "tpm0", "model": "tpm-tis"}],
        }
    )
    assert metas("display", look) == {"default": "VNC, 0.0.0.0:5900"}
    assert metas("audiodev", look) == {"snd0": "none"}
    assert metas("tpm", look) == {"tpm0": "tpm-tis"}


@pytest.mark.parametrize(
    ("kind", "line"), [("netdev-type", "netdev_add help"), ("chardev-backend", "chardev-add help")]
)
def test_types_are_those_of_the_binary(kind: str, line: str) -> None:
    look = look_at({f"hmp:{line}": "Available types:\n  socket\n  newkind\n"})
    assert list(metas(kind, look)) == ["newkind", "socket"]
    assert {one.suffix for one in offered(kind, look)} == {","}
