"""Commands that are dangerous at some times only: the table, and that every spelling is judged."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest

from qmonsh.language.danger import can_act, danger_of
from qmonsh.language.danger_live import LIVE, row_name
from qmonsh.language.rules import all_rules
from tests.language.frozen import VERSIONS, careful, frozen

IMAGE = {"virtual-size": 64 << 20, "snapshots": [{"name": "old", "id": "1"}]}
DISK = {"node-name": "disk0-node", "drv": "qcow2", "image": IMAGE}
ANSWERS: dict[str, Any] = {
    "query-block": [
        {"device": "disk0", "qdev": "/machine/peripheral/vda/virtio-backend", "inserted": DISK},
        {"device": "cd0", "qdev": "cdrom0", "locked": True, "removable": True, "inserted": {}},
    ],
    "query-named-block-nodes": [DISK, {"node-name": "loose", "image": {"virtual-size": 1 << 30}}],
    "query-status": {"status": "postmigrate"},
    "query-migrate": {"status": "postcopy-active"},
    "query-balloon": {"actual": 1 << 30},
    "query-block-exports": [{"type": "nbd", "id": "e", "node-name": "disk0-node"}],
}
#: Lines that ask first as things are in ANSWERS, each with a spelling that does not.
LINES = [
    ("block_resize disk0 32M", "block_resize disk0 128M"),
    ("block_resize vda 32M", "block_resize vda 64M"),
    ("block_resize disk0-node 32", "block_resize disk0-node 65"),
    ("block_resize node-name=loose size=1M", "block_resize node-name=loose size=2G"),
    ("block_resize device=disk0 size=1048576", "block_resize device=nosuch size=1048576"),
    ("hmp block_resize disk0 32M", "hmp block_resize disk0 65M"),
    ("eject -f cd0", "eject cd0"),
    ("eject -f cdrom0", "eject -f disk0"),
    ("hmp eject -f cd0", "hmp eject cd0"),
    ("eject id=cdrom0 force=on", "eject id=cdrom0 force=off"),
    ("blockdev-open-tray id=cdrom0 force=true", "blockdev-open-tray id=cdrom0"),
    ("savevm old", "savevm new"),
    ("balloon 511", "balloon 512"),
    ("balloon value=512", "balloon value=1G"),
    ("nbd_server_stop", "nbd_server_remove e"),
    ("hmp nbd_server_stop", "hmp nbd_server_remove e"),
    ("c", "stop"),
    ("migrate_cancel", "migrate_pause"),
    ("screendump there.ppm", "screendump new.ppm"),
    ("hmp screendump there.ppm", "hmp screendump new.ppm"),
    ("drive_mirror disk0 there.img", "drive_mirror -n disk0 there.img"),
    ("hmp drive_backup disk0 there.img", "hmp drive_backup -n disk0 there.img"),
    ("snapshot_blkdev disk0 there.img", "snapshot_blkdev -n disk0 there.img"),
    ("hmp snapshot_blkdev disk0 there.img", "hmp snapshot_blkdev disk0 new.img"),
    ("qom-set /machine/peripheral/vda realized off", "qom-set /machine/peripheral/vda realized on"),
    (
        '{"execute": "block_resize", "arguments": {"node-name": "disk0-node", "size": 1048576}}',
        '{"execute": "block_resize", "arguments": {"node-name": "disk0-node", "size": 67108864}}',
    ),
    (
        '{"execute": "human-monitor-command", "arguments": {"command-line": "block_resize disk0 1"}}',
        '{"execute": "human-monitor-command", "arguments": {"command-line": "block_resize disk0 64"}}',
    ),
]


@pytest.mark.parametrize(("line", "harmless"), LINES)
def test_line_asks_first_when_it_harms_as_things_are(line: str, harmless: str) -> None:
    known = frozen("10.0", answers=ANSWERS, files=["there.ppm", "there.img"])
    assert careful(line, known).danger, line
    assert not careful(harmless, known).danger, harmless


@pytest.mark.parametrize("version", VERSIONS)
def test_cutting_an_image_says_from_and_to(version: str) -> None:
    for line in ("block_resize disk0 32M", "block_resize device=disk0 size=33554432"):
        danger = careful(line, frozen(version, answers=ANSWERS)).danger
        assert danger == "it cuts 'disk0' from 64 MiB to 32 MiB; what lies behind is lost"


def test_actions_of_a_transaction_are_judged_each() -> None:
    action = {"type": "drive-backup", "data": {"device": "disk0", "target": "there.img", "sync": "full"}}
    for more, dangerous in (({}, True), ({"mode": "existing"}, False)):
        data = {**action, "data": {**action["data"], **more}}  # type: ignore[dict-item]
        line = json.dumps({"execute": "transaction", "arguments": {"actions": [5, {"type": 5}, data]}})
        assert bool(careful(line, frozen(files=["there.img"])).danger) is dangerous


@pytest.mark.parametrize("arguments", [None, {}, 5, [], {"actions": 5}, {"command-line": 5}, {"backend": 5}])
@pytest.mark.parametrize("command", [*LIVE, "transaction", "human-monitor-command"])
def test_odd_arguments_do_no_harm(command: str, arguments: Any) -> None:
    line = {"execute": command, "arguments": arguments}
    if not isinstance(arguments, dict):
        line.pop("arguments")
    known = frozen(answers={name: 5 for name in ANSWERS}, files=["there.img"])
    static = danger_of(command, line.get("arguments"))
    assert careful(json.dumps(line), known).danger == static


def test_line_that_the_monitor_would_refuse_is_not_judged() -> None:
    assert not careful("hmp block_resize disk0", frozen(answers=ANSWERS)).danger
    assert not careful("hmp nosuch disk0", frozen(answers=ANSWERS)).danger


def test_text_monitor_is_judged_by_files_alone() -> None:
    known = frozen(drop=frozen().commands(), files=["there.ppm"])
    assert careful("screendump there.ppm", known, text_monitor=True).danger
    assert not careful("block_resize disk0 1", known, text_monitor=True).danger


def test_rows_name_functions_and_commands_that_act() -> None:
    for command, row in LIVE.items():
        module, _, function = row.judge.partition(".")
        assert callable(getattr(import_module(f"qmonsh.language.{module}"), function)), command
        assert can_act(command) and row.when and not row.when.endswith(".")


def test_every_row_is_known_to_some_monitor_or_to_hmp() -> None:
    known = {name for version in VERSIONS for name in frozen(version).commands()}
    known |= {rule.name for rule in all_rules()}
    assert LIVE.keys() - known <= {"dump-skeys", "xen-save-devices-state"}  # of s390x and Xen


def test_what_only_reads_never_asks() -> None:
    assert not [rule.name for rule in all_rules() if not rule.acts and row_name(rule)]
