"""A shell that is used for half an hour holds on to nothing: memory, threads, descriptors, a live prompt.

The user in it migrates, plugs, takes snapshots and reconnects in turn, all on one real VM with a script of
50 commands a second beside it. ``QMONSH_SOAK_SECONDS`` says how long; what was measured is printed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import pytest

from tests.conftest import CHECKOUT
from tests.real.machine import VM
from tests.shell.terminal_session import qmonsh
from tests.soak.tmux import Tmux

SECONDS = float(os.environ.get("QMONSH_SOAK_SECONDS", "1800"))
#: Commands a second of the script beside the shell.
RATE = 50
#: Kilobytes that the shell may grow between the second third and the last, besides 5 % of what it has.
GROWTH = 4096

#: What is typed in one round: lines, and what each must show when it is not silent.
ROUND = [
    ("migrate \"exec:cat >/dev/null\"", ""),
    ("info migrate", "completed"),
    ("cont", ""),
    ("info status", "VM status: running"),
    ("device_add usb-tablet,id=hot,bus=xhci.0", ""),
    ("object_add memory-backend-ram,id=ram1,size=1M", ""),
    ("netdev_add user,id=n1", ""),
    ("netdev_del n1", ""),
    ("object_del ram1", ""),
    ("device_del hot", ""),
    ("savevm one", ""),
    ("loadvm one", ""),
    ("info snapshots", "one"),
    ("delvm one", ""),
    ("stop", ""),
    ("info qtree | tail -n 2", ""),
    ("info block", "disk"),
    ("cont", ""),
    (".reconnect", "connected to"),
]  # fmt: skip

#: What no line of the round may bring.
WRONG = re.compile(r"^Error:|internal error|Traceback|unknown command|not connected$", re.M)


class Measure(NamedTuple):
    """What the kernel says of a process: kilobytes, threads, descriptors."""

    memory: int
    threads: int
    descriptors: int

    @classmethod
    def of(cls, pid: int) -> Measure:
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        folder = Path(f"/proc/{pid}/fd")
        return cls(int(fields["VmRSS"].split()[0]), int(fields["Threads"]), len(list(folder.iterdir())))


class Script:
    """``qmonsh -f -`` fed with lines at a steady rate; every answer is counted."""

    def __init__(self, target: str) -> None:
        words = [*qmonsh(target, "--json", "-f", "-")]
        self.child = subprocess.Popen(
            words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.sent = self.answered = 0
        self.wrong: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._feed, self._count)]
        for thread in self._threads:
            thread.start()

    def _feed(self) -> None:
        assert self.child.stdin is not None
        with suppress(BrokenPipeError), self.child.stdin:
            while not self._over.wait(1 / RATE):
                self.child.stdin.write("info status\n")
                self.child.stdin.flush()
                self.sent += 1

    def _count(self) -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.answered += 1
            if '"status"' not in line:
                self.wrong.append(line)

    def end(self) -> int:
        """Stop feeding, wait for the last answer and return the status."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert self.child.stdout is not None
        self.child.stdout.close()
        return self.child.wait()


class User:
    """Someone who types lines into a shell in tmux and looks at what they do."""

    def __init__(self, tmux: Tmux) -> None:
        self.tmux = tmux
        #: Seconds from Enter of the cheapest line to the next prompt.
        self.latencies: list[float] = []
        self.lines = 0

    def prompt(self) -> None:
        self.tmux.until(lambda: self.tmux.line.endswith(">"), "an empty prompt")

    def enter(self, line: str, wanted: str) -> None:
        """Type a line, wait for the prompt behind it, see that it brought what it must."""
        self.prompt()
        self.tmux.keys(line)
        self.tmux.until(lambda: self.tmux.line.endswith(line), f"{line!r} on the line")
        self.tmux.press("Escape")  # no menu may take the Enter
        self.tmux.press("Enter")
        taken = self.tmux.until(lambda: self.tmux.line.endswith(">"), f"the prompt after {line!r}")
        if line == "info status":
            self.latencies.append(taken)
        shown = self.tmux.screen(history=20)
        after = shown.rpartition(f"> {line}")[2]
        assert wanted in after, f"{line!r} did not bring {wanted!r}:\n{shown}"
        assert not WRONG.search(after), shown
        self.lines += 1


