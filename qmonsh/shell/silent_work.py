"""What is known beforehand of commands that hold QEMU's main loop, so that it answers nothing meanwhile.

Pure: a row for each command says what is to be asked before it is sent, and what the answers tell of the
bytes that it will move. Must not know processes or files. (``snapshot-save`` is a job in name only: the
whole of it runs in the main loop, and its progress is 0 or 1.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from qmonsh.language.plan import Plan, Way

#: The answers to a row's questions by command; a question that was not answered is missing.
Answers = Mapping[str, Any]

WRITING, READING = "writing", "reading"


class Estimate(NamedTuple):
    """How much a command moves: ``total`` bytes, exactly or (``is_bound``) at most; 0 when unknown.

    ``files`` are those that it writes, as QEMU names them. ``is_memory`` says that the total is the guest's
    whole memory, of which what was never touched takes no room.
    """

    total: int = 0
    is_bound: bool = True
    files: tuple[str, ...] = ()
    is_memory: bool = False

    def record(self, moved: int, in_use: int = 0) -> dict[str, Any]:
        """Return a record for ``progress_line``; ``in_use`` is the memory that was touched, 0 when unknown.

        It bounds what is saved, but memory that lies in a file may hold more: then the whole does again.
        """
        total = min(self.total, in_use) if self.is_memory and in_use else self.total
        total = self.total if moved > total else total
        # What is written besides (tables of the image) may go a little beyond the data itself.
        done = min(moved, total) if total else moved
        return {"status": "", "completed": done, "total": total, "at-most": self.is_bound}


class SilentWork(NamedTuple):
    """A command that holds the monitor: whether it is writing or reading, what to ask, what that tells."""

    doing: str
    questions: tuple[str, ...]
    estimate: Callable[[Plan, Answers], Estimate]


def silent_work(plan: Plan) -> SilentWork | None:
    """Return what is known of a plan that holds the monitor, None for others."""
    return SILENT_WORK.get(plan.name)


def _saved(plan: Plan, answers: Answers) -> Estimate:
    """All memory goes into one of the disks that can be written."""
    size = _object(answers.get("query-memory-size-summary"))
    total = _number(size.get("base-memory")) + _number(size.get("plugged-memory"))
    files = (_text(node.get("file")) for _, node in _drives(answers) if not node.get("ro"))
    return Estimate(total, files=tuple(filter(None, files)), is_memory=True)


def _loaded(plan: Plan, answers: Answers) -> Estimate:
    """The state of a snapshot has the size that its disk tells; one disk holds it."""
    tag = _operand(plan)
    snapshots = (one for _, node in _drives(answers) for one in _objects(_image(node).get("snapshots")))
    meant = (one for one in snapshots if tag in (one.get("name"), one.get("id")))
    sizes = (_number(one.get("vm-state-size")) for one in meant)
    return Estimate(max(sizes, default=0), is_bound=False)


def _committed(plan: Plan, answers: Answers) -> Estimate:
    """What the overlay holds goes into its backing file."""
    device = _operand(plan)
    meant = [
        _image(node)
        for drive, node in _drives(answers)
        if device in ("all", drive.get("device")) and node.get("backing_file")
    ]
    names = (_text(image.get("full-backing-filename")) for image in meant)
    total = sum(_number(image.get("actual-size")) for image in meant)
    return Estimate(total, files=tuple(filter(None, names)))


def _copied(plan: Plan, answers: Answers) -> Estimate:
    """The memory that is named, into the file that is named."""
    arguments = plan.steps[-1].arguments if plan.steps else None
    given = arguments or {}
    return Estimate(_number(given.get("size")), is_bound=False, files=(_text(given.get("filename")),))


SILENT_WORK: Mapping[str, SilentWork] = {
    "savevm": SilentWork(WRITING, ("query-block", "query-memory-size-summary"), _saved),
    "loadvm": SilentWork(READING, ("query-block",), _loaded),
    "commit": SilentWork(WRITING, ("query-block",), _committed),
    "memsave": SilentWork(WRITING, (), _copied),
    "pmemsave": SilentWork(WRITING, (), _copied),
}


def _operand(plan: Plan) -> str:
    """Return the word after the command."""
    line = plan.line
    if plan.way is Way.PASSTHROUGH and plan.steps:  # without the pipe that the user's line may end in
        line = _text((plan.steps[0].arguments or {}).get("command-line")) or line
    return line.strip().partition(" ")[2].strip().strip('"')


def _drives(answers: Answers) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each drive of query-block with the image that is in it."""
    for drive in _objects(answers.get("query-block")):
        node = drive.get("inserted")
        if isinstance(node, dict):
            yield drive, node


def _image(node: Mapping[str, Any]) -> dict[str, Any]:
    return _object(node.get("image"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63 else 0
