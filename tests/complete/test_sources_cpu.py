"""CPUs, their slots and registers."""

from __future__ import annotations

from typing import Any

import pytest

from qmonsh.complete.sources_cpu import cpu_slots
from tests.complete.look import look_at, metas, offered

SLOTS: list[dict[str, Any]] = [
    {"type": "qemu64-x86_64-cpu", "props": {"socket-id": 0, "core-id": 1}, "vcpus-count": 1},
    {"type": "qemu64-x86_64-cpu", "props": {"socket-id": 0, "core-id": 0}, "qom-path": "/machine/x"},
    {"type": "other-cpu", "props": {"socket-id": 9}},
]


def test_free_cpu_slots() -> None:
    look = look_at({"query-hotpluggable-cpus": SLOTS})
    assert cpu_slots(look, "qemu64-x86_64-cpu") == [{"socket-id": 0, "core-id": 1}]
    assert cpu_slots(look, "e1000") == []


def test_cpu_models() -> None:
    rows = [
        {"name": "new", "unavailable-features": []},
        {"name": "old", "deprecated": True, "unavailable-features": ["a", "b"]},
    ]
    found = {one.text: one for one in offered("cpu-model", look_at({"query-cpu-definitions": rows}))}
    assert found["old"].flag == "deprecated" and "lacks 2" in found["old"].meta and found["new"].meta == ""


@pytest.mark.parametrize(
    ("reply", "has", "lacks"),
    [("unknown register\r\nTry help", "$eax", "$rax"), ("0\r\n", "$rax", "$eax")],
)
def test_registers_by_the_names_of_this_qemu(reply: str, has: str, lacks: str) -> None:
    look = look_at({"query-target": {"arch": "x86_64"}, "hmp:print $rax": reply})
    found = metas("register", look)
    assert has in found and lacks not in found and "$pc" in found
    assert has in metas("expr", look, typed="4+$") and metas("expr", look, typed="4") == {}


def test_registers_of_other_machines() -> None:
    assert list(metas("register", look_at({"query-target": {"arch": "aarch64"}}))) == ["$pc"]


def test_cpus_by_index() -> None:
    rows = [
        {"cpu-index": 1, "qom-type": "a-cpu", "thread-id": 8, "props": {"core-id": 1}},
        {"cpu-index": 0, "qom-type": "a-cpu", "thread-id": 7},
    ]
    found = metas("cpu", look_at({"query-cpus-fast": rows}))
    assert found == {"0": "a-cpu, thread 7", "1": "a-cpu, thread 8, core-id=1"}


def test_cpus_of_a_text_monitor() -> None:
    look = look_at({"hmp:info cpus": "* CPU #0: thread_id=5\n  CPU #1: thread_id=6\n"}, dialect="hmp")
    assert metas("cpu", look) == {"0": "thread_id=5", "1": "thread_id=6"}
