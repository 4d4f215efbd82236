"""How things are measured: in turns, in the middle, with the memory of one program only; rows and curves.

Every pair is measured in turns (ours, theirs, ours, ...) so that a busy machine is busy for both; the
middle of the times counts. A ratio is only as good as the machine is quiet.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

BIN = Path(sys.executable).parent
CHECKOUT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 15
QMONSH = str(BIN / "qmonsh") if (BIN / "qmonsh").exists() else ""

#: Runs a program as the only child of a small process, whose memory is not counted as the program's (the
#: kernel counts that of the process that forked), and says seconds until the first byte, until the end,
#: and the peak in KiB.
METER = """
import os, sys, time
began = time.perf_counter()
reading, writing = os.pipe()
pid = os.fork()
if not pid:
    os.dup2(writing, 1); os.close(reading); os.close(writing)
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(writing)
first = 0.0
while data := os.read(reading, 1 << 20):
    first = first or time.perf_counter() - began
_, status, usage = os.wait4(pid, 0)
print(first, time.perf_counter() - began, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


class Unmeasured(Exception):
    """What was to be measured does not work; said in the table."""


@dataclass(frozen=True)
class Row:
    """One line of the table; ``budget`` is the largest ratio allowed (or the smallest, for ``faster``)."""

    what: str
    ours: float
    theirs: float
    budget: float | None = None
    unit: str = "ms"
    faster: bool = False
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Return whether the budget, if there is one, is kept."""
        ratio = self.ours / self.theirs
        return self.budget is None or (ratio >= self.budget if self.faster else ratio <= self.budget)

    def __str__(self) -> str:
        figures = f"{self.ours:9.1f} {self.theirs:9.1f} {self.unit:3} {self.ours / self.theirs:6.2f}"
        if self.budget is None:
            verdict = f"{'-':8} {self.note}".rstrip()
        else:
            limit = f"{'>=' if self.faster else '<='} {self.budget:g}"
            verdict = f"{limit:8} {'met' if self.is_met else 'MISSED'}"
            if self.note and not self.is_met:
                verdict += f": {self.note}"
        return f"{self.what:62} {figures}  {verdict}"


@dataclass(frozen=True)
class Curve:
    """How a cost grows with a size: ``points`` are (size, cost); linear is an exponent of 1."""

    what: str
    points: tuple[tuple[float, float], ...]
    unit: str = "ms"

    @property
    def exponent(self) -> float:
        """Return the slope of the points on paper with two logarithmic scales."""
        logs = [(math.log(size), math.log(max(cost, 1e-9))) for size, cost in self.points]
        x, y = (sum(axis) / len(logs) for axis in zip(*logs, strict=True))
        return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)

    def __str__(self) -> str:
        shown = "  ".join(f"{size:g}: {cost:.1f}" for size, cost in self.points)
        verdict = "linear or better" if self.exponent <= 1.1 else "WORSE than linear"
        return f"{self.what:40} {shown} {self.unit}  exponent {self.exponent:.2f}, {verdict}"


def milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def in_turns(*actions: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the middle time of each action in milliseconds, after one run that warms caches."""
    times: list[list[float]] = [[] for _ in actions]
    for number in range(rounds + 1):
        for action, taken in zip(actions, times, strict=True):
            elapsed = milliseconds(action)
            if number:
                taken.append(elapsed)
    return [median(taken) for taken in times]


def run(*words: str, stdin: str = "") -> str:
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=300, cwd=CHECKOUT)
    if done.returncode:
        raise Unmeasured(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def qmonsh(*words: str, stdin: str = "") -> str:
    """Run the installed qmonsh, or that of the checkout where none is installed."""
    return run(*qmonsh_words(*words), stdin=stdin)


def qmonsh_words(*words: str) -> list[str]:
    return [*([QMONSH] if QMONSH else [sys.executable, "-m", "qmonsh"]), *words]


@dataclass(frozen=True)
class Meter:
    """What a program took: seconds until its first byte and its end, peak memory in MiB."""

    first: float
    total: float
    memory: float


def metered(words: Sequence[str], *, rounds: int = 3) -> Meter:
    """Return the middle of what a program takes, its output read as fast as it comes."""
    found = []
    for _ in range(rounds):
        first, total, memory, status = run(sys.executable, "-S", "-E", "-c", METER, *words).split()
        if int(status):
            raise Unmeasured(f"{' '.join(words)} ended with status {status}")
        found.append((float(first), float(total), int(memory) / 1024))
    return Meter(*(median(column) for column in zip(*found, strict=True)))


def peer(name: str) -> str:
    """Return the path of a program to compare with; raises Unmeasured when it is not here."""
    path = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        raise Unmeasured(f"there is no {name} here to compare with")
    return path
