"""The same line leaves the same VM behind as in QEMU's own monitor: all scenes, on two identical VMs.

For each line both sides must agree on whether it failed; ``info`` must say the same; and after every few
lines the whole observable state must be the same (QMONSH_TRUTH_STEP=1 compares after every line).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.real.machine import system_qemu
from tests.real.truth_facts import missing_facts
from tests.real.truth_known import is_known
from tests.real.truth_scenes import SCENES, WITHOUT_HMP, Scene
from tests.real.truth_twins import Answer, Twins

STEP = int(os.environ.get("QMONSH_TRUTH_STEP", "6"))


def test_scenes_are_enough() -> None:
    lines = [line for scene in SCENES for line in scene.lines]
    assert len({line.removeprefix("! ").removeprefix("? ") for line in lines}) >= 150
    drivers = {line.split("device_add ")[1].split(",")[0] for line in lines if "device_add " in line}
    assert len(drivers) >= 40


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_line_leaves_the_same_vm(qemu: str, scene: Scene) -> None:
    with Twins(qemu, scene.args, machine=scene.machine) as twins:
        assert twins.differences() == [], "the twins are alike before the first line"
        problems = list(_problems(twins, scene))
    assert not problems, "\n".join(problems)


@pytest.mark.real
@pytest.mark.parametrize("scene", WITHOUT_HMP, ids=lambda scene: scene.name)
def test_line_leaves_the_same_vm_without_hmp(scene: Scene) -> None:
    """The same where a peer takes HMP away; lines that then cannot be said go to neither side."""
    qemu = system_qemu()
    if not qemu:
        pytest.skip("no QEMU on this machine; make test gets it")
    with Twins(qemu, scene.args, machine=scene.machine, without_hmp=True) as twins:
        problems = list(_problems(twins, scene))
    assert not problems, "\n".join(problems)


def _problems(twins: Twins, scene: Scene) -> Iterator[str]:
    """Run a scene and yield what differs; a difference of state is told once."""
    seen: set[str] = set()
    since: list[str] = []
    for number, marked in enumerate(scene.lines, 1):
        line = marked.removeprefix("! ").removeprefix("? ")
        if not is_known(line, "all", twins.version):
            ours = twins.ask_qmonsh(line)
            if not ours.is_unsayable:
                yield from _differing_answers(marked, ours, twins.ask_hmp(line), twins.version)
                since += [] if line.startswith("info ") else [line]
        is_last = number == len(scene.lines)
        if len(since) >= STEP or is_last:
            found = twins.settled_differences(seen, whole=is_last)
            new = [one for one in sorted(found - seen) if not is_known(one, "state", twins.version)]
            if new:
                yield f"after {since}: {new}"
            seen, since = found, []


def _differing_answers(marked: str, ours: Answer, theirs: Answer, version: str) -> Iterator[str]:
    line = marked.removeprefix("! ").removeprefix("? ")
    told = f"{marked} [{ours.way}]: qmonsh {ours.text.strip()[:300]!r}, HMP {theirs.text.strip()[:300]!r}"
    if ours.failed != theirs.failed:
        if not is_known(line, "outcome", version):
            yield f"outcome of {told}"
    elif marked[:2] != "? " and not version.startswith("without") and theirs.failed != (marked[:2] == "! "):
        yield f"not the outcome that the scene tells: {told}"
    elif not ours.failed and not is_known(line, "text", version):
        if missing := _unsaid(line, ours, theirs):
            yield f"answer of {told}: {missing}"


def _unsaid(line: str, ours: Answer, theirs: Answer) -> list[str]:
    """Return what HMP's answer says and ours does not: all of it must be there when the text is HMP's."""
    if ours.is_text:
        return [] if ours.text.strip() == theirs.text.strip() else ["another text"]
    if line.startswith("info "):
        return missing_facts(line, theirs.text, ours.text, ours.value)
    return []
