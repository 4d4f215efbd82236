"""Jobs where HMP does things at once, for monitors without HMP."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.errors import LineError
from qmonsh.language.plan import Plan, Way
from qmonsh.language.translate import translate
from tests.language.frozen import BLOCK, frozen


def plan(line: str, **more: Any) -> Plan:
    answers = {**BLOCK, **more}
    return translate(line, frozen(answers=answers, has_hmp=False))


def test_hmp_is_preferred_while_there_is_one() -> None:
    for line in ("savevm a", "loadvm a", "delvm a", "commit dr0"):
        assert translate(line, frozen(answers=BLOCK)).way is Way.PASSTHROUGH


def test_snapshot_takes_the_writable_disks() -> None:
    step = plan("savevm a").steps[0]
    assert step.command == "snapshot-save"
    assert step.arguments == {
        "job-id": "qmonsh-snapshot-save-0",
        "tag": "a",
        "vmstate": "#block1",
        "devices": ["#block1", "disk1"],
    }
    assert step.wait is not None and step.wait.job == "qmonsh-snapshot-save-0"


def test_vm_state_goes_to_a_disk_that_can_hold_it() -> None:
    disks = [
        {"device": "a", "inserted": {"node-name": "n1", "drv": "raw", "ro": False}},
        {"device": "b", "inserted": {"node-name": "n2", "drv": "qcow2", "ro": False}},
        {"device": "c", "inserted": {"node-name": "n3", "drv": "qcow2", "ro": True}},
    ]
    arguments = plan("savevm a", **{"query-block": disks}).steps[0].arguments
    assert arguments is not None
    assert (arguments["vmstate"], arguments["devices"]) == ("n2", ["n1", "n2"])


def test_snapshot_of_the_same_name_is_replaced() -> None:
    steps = plan("savevm old").steps
    assert [step.command for step in steps] == ["snapshot-delete", "snapshot-save"]
    assert all(step.wait is not None for step in steps)
    assert len({step.wait.job for step in steps if step.wait}) == 2


def test_job_id_is_free() -> None:
    taken = [{"id": "qmonsh-snapshot-delete-0"}, {"id": "qmonsh-snapshot-delete-1"}]
    arguments = plan("delvm a", **{"query-jobs": taken}).steps[0].arguments
    assert arguments is not None
    assert arguments["job-id"] == "qmonsh-snapshot-delete-2"
    assert "vmstate" not in arguments


def test_commit_keeps_the_overlay() -> None:
    steps = plan("commit all").steps
    assert [step.arguments["device"] for step in steps if step.arguments] == ["disk1"]
    wait = steps[0].wait
    assert wait is not None and wait.ready == ("block-job-cancel", "device")


def test_commit_goes_into_the_next_image_only() -> None:
    (step,) = plan("commit all").steps
    assert step.arguments is not None
    assert step.arguments["base"], "without a base QEMU merges the whole chain"


@pytest.mark.parametrize("line", ["savevm", "commit nosuch"])
def test_what_cannot_be_said_is_refused(line: str) -> None:
    with pytest.raises(LineError):
        plan(line)


def test_no_writable_disk_is_refused() -> None:
    with pytest.raises(LineError, match="none is writable"):
        plan("savevm a", **{"query-block": [{"device": "a"}]})


def test_hostile_answers_do_no_harm() -> None:
    answers: list[Any] = [None, 5, {}, [5, None, {"inserted": 5}, {"inserted": {"node-name": 5}}]]
    for answer in answers:
        with pytest.raises(LineError):
            plan("savevm a", **{"query-block": answer, "query-jobs": answer})