@pytest.fixture
def machine(vm: Callable[..., VM], tmp_path: Path) -> VM:
    """A VM that can be migrated, plugged and saved: a qcow2 disk, a USB controller, running CPUs."""
    image = shutil.which("qemu-img")
    if image is None or shutil.which("tmux") is None:
        pytest.skip("it takes qemu-img and tmux")
    disk = tmp_path / "disk.qcow2"
    subprocess.run([image, "create", "-q", "-f", "qcow2", disk, "16M"], check=True)
    words = [
        "-name",
        "soak",
        "-drive",
        f"if=none,id=disk,file={disk}",
        "-device",
        "virtio-blk-pci,drive=disk",
    ]
    words += ["-device", "qemu-xhci,id=xhci"]
    return vm(*words, monitor=["qmp-unix", "qmp-unix"], running=True, memory="32")


@pytest.fixture
def script(machine: VM) -> Iterator[Script]:
    beside = Script(machine.monitors[1].target)
    yield beside
    beside.child.terminate()
    beside.end()


@pytest.mark.real
@pytest.mark.long
def test_a_shell_in_use_stays_as_it_is(
    machine: VM, script: Script, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    environment = {"PYTHONPATH": str(CHECKOUT), "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    words = [sys.executable, "-m", "qmonsh", "--no-pager", machine.target]
    shell: list[Measure] = []
    beside: list[Measure] = []
    with Tmux(words, tmp_path, environment=environment) as tmux:
        user = User(tmux)
        user.enter(".set yes on", "yes is on")
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or len(shell) < 6:
            for line, wanted in ROUND:
                user.enter(line, wanted)
            shell.append(Measure.of(tmux.pid))
            beside.append(Measure.of(script.child.pid))
        history = (tmp_path / "qmonsh" / "history").read_text()
        assert history.count("+.reconnect") == len(shell), "every line typed is in the history"
        user.prompt()
        tmux.press("C-d")
    assert script.end() == 0 and script.answered == script.sent and not script.wrong
    told = [
        f"{len(shell)} rounds, {user.lines} lines typed, {script.sent} commands beside",
        f"prompt after info status: median {median(user.latencies) * 1000:.0f} ms, "
        f"worst {max(user.latencies) * 1000:.0f} ms",
        *(f"{who}: {said(found)}" for who, found in (("shell", shell), ("script", beside))),
    ]
    sys.stderr.write("\n".join(["", *told, ""]))
    record_property("soak", "; ".join(told))
    for found in (shell, beside):
        assert_flat(found)


def said(found: list[Measure]) -> str:
    first, last = found[0], found[-1]
    course = " ".join(str(one.memory) for one in found[:: max(1, len(found) // 10)])
    return (
        f"memory {first.memory} -> {last.memory} kB (course {course}), "
        f"threads {first.threads} -> {last.threads}, descriptors {first.descriptors} -> {last.descriptors}"
    )


def assert_flat(found: list[Measure]) -> None:
    """Fail when the last third needs more than the second; in the first, all is loaded that is by need.

    Medians, as one round may catch a moment.
    """
    third = max(1, len(found) // 3)
    for name, slack in (("threads", 0.0), ("descriptors", 0.0), ("memory", GROWTH)):
        before = median(getattr(one, name) for one in found[third : 2 * third])
        after = median(getattr(one, name) for one in found[-third:])
        assert after <= before * (1.05 if slack else 1) + slack, f"{name}: {said(found)}"


def test_growth_is_noticed() -> None:
    flat = [Measure(50_000, 4, 20)] * 9
    assert_flat(flat)
    for grown in (Measure(60_000, 4, 20), Measure(50_000, 5, 20), Measure(50_000, 4, 21)):
        with pytest.raises(AssertionError):
            assert_flat([*flat[:6], grown, grown, grown])
