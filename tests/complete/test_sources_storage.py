"""Jobs, exports, snapshots, bitmaps."""

from __future__ import annotations

from tests.complete.look import look_at, metas
from tests.complete.test_sources_block import LOOK


def test_snapshots_with_vm_state_first() -> None:
    assert metas("snapshot", LOOK) == {
        "before": "with 1 MiB of VM state, drive0",
        "plain": "disk only, drive0",
    }
    assert metas("snapshot", LOOK, given={"device": "sd0"}) == {}
    assert "before" in metas("snapshot", LOOK, given={"device": "vd0"})


def test_bitmaps_of_the_node_on_the_line() -> None:
    assert metas("bitmap", LOOK) == {"inc": "of free1, recording, 64 KiB dirty"}
    assert metas("bitmap", LOOK, given={"node": "disk1"}) == {}


def test_jobs_and_exports() -> None:
    look = look_at(
        {
            "query-block-jobs": [
                {"device": "j0", "type": "mirror", "status": "running", "offset": 1, "len": 4}
            ],
            "query-jobs": [{"id": "j1", "type": "create", "status": "concluded"}],
            "query-block-exports": [{"id": "e0", "type": "nbd", "node-name": "disk1"}],
        }
    )
    assert metas("job", look) == {"j0": "mirror, running, 25 %"}
    assert metas("any-job", look) == {"j1": "create, concluded"}
    assert metas("export", look) == {"e0": "nbd, of disk1"}


def test_a_text_monitor() -> None:
    look = look_at(
        {
            "hmp:info snapshots": (
                "List of snapshots present on all disks:\nID        TAG               VM SIZE\n"
                "--        before             1.2 MiB 2026-11-22 20:16:19\n"
            ),
            "hmp:info block-jobs": "Type stream, device j0: Completed 0 of 10 bytes, speed limit 0 bytes/s\n",
        },
        dialect="hmp",
    )
    assert list(metas("snapshot", look)) == ["before"]
    assert list(metas("job", look)) == ["j0"]
