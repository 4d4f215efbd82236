"""``make bench``: the budgets of DESIGN section 9, measured side by side in one run, printed as ratios.

Every pair is measured in turns (ours, theirs, ours, ...) so that a busy machine is busy for both; the
middle of the times counts. A ratio is only as good as the machine is quiet.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.real.machine import VM, system_qemu
from tests.real.raw import RawQmp

BIN = Path(sys.executable).parent
CHECKOUT = Path(__file__).resolve().parent.parent
ROUNDS = 15
#: Lines of a script, to measure commands a second.
LINES = 3000
#: Monitors that ``each`` is measured with.
FLEET = 200

#: The least that a click command can do to ask for the status, and what a prompt costs by itself.
CLICK_SCRIPT = """
import json, socket, sys
import click

@click.command()
@click.argument("path")
def main(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    file = sock.makefile("rw")
    file.readline()
    for name in ("qmp_capabilities", "query-status"):
        file.write(json.dumps({"execute": name}) + "\\n")
        file.flush()
        reply = json.loads(file.readline())
    click.echo(f"VM status: {reply['return']['status']}")

main()
"""
PROMPT_SCRIPT = """
from prompt_toolkit import PromptSession
PromptSession("bare> ").prompt()
"""


class Unmeasured(Exception):
    """What was to be measured does not work; said in the table."""


@dataclass(frozen=True)
class Row:
    """One line of the table; ``budget`` is the largest ratio allowed (or the smallest, for ``faster``)."""

    what: str
    ours: float
    theirs: float
    budget: float
    unit: str = "ms"
    faster: bool = False

    def __str__(self) -> str:
        ratio = self.ours / self.theirs
        kept = ratio >= self.budget if self.faster else ratio <= self.budget
        limit = f"{'>=' if self.faster else '<='} {self.budget:g}"
        verdict = "ok" if kept else "MISSED"
        figures = f"{self.ours:9.1f} {self.theirs:9.1f} {self.unit:3}"
        return f"{self.what:58} {figures} {ratio:6.2f}  {limit:8} {verdict}"


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
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=120, cwd=CHECKOUT)
    if done.returncode:
        raise Unmeasured(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def until_prompt(words: list[str], prompt: bytes) -> None:
    """Start a program in a terminal and return when its prompt stands on the screen; then end it."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    child = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=CHECKOUT)
    os.close(slave)
    screen = b""
    try:
        while not re.search(prompt, screen):
            if not select.select([master], [], [], 20)[0]:
                raise Unmeasured(f"no prompt from {' '.join(words)}: {screen!r}")
            try:
                screen += os.read(master, 65536)
            except OSError:  # the program ended and its side of the terminal closed
                raise Unmeasured(f"{' '.join(words)} ended: {screen!r}") from None
    finally:
        child.kill()
        child.wait()
        os.close(master)


def one_shots(vm: VM, folder: Path) -> list[Row]:
    script = folder / "minimal.py"
    script.write_text(CLICK_SCRIPT)
    actions: list[Callable[[], object]] = [
        lambda: run(str(BIN / "qmonsh"), vm.path, "info", "status"),
        lambda: run(sys.executable, str(script), vm.path),
    ]
    qmp_shell = shutil.which("qmp-shell", path=str(BIN))
    if qmp_shell:
        actions.append(lambda: run(qmp_shell, vm.path, stdin="query-status\n"))
    ours, minimal, *peer = in_turns(*actions)
    rows = [Row("one-shot info status / minimal click script", ours, minimal, 1.35)]
    if peer:
        rows.insert(0, Row("one-shot info status / qmp-shell", ours, peer[0], 0.75))
    return rows


def completion(vm: VM) -> Row:
    ours, one_shot = in_turns(
        lambda: run(str(BIN / "qmonsh"), vm.path, "--complete", "device_add virtio-net-pci,"),
        lambda: run(str(BIN / "qmonsh"), vm.path, "info", "status"),
    )
    return Row("--complete device_add properties / one-shot info status", ours, one_shot, 2.5)


def completion_with_all_knowledge() -> list[Row]:
    from tests.bench_completion import BUDGET, measure
    from tests.conftest import SHARED

    if not SHARED.is_dir():
        raise Unmeasured(f"completion with all of a QEMU's knowledge: no captured replies at {SHARED}")
    many, none = measure()
    return [
        Row("any completion, 106,000 properties, 500 devices / 10 ms", many, BUDGET, 1.0),
        Row("any completion, 500 devices / none", many, none, 2.0),
    ]


def prompts(vm: VM, folder: Path) -> Row:
    script = folder / "prompt.py"
    script.write_text(PROMPT_SCRIPT)
    ours, theirs = in_turns(
        lambda: until_prompt([str(BIN / "qmonsh"), vm.path], rb">"),
        lambda: until_prompt([sys.executable, str(script)], rb"bare>"),
    )
    return Row("interactive prompt / bare prompt_toolkit prompt", ours, theirs, 1.3)


def ping_pong(vm: VM) -> None:
    with RawQmp(vm.monitors[0].connect()) as raw:
        for _ in range(LINES):
            raw.execute("query-status")


def rates(vm: VM) -> Row:
    lines = "query-status\n" * LINES
    empty, script, loop = in_turns(
        lambda: run(str(BIN / "qmonsh"), vm.path, "--json", "query-status"),
        lambda: run(str(BIN / "qmonsh"), vm.path, "--json", stdin=lines),
        lambda: ping_pong(vm),
        rounds=5,
    )
    # Start-up is measured above; here only the going rate counts.
    return Row(
        "scripted commands a second / ping-pong loop",
        LINES / (script - empty) * 1000,
        LINES / loop * 1000,
        0.7,
        unit="/s",
        faster=True,
    )


def start_fleet(qemu: str, folder: Path, children: list[subprocess.Popen[bytes]]) -> None:
    """Start FLEET small QEMUs with a socket each, eight at a time, and add them to ``children``."""
    words = [qemu, "-machine", "none", "-nodefaults", "-no-user-config", "-display", "none", "-S"]
    paths = [folder / f"vm{number:03d}.sock" for number in range(FLEET)]
    for number in range(FLEET + 8):
        if number < FLEET:
            children.append(subprocess.Popen([*words, "-qmp", f"unix:{paths[number]},server=on,wait=off"]))
        until = time.monotonic() + 60
        while number >= 8 and not paths[number - 8].exists():
            if time.monotonic() > until:
                raise Unmeasured(f"no socket {paths[number - 8]}")
            time.sleep(0.005)


def fleet(qemu: str, folder: Path) -> Row:
    """Measure ``each`` over FLEET monitors against the slowest single one plus 5 ms a monitor."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        start_fleet(qemu, folder, children)
        paths = [str(folder / f"vm{number:03d}.sock") for number in range(FLEET)]
        many = f"{folder}/vm*.sock"
        run(str(BIN / "qmonsh"), "each", many, "--", "info", "status")
        slowest = max(
            milliseconds(lambda path=path: run(str(BIN / "qmonsh"), path, "info", "status"))  # type: ignore[misc]
            for path in paths[:: FLEET // 20]
        )
        (ours,) = in_turns(lambda: run(str(BIN / "qmonsh"), "each", many, "--", "info", "status"), rounds=5)
    finally:
        for child in children:
            child.kill()
        for child in children:
            child.wait()
    return Row(f"each over {FLEET} / 3 x slowest single + 5 ms a monitor", ours, 3 * slowest + 5 * FLEET, 1.0)


def fleet_over_ssh() -> list[Row]:
    """Measure ``each`` over many hosts against as many plain logins at once."""
    from tests.fleet.measure import over_ssh
    from tests.fleet.park import is_possible

    if not is_possible():
        raise Unmeasured("each over ssh: no OpenSSH server and client here")
    return [Row(what, ours, allowed, 1.0) for what, ours, allowed in over_ssh()]


def main() -> int:
    """Print the table; the status is 0 when all could be measured, whatever the figures."""
    qemu = system_qemu()
    if not qemu:
        raise SystemExit("bench: no QEMU on this machine")
    status = 0
    vm = VM(qemu, monitor="qmp-unix", machine="q35")
    folder = Path(tempfile.mkdtemp(prefix="qmonsh-bench-"))
    out = sys.stdout
    try:
        out.write(f"{'what (ours / theirs)':58} {'ours':>9} {'theirs':>9}     {'ratio':>6}  budget\n")
        parts: list[Callable[[], Row | list[Row]]] = [
            lambda: one_shots(vm, folder),
            lambda: completion(vm),
            completion_with_all_knowledge,
            lambda: prompts(vm, folder),
            lambda: rates(vm),
            lambda: fleet(qemu, folder),
            fleet_over_ssh,
        ]
        for part in parts:
            try:
                measured = part()
            except Unmeasured as problem:
                out.write(f"not measured: {problem}\n")
                status = 1
                continue
            for row in measured if isinstance(measured, list) else [measured]:
                out.write(f"{row}\n")
            out.flush()
    finally:
        vm.close()
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
