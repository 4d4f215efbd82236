"""HMP's descriptions of itself."""

from __future__ import annotations

import re

import pytest

from qmonsh.complete.help_text import (
    Driver,
    description_of,
    flag_help,
    parse_drivers,
    parse_help,
    parse_listed,
    parse_log_items,
    parse_options,
    synopsis_of,
)
from tests.complete.frozen import VERSIONS, captured

HELP = """\
device_add driver[,prop=value][,...] -- add device
cont|c  -- resume emulation
drive_add [-n] [[<domain>:]<bus>:]<slot>
[file=file][,if=type] -- add drive
\t\t\t more words
info block [-n] [-v] [device] -- show info
info [subcommand] -- show various information
nbd_server_stop nbd_server_stop -- stop
"""


def test_help_joins_continuations_and_splits_aliases() -> None:
    found = parse_help(HELP)
    assert set(found) == {"device_add", "cont", "c", "drive_add", "info block", "info", "nbd_server_stop"}
    assert found["drive_add"].endswith("add drive more words")
    assert description_of(found["c"]) == "resume emulation"


@pytest.mark.parametrize(
    ("name", "synopsis"),
    [
        ("device_add", "driver[,prop=value][,...]"),
        ("cont", ""),
        ("info block", "[-n] [-v] [device]"),
        ("info", "[subcommand]"),
        ("nbd_server_stop", ""),
    ],
)
def test_synopsis(name: str, synopsis: str) -> None:
    assert synopsis_of(parse_help(HELP)[name]) == synopsis


@pytest.mark.parametrize("version", VERSIONS)
def test_help_of_real_qemus(version: str) -> None:
    found = parse_help(captured(version, "hmp-help.txt")) | parse_help(captured(version, "hmp-help_info.txt"))
    assert {"c", "cont", "q", "quit", "device_add", "info", "info block", "info network", "x"} <= set(found)
    assert [name for name in found if not re.fullmatch(r"[a-z?][\w -]*", name)] == []


def test_drivers_with_all_that_a_line_can_have() -> None:
    text = (
        "Network devices:\n"
        'name "virtio-net-pci", bus PCI, alias "virtio-net"\n'
        'name "e1000", bus PCI, alias "e1000-82540em", desc "Intel "Gigabit", Ethernet"\n'
        'name "hpet", bus System, no-user\n'
        "\nInput devices:\n"
        'name "x", bus y-bus\r\nname "bare"\n'
    )
    found = parse_drivers(text)
    assert found["virtio-net-pci"] == Driver("virtio-net-pci", "PCI", "virtio-net", "", "Network devices")
    assert found["e1000"].description == 'Intel "Gigabit", Ethernet'
    assert found["bare"].category == "Input devices" and found["x"].bus == "y-bus"
    assert "hpet" not in found


@pytest.mark.parametrize(("version", "names"), [("5.2", 372), ("7.2", 388), ("10.0", 431), ("11.1", 480)])
def test_drivers_of_real_qemus(version: str, names: int) -> None:
    assert len(parse_drivers(captured(version, "hmp-device_add_help.txt"))) == names


def test_lists() -> None:
    assert parse_listed("Available netdev backend types:\nuser\ntap\n") == ["user", "tap"]
    assert parse_listed("Error: Parameter 'id' is missing\n") == []


def test_log_items() -> None:
    text = "Log items (comma separated):\nnone       remove all logs\nin_asm     show code\nbare\n"
    assert parse_log_items(text) == {"none": "remove all logs", "in_asm": "show code", "bare": ""}


@pytest.mark.parametrize("version", VERSIONS)
def test_options_of_a_device_as_text(version: str) -> None:
    text = captured(version, "hmp-device_add_virtio-net-pci_help.txt")
    rows = {row["name"]: row for row in parse_options(text)}
    assert len(rows) == len(text.splitlines()) - 1
    assert rows["mq"]["type"] == "bool" and rows["mq"]["default-value"] in ("false", "off")
    assert rows["addr"]["description"].startswith("Slot and optional")


@pytest.mark.parametrize(
    ("description", "flag", "said"),
    [
        ("eject a removable medium (use -f to force it)", "f", "force it"),
        ("show info (-n: show named nodes; -v: show details)", "n", "show named nodes"),
        ("show info (-n: show named nodes; -v: show details)", "v", "show details"),
        ("migrate to URI (using -d to not wait) -r to resume a migration", "d", "not wait"),
        ("migrate to URI (using -d to not wait) -r to resume a migration", "r", "resume a migration"),
        ("The -n flag requests reuse. The default is qcow2.", "n", "requests reuse"),
        (
            "-z: in format z, with zlib. -R: with (-z, -l), use raw -w: last. begin: where",
            "R",
            "with (-z, -l), use raw",
        ),
        ("-z: in format z, with zlib. -R: raw -w: last. begin: where", "w", "last"),
        ("inject -a for advisory error -c for correctable error", "a", "advisory error"),
        ("nothing about it", "f", ""),
        ("kdump-f: no flag", "f", ""),
    ],
)
def test_flag_help_is_found_in_the_description(description: str, flag: str, said: str) -> None:
    assert flag_help(f"cmd [-{flag}] arg -- {description}", flag) == said
