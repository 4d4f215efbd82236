"""What a machine is made of."""

from __future__ import annotations

import pytest

from qmonsh.complete.sources_machine import parse_qtree, resolve_driver
from tests.complete.frozen import VERSIONS, captured
from tests.complete.look import look_at, metas, offered

DRIVERS = """\
Network devices:
name "e1000", bus PCI, desc "Intel Gigabit"
name "virtio-net-pci", bus PCI, alias "virtio-net"
USB devices:
name "usb-kbd", bus usb-bus
Display devices:
name "VGA", bus PCI
name "x-odd", bus PCI
"""
TREE = """\
bus: main-system-bus
  type System
  dev: q35-pcihost, id ""
    name = "bus: fake"
    bus: pcie.0
      type PCIE
      dev: pcie-root-port, id "rp1"
        slot = 0 (0x0)
        bus: rp1
          type PCIE
          dev: e1000, id "nic0"
      dev: pcie-root-port, id "rp2"
        bus: rp2
          type PCIE
      dev: qemu-xhci, id "usb0"
        bus: usb0.0
          type usb-bus
          dev: usb-tablet, id ""
          dev: usb-mouse, id "m"
      dev: pci-bridge, id "br1"
        bus: br1
          type PCI
"""
LOOK = look_at({"hmp:device_add help": DRIVERS, "hmp:info qtree": TREE, "hmp:help info": "info qtree -- x\n"})


def test_drivers_with_bus_description_and_alias() -> None:
    found = {one.text: one for one in offered("driver", LOOK)}
    assert found["e1000"].meta == "PCI, Intel Gigabit"
    assert found["virtio-net"].meta == "alias of virtio-net-pci, PCI, Network"
    assert found["x-odd"].flag == "unstable"
    assert resolve_driver(LOOK, "virtio-net") == "virtio-net-pci" and resolve_driver(LOOK, "z") == "z"


def test_drivers_without_hmp() -> None:
    look = look_at({})
    from qmonsh.complete.question import question

    commands = question("query-commands")
    look.facts.answers[commands] = [{"name": "qom-list-types"}]  # type: ignore[attr-defined]
    types = question("qom-list-types", abstract=False, implements="device")
    look.facts.answers[types] = [{"name": "e1000", "parent": "e1000-base"}]  # type: ignore[attr-defined]
    assert metas("driver", look) == {"e1000": "e1000-base"}


ROOT = ["pcie-root-port rp1", "pcie-root-port rp2", "qemu-xhci usb0", "pci-bridge br1"]


def test_buses_of_the_device_tree() -> None:
    found = parse_qtree(TREE)
    assert [(bus.name, bus.type, bus.owner, bus.owner_id, bus.devices) for bus in found[:4]] == [
        ("main-system-bus", "System", "", "", ["q35-pcihost"]),
        ("pcie.0", "PCIE", "q35-pcihost", "", ROOT),
        ("rp1", "PCIE", "pcie-root-port", "rp1", ["e1000 nic0"]),
        ("rp2", "PCIE", "pcie-root-port", "rp2", []),
    ]  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_the_device_trees_of_real_qemus(version: str) -> None:
    found = {bus.name: bus for bus in parse_qtree(captured(version, "hmp-info-qtree.txt"))}
    assert found["pcie.0"].type == "PCIE" and len(found["pcie.0"].devices) > 3
    assert found["ide.0"].owner.startswith("ich9-ahci") and found["main-system-bus"].type == "System"


def test_buses_without_hot_plug_say_so() -> None:
    answers = {
        "hmp:device_add help": 'Storage devices:\nname "ide-cd", bus IDE\n',
        "hmp:info qtree": 'bus: main-system-bus\n  type System\n  dev: ich9-ahci, id ""\n'
        "    bus: ide.0\n      type IDE\n",
    }
    assert metas("bus", look_at(answers), driver="ide-cd") == {"ide.0": "IDE, empty, refuses hot-plug"}


def test_buses_that_the_driver_fits_on_free_first() -> None:
    found = metas("bus", LOOK, driver="e1000")
    assert found == {
        "rp2": "PCIE, free slot of pcie-root-port",
        "br1": "PCI, empty, of pci-bridge",
        "rp1": "PCIE, taken by e1000 nic0",
        "pcie.0": "PCIE, refuses hot-plug",
    }
    assert metas("bus", LOOK, driver="usb-kbd") == {"usb0.0": "usb-bus, 2 devices, of qemu-xhci"}
    assert len(metas("bus", LOOK, driver="unknown")) == 6


def test_the_brief_tree_is_asked_for_where_there_is_one() -> None:
    look = look_at(
        {"hmp:help": "", "hmp:help info": "info qtree [-b] -- show device tree\n", "hmp:info qtree -b": TREE}
    )
    assert "rp2" in metas("bus", look)


def test_buses_without_hmp_are_those_of_bridges() -> None:
    bridge = {"qdev_id": "rp1", "pci_bridge": {"bus": {}, "devices": [{"qdev_id": "nic0"}]}}
    empty = {"qdev_id": "rp2", "pci_bridge": {"bus": {}}}
    look = look_at({"query-pci": [{"bus": 0, "devices": [bridge, empty]}]})
    names = [row for row in look.ask("query-commands") if row["name"] != "human-monitor-command"]
    from qmonsh.complete.question import question

    look.facts.answers[question("query-commands")] = names  # type: ignore[attr-defined]
    found = metas("bus", look)
    assert list(found) == ["rp2", "rp1"] and found["rp1"] == "PCI, taken by nic0"


def test_screens() -> None:
    look = look_at(
        {
            "hmp:device_add help": DRIVERS,
            "qom-list /machine/peripheral": [
                {"name": "vga0", "type": "child<VGA>"},
                {"name": "nic0", "type": "child<e1000>"},
            ],
        }
    )
    assert metas("console", look) == {"vga0": "VGA"}


def test_mice() -> None:
    look = look_at({"query-mice": [{"index": 2, "name": "tablet", "current": True}]})
    assert metas("mouse", look) == {"2": "tablet, current"}
    text = look_at({"hmp:info mice": "* Mouse #2: tablet\n"}, dialect="hmp")
    assert metas("mouse", text) == {"2": "tablet"}
