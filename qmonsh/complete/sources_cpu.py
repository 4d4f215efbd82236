"""CPUs: their models, those that are there, slots that are free, registers.

Knows the replies about CPUs and the names that ``print`` takes for registers. Must not know lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, source, words


@source("cpu-model")
def cpu_models(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the CPU models."""
    return look.derived("cpu-model", _cpu_models, look.ask("query-cpu-definitions"))


@source("cpu")
def cpus(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the indices of the CPUs that are there."""
    if look.facts.dialect == "hmp":
        return look.derived("text cpus", _text_cpus, look.text("info cpus"))
    return look.derived("cpu", _cpus, look.ask("query-cpus-fast"))


@source("register")
def registers(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the registers that expressions know, by the names that this QEMU calls them."""
    target = look.ask("query-target") if look.facts.dialect == "qmp" else None
    arch = target.get("arch", "") if isinstance(target, dict) else ""
    if arch not in ("x86_64", "i386") and look.facts.dialect == "qmp":
        return [Candidate("$pc", "program counter", "register")] if arch else []
    text = look.text("print $rax")
    if not text:
        return []
    style = "legacy" if "unknown register" in text else "gdb"
    return look.derived(("register", style), _registers, style)


@source("expr", "mib", after="+-*/%&|^~()<> ")
def expressions(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give registers once a ``$`` is typed; a number needs no help."""
    last = max((place.typed.rfind(one) for one in "+-*/%&|^~()<> "), default=-1)
    return registers(look, place) if place.typed[last + 1 :].startswith("$") else []


def cpu_slots(look: Inquiry, driver: str) -> list[dict[str, int]]:
    """Return the free CPU slots that a CPU type fits in, each as its properties (socket-id...)."""
    if not driver.endswith("-cpu"):
        return []
    return look.derived(
        ("cpu slots", driver), lambda rows: _cpu_slots(rows, driver), look.ask("query-hotpluggable-cpus")
    )


def _cpu_models(answer: Any) -> tuple[Candidate, ...]:
    found = []
    for row in objects_in(answer):
        missing = row.get("unavailable-features")
        lacks = (
            f"the host lacks {len(missing)} of its features" if isinstance(missing, list) and missing else ""
        )
        flag = "deprecated" if row.get("deprecated") else ""
        meta = items(lacks, row.get("alias-of") and f"alias of {row['alias-of']}", flag)
        if row.get("name"):
            found.append(Candidate(str(row["name"]), meta, "cpu-model", flag=flag))
    return tuple(sorted(found, key=lambda candidate: candidate.text))


def _cpus(answer: Any) -> tuple[Candidate, ...]:
    rows = [row for row in objects_in(answer) if isinstance(row.get("cpu-index"), int)]
    return tuple(
        Candidate(
            str(row["cpu-index"]),
            items(row.get("qom-type"), f"thread {row.get('thread-id', '?')}", _slot_text(row.get("props"))),
            "cpu",
        )
        for row in sorted(rows, key=lambda row: int(row["cpu-index"]))
    )


def _slot_text(props: Any) -> str:
    return (
        words(*(f"{name}={value}" for name, value in sorted(props.items())))
        if isinstance(props, dict)
        else ""
    )


def _cpu_slots(answer: Any, driver: str) -> list[dict[str, int]]:
    slots = []
    for row in objects_in(answer):
        props = row.get("props")
        if row.get("type") == driver and "qom-path" not in row and isinstance(props, dict):
            slots.append({str(name): int(value) for name, value in props.items() if isinstance(value, int)})
    return sorted(slots, key=lambda slot: sorted(slot.items()))


def _text_cpus(text: str) -> tuple[Candidate, ...]:
    found = re.findall(r"^[* ] CPU #(\d+): ?(.*)$", text, re.MULTILINE)
    return tuple(Candidate(index, rest, "cpu") for index, rest in found)


_SEGMENTS = ("cs", "ss", "ds", "es", "fs", "gs")

#: Names that ``print $NAME`` takes for x86: two generations of QEMU, told apart by asking for one.
_X86: Mapping[str, Mapping[str, str]] = {
    "legacy": {
        **dict.fromkeys("eax ebx ecx edx esi edi ebp esp".split(), "general register, all its bits"),
        **{f"r{number}": "general register" for number in range(8, 16)},
        **{"eip": "instruction pointer", "pc": "cs.base + eip", "eflags": "flags"},
        **dict.fromkeys(_SEGMENTS, "segment selector"),
        **{f"{name}.base": "segment base" for name in _SEGMENTS},
        **{f"{name}.limit": "segment limit" for name in _SEGMENTS},
        **{"sp": "stack pointer", "fp": "frame pointer"},
    },
    "gdb": {
        **dict.fromkeys("rax rbx rcx rdx rsi rdi rbp rsp".split(), "general register"),
        **{f"r{number}": "general register" for number in range(8, 16)},
        **{"rip": "instruction pointer", "pc": "cs.base + rip", "eflags": "flags"},
        **dict.fromkeys(_SEGMENTS, "segment selector"),
        **{"fs_base": "segment base", "gs_base": "segment base", "k_gs_base": "the kernel's gs base"},
        **dict.fromkeys("cr0 cr2 cr3 cr4 cr8".split(), "control register"),
        **{"efer": "extended features", "mxcsr": "SSE control"},
        **dict.fromkeys("fctrl fstat ftag fiseg fioff foseg fooff fop".split(), "FPU state"),
    },
}


def _registers(style: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(f"${name}", meta, "register") for name, meta in _X86[style].items())
