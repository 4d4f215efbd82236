from __future__ import annotations

from typing import Any

from qmonsh.render.text import render_text


def function(**more: Any) -> dict[str, Any]:
    return {
        "bus": 0,
        "slot": 31,
        "function": 2,
        "class_info": {"class": 262, "desc": "SATA controller"},
        "id": {"vendor": 0x8086, "device": 0x2922},
        "qdev_id": "",
        "regions": [],
        **more,
    }


def shown(*functions: dict[str, Any]) -> list[str]:
    return render_text([{"bus": 0, "devices": list(functions)}], view="info pci").splitlines()


def test_function_is_placed_in_both_notations() -> None:
    place = "Bus  0, device  31, function 2 (00:1f.2)"
    assert shown(function())[1] == f"└─ {place}: SATA controller: PCI device 8086:2922"


def test_class_without_a_name_has_its_number() -> None:
    assert "Class 0255 (0x00ff): PCI device" in shown(function(class_info={"class": 255}))[1]


def test_regions_say_what_and_where() -> None:
    regions = [
        {"bar": 0, "type": "io", "address": 0xD280, "size": 32},
        {
            "bar": 1,
            "type": "memory",
            "address": 0xFEA00000,
            "size": 4096,
            "prefetch": False,
            "mem_type_64": False,
        },
        {"bar": 4, "type": "memory", "address": 2**33, "size": 2**20, "prefetch": True, "mem_type_64": True},
        {"bar": 6, "type": "memory", "address": -1, "size": 65536, "prefetch": False, "mem_type_64": False},
        {"bar": 5, "type": "io", "address": 2**64 - 1, "size": 4},
    ]
    assert [line.strip() for line in shown(function(regions=regions))[2:7]] == [
        "BAR0: I/O at 0xd280 [0xd29f], 32 B",
        "BAR1: 32 bit memory at 0xfea00000 [0xfea00fff], 4 KiB (4096)",
        "BAR4: 64 bit prefetchable memory at 0x200000000 [0x2000fffff], 1 MiB (1048576)",
        "BAR6: 32 bit memory (not mapped), 64 KiB (65536)",
        "BAR5: I/O (not mapped), 4 B",
    ]


def test_interrupt_without_a_pin_letter_is_a_number() -> None:
    assert "IRQ 5, pin 0" in shown(function(irq=5, irq_pin=0))[2]
    assert "IRQ 5, pin D" in shown(function(irq=5, irq_pin=4))[2]


def test_id_is_that_of_device_add() -> None:
    assert shown(function(qdev_id="sata\x1b0"))[-1].endswith('id "sata\\x1b0"')
