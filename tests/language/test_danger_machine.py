"""Commands on machine, migration and network that harm the guest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from qmonsh.errors import CommandError
from tests.language.frozen import careful, frozen

CHILDREN = {
    "/machine/peripheral": [
        {"name": "net0", "type": "child<virtio-net-pci>"},
        {"name": "type", "type": "string"},
    ],
    "/machine/peripheral-anon": [{"name": "device[0]", "type": "child<usb-tablet>"}],
    "/machine/unattached": [{"name": "device[7]", "type": "child<e1000e>"}, {"name": 5}],
}
NETDEVS = {"/machine/peripheral/net0": "n0", "/machine/unattached/device[7]": "n1"}


def netdev_of(arguments: Mapping[str, Any]) -> str:
    if arguments["path"] not in NETDEVS:
        raise CommandError("GenericError", "no such property")
    return NETDEVS[arguments["path"]]


@pytest.mark.parametrize(("netdev", "card"), [("n0", "net0"), ("n1", "device[7]"), ("n2", "")])
def test_network_is_taken_from_a_card_only_when_confirmed(netdev: str, card: str) -> None:
    answers = {"qom-list": lambda given: CHILDREN[given["path"]], "qom-get": netdev_of}
    for line in (f"netdev_del {netdev}", f"netdev_del id={netdev}", f"hmp netdev_del {netdev}"):
        danger = careful(line, frozen(answers=answers)).danger
        assert danger == (
            f"the network card {card} uses it and stays without network for good" if card else ""
        )


@pytest.mark.parametrize("status", ["running", "paused", "prelaunch", "inmigrate", "io-error"])
def test_vm_that_is_here_goes_on_unasked(status: str) -> None:
    assert not careful("cont", frozen(answers={"query-status": {"status": status}})).danger


@pytest.mark.parametrize("reply", [{}, {"status": "active"}, {"status": "completed"}, 5])
def test_migration_before_postcopy_is_cancelled_unasked(reply: Any) -> None:
    assert not careful("migrate_cancel", frozen(answers={"query-migrate": reply})).danger


def test_vm_without_a_balloon_does_not_ask() -> None:
    assert not careful("balloon 1", frozen(drop=["query-balloon"])).danger


def test_other_properties_are_set_unasked() -> None:
    assert not careful("qom-set /machine/x hotplugged off", frozen(drop=["qom-list"])).danger


@pytest.mark.parametrize(("name", "asks"), [("mon0", True), ("io0", False), ("nosuch", False)])
def test_monitor_is_deleted_only_when_confirmed(name: str, asks: bool) -> None:
    rows = [{"name": "mon0", "type": "child<monitor-qmp>"}, {"name": "io0", "type": "child<iothread>"}]
    for line in (f"object_del {name}", f"object-del id={name}", f"hmp object_del {name}"):
        danger = careful(line, frozen(answers={"qom-list": rows})).danger
        assert danger.startswith("it is a monitor of this VM") is asks and bool(danger) is asks
