"""What HMP does at once and QMP does in jobs: savevm, loadvm, delvm, commit.

Only taken where HMP is not to be had (their rows say so). A job's failure is in query-jobs alone, so each
step waits for its job.
"""

from __future__ import annotations

from typing import Any

from qmonsh.language.call import Call, Inexact, Twin, records
from qmonsh.language.plan import Step, Wait

#: Image formats that hold snapshots with the VM's state.
_SNAPSHOT_FORMATS = frozenset({"qcow2", "qed", "sheepdog", "rbd"})


def snapshot(call: Call) -> Twin:
    """``savevm``, ``loadvm``, ``delvm``: all writable disks, the state in the first that can hold it.

    A snapshot of the same name is replaced by ``savevm``, as HMP does.
    """
    if not call.has("tag"):
        raise call.error("the name of the snapshot is missing: without HMP nothing makes one up")
    tag = call.place("tag").text
    nodes = _writable_nodes(call)
    names = [_name(node) for node in nodes]
    if not names:
        raise call.error("no disk can hold a snapshot: none is writable")
    steps = []
    if call.twin == "snapshot-save" and any(_has_snapshot(node, tag) for node in nodes):
        steps.append(_job(call, "snapshot-delete", {"tag": tag, "devices": names}, 0))
    arguments: dict[str, Any] = {"tag": tag}
    if call.twin != "snapshot-delete":
        holder = next((_name(one) for one in nodes if _format(one) in _SNAPSHOT_FORMATS), names[0])
        arguments["vmstate"] = holder
    arguments["devices"] = names
    steps.append(_job(call, call.twin, arguments, len(steps)))
    return Twin(tuple(steps), why=f"{call.twin} is a job, which is waited for")


def _job(call: Call, command: str, arguments: dict[str, Any], number: int) -> Step:
    job = _free_job(call, command, number)
    wait = Wait("job", job=job, what=call.rule.name)
    return Step(command, {"job-id": job, **arguments}, wait=wait)


def _free_job(call: Call, command: str, number: int) -> str:
    """Return a job-id that no job has, told by query-jobs."""
    taken = {job.get("id") for job in records(call.ask("query-jobs"))}
    wanted = f"qmonsh-{command}-{number}"
    while wanted in taken:
        number += 1
        wanted = f"qmonsh-{command}-{number}"
    return wanted


def _writable_nodes(call: Call) -> list[dict[str, Any]]:
    """Return what is in the drives that are written to, each node once, in the order of query-block."""
    found: dict[str, dict[str, Any]] = {}
    for entry in records(call.ask("query-block")):
        inserted = entry.get("inserted")
        if isinstance(inserted, dict) and not inserted.get("ro") and _name(inserted):
            found.setdefault(_name(inserted), inserted)
    return list(found.values())


def _name(node: dict[str, Any]) -> str:
    value = node.get("node-name")
    return value if isinstance(value, str) else ""


def _format(node: dict[str, Any]) -> str:
    value = node.get("drv")
    return value if isinstance(value, str) else ""


def _has_snapshot(node: dict[str, Any], tag: str) -> bool:
    image = node.get("image")
    snapshots = records(image.get("snapshots")) if isinstance(image, dict) else []
    return any(one.get("name") == tag for one in snapshots)


def commit(call: Call) -> Twin:
    """``commit DEVICE|all``: writes the overlay into its backing file and goes on with the overlay.

    The job is stopped when both are equal (block-job-cancel of a ready job), as completing it would go on
    with the backing file.
    """
    word = call.place("device").text
    steps: list[Step] = []
    for entry in records(call.ask("query-block")):
        inserted = entry.get("inserted")
        if not isinstance(inserted, dict) or not _is_meant(entry, inserted, word):
            continue
        backing = inserted.get("backing_file")
        if word == "all" and not backing:
            continue
        job = _free_job(call, "commit", len(steps))
        wait = Wait("job", job=job, what="commit", ready=("block-job-cancel", "device"))
        # Without a base all images of the chain would be merged; HMP writes into the next one only.
        base = {"base": backing} if backing else {}
        arguments = {"job-id": job, "device": _name(inserted), **base, "auto-dismiss": False}
        steps.append(Step(call.twin, arguments, wait=wait))
    if not steps and word != "all":
        raise call.error(f"there is no block device '{word}'", "device")
    if not steps:
        raise Inexact("no drive has a backing file")
    return Twin(tuple(steps), why="block-commit is a job, which is waited for")


def _is_meant(entry: dict[str, Any], inserted: dict[str, Any], word: str) -> bool:
    return word in ("all", entry.get("device"), entry.get("qdev"), _name(inserted))
