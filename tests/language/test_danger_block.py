"""Commands on block devices that destroy data."""

from __future__ import annotations

import pytest

from qmonsh.language.danger_block import in_units
from tests.language.frozen import careful, frozen


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (512, "512 bytes"),
        (1024, "1 KiB"),
        (1536 << 20, "1536 MiB"),
        (1 << 30, "1 GiB"),
        ((1 << 30) + 1, "1073741825 bytes"),
        (1 << 60, "1024 PiB"),
    ],
)
def test_size_is_said_exactly(size: int, words: str) -> None:
    assert in_units(size) == words


def test_size_that_the_monitor_does_not_tell_does_not_ask() -> None:
    sizes = [{"image": {"virtual-size": size}} for size in ("?", -1, 10**4200)]
    for node in ({}, {"image": 5}, *sizes):
        entry = {"device": "d", "inserted": {"node-name": "n", **node}}
        assert not careful("block_resize d 1M", frozen(answers={"query-block": [entry]})).danger


def test_exports_are_named_and_counted() -> None:
    exports = [{"type": "nbd", "id": f"e{n}", "node-name": f"n{n}"} for n in range(5)]
    danger = careful("nbd_server_stop", frozen(answers={"query-block-exports": exports})).danger
    assert danger.endswith("the exports of n0, n1, n2 and 2 more")
    others = [{"type": "vhost-user-blk", "id": "e"}]
    assert not careful("nbd_server_stop", frozen(answers={"query-block-exports": others})).danger


def test_medium_that_is_not_locked_is_ejected_unasked() -> None:
    entry = {"device": "cd0", "qdev": "cdrom0", "locked": False, "inserted": {"node-name": "n"}}
    assert not careful("eject -f cd0", frozen(answers={"query-block": [entry]})).danger
    locked = frozen(answers={"query-block": [{**entry, "locked": True}]})
    assert "locked" in careful("change cd0 -f new.iso", locked).danger
