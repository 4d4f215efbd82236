"""Two identical VMs: a line goes into QEMU's own text monitor of one and through qmonsh to the other.

Whether HMP refused is told from its text by a rule of our own here, not by qmonsh's.
"""

from __future__ import annotations

import os
import random
import re
import socket
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from qmonsh.errors import QmonshError
from qmonsh.monitor.session import Session
from qmonsh.render.form import Form
from qmonsh.render.text import render_text
from qmonsh.target import parse_target
from tests.real.machine import VM
from tests.real.raw import RawHmp, RawQmp
from tests.real.truth_filter import HmpFilter
from tests.real.truth_state import Reader, differences

#: How often a difference is looked at again: a cancelled migration and an unplugged device end a bit later.
LOOKS = 10

#: What HMP prints when a command that acts succeeds; of any other text it is said that it failed.
_FINE = re.compile(
    r"""(?x) warning: | info: | OK | char\ device\ redirected\ to\ | boot\ device\ list\ now\ set
    | host\ forwarding\ rule\ for\ .*\ removed | Starting\ dirty\ rate | \[Please\ use
    | Please\ use\ .*\ instead | Waiting\ for\ gdb | Disabled\ gdbserver | CPU\ \d+:\ MCE\ capability"""
)
_MARK = re.compile(
    r"Error: |unknown command: |(?:0x)?[0-9a-f]+: (?:unable to read|Cannot access) memory"
    r"|.*Try \"help [^\n]*for more information\s*\Z",
    re.S,
)
#: Commands that print when they succeed: for them only marked text is a failure.
_PRINTS = re.compile(r"(?:info|p|print|x|xp|i|sum|qom-get|qom-list|ringbuf_read|gpa2hva|gva2gpa|gpa2hpa|help"
                     r"|log|sync-profile|calc_dirty_rate|qemu-io|singlestep|one-insn-per-tb)\b")  # fmt: skip


#: How some of those refuse, without a mark.
_UNMARKED = ("invalid char", "unknown register", "No memory is mapped", "Log items (comma", "unexpected")


#: Lines that start or end block jobs, which go on behind the answer.
_JOB = re.compile(r"drive_backup|drive_mirror|block_stream|block_job_(?!pause)|commit")


#: Images in each VM's folder, and their sizes.
IMAGES = {"d0.img": 1 << 20, "d1.img": 1 << 20, "d2.img": 3 << 20, "cd.img": 64 << 10}


def hmp_failed(line: str, text: str) -> bool:
    """Tell whether what a text monitor answered is a refusal."""
    if not text.strip():
        return False
    if _PRINTS.match(line):
        return _MARK.match(text) is not None or text.startswith(_UNMARKED)
    return not all(_FINE.match(one) for one in text.strip().split("\n") if one.strip())


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answered: ``text`` for people, ``value`` the data where there is any."""

    failed: bool
    text: str
    value: Any = None
    way: str = ""
    is_text: bool = False

    @property
    def is_unsayable(self) -> bool:
        """Return whether qmonsh said that this QEMU can do it in no way."""
        return self.failed and ("this monitor has neither" in self.text or "there is no HMP" in self.text)


class Twins:
    """The two VMs, each with the same monitors; ``ours`` is driven by qmonsh, ``theirs`` by HMP."""

    def __init__(self, qemu: str, args: str, *, without_hmp: bool = False, **options: Any) -> None:
        with ExitStack() as stack:
            kinds = ["hmp-unix", "qmp-unix", "qmp-unix"]
            machines = []
            self._folders: dict[str, str] = {}
            for _ in range(2):
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="qmonsh-", dir="/tmp"))
                words = args.replace("{dir}", folder).split()
                _make_images(folder)
                machine = VM(qemu, *words, monitor=kinds, **options)
                stack.callback(machine.close)
                _make_images(machine.folder)
                self._folders[machine.folder] = folder
                machines.append(machine)
            self.ours, self.theirs = machines
            self.ports = {name: free_port() for name in ("{port}", "{port2}", "{port3}")}
            self._hmp = stack.enter_context(RawHmp(self.theirs.monitors[0].connect()))
            stack.enter_context(RawHmp(self.ours.monitors[0].connect()))
            stack.enter_context(RawQmp(self.theirs.monitors[1].connect()))
            self.readers = [
                Reader(stack.enter_context(RawQmp(one.monitors[2].connect())), *self._own(one))
                for one in machines
            ]
            version = self.readers[0].qmp.value("query-version")["qemu"]
            self.version = f"{'without HMP, ' * without_hmp}{version['major']}.{version['minor']}"
            self.target = self.ours.monitors[1].target
            if without_hmp:
                self.target = os.path.join(self.ours.folder, "filtered.sock")
                stack.enter_context(HmpFilter(self.target, self.ours.monitors[1].connect()))
            self.session = Session(parse_target(self.target), deadline=30)
            self.session.connect()
            stack.callback(self.session.close)
            self._stack = stack.pop_all()

    def __enter__(self) -> Twins:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def ask_hmp(self, line: str) -> Answer:
        line = self._filled(line, self.theirs)
        try:
            text = self.readers[1].plain_text(self._hmp.ask(line))
        except EOFError:
            status = self.theirs.child.process.wait(10)
            raise AssertionError(f"QEMU ended with status {status} on: {line}") from None
        self._settle(line, self.readers[1])
        return Answer(hmp_failed(line, text), text)

    def ask_qmonsh(self, line: str) -> Answer:
        line = self._filled(line, self.ours)
        way = "refused before it was sent"
        try:
            plan = self.session.plan(line)
            way = plan.way.value
            outcome = self.session.run(plan)
        except QmonshError as error:
            return Answer(True, str(error), way=way)
        self._settle(line, self.readers[0])
        text = render_text(outcome.value, view=plan.view, form=Form(width=1000), options=plan.options)
        is_text = bool(plan.steps) and plan.steps[plan.result].text
        return Answer(False, self.readers[0].plain_text(text), outcome.value, way, is_text)

    def differences(self, *, whole: bool = True) -> list[str]:
        """Return where the states of the two VMs differ."""
        return list(differences(*(reader.state(whole=whole) for reader in self.readers)))

    def _settle(self, line: str, reader: Reader) -> None:
        """Look at the block jobs of a line that started or ended one until they are over or ready."""
        while _JOB.match(line) and any(not job["ready"] for job in reader.qmp.value("query-block-jobs")):
            continue

    def settled_differences(self, known: set[str], *, whole: bool = True) -> set[str]:
        """Return where the states differ for good: what QEMU ends behind its answer gets some more looks."""
        found = set(self.differences(whole=whole))
        for _ in range(LOOKS):
            if not found - known:
                break
            found &= set(self.differences(whole=whole))
        return found

    def _filled(self, line: str, machine: VM) -> str:
        for name, port in self.ports.items():
            line = line.replace(name, str(port + (machine is self.theirs)))
        return line.replace("{dir}", machine.folder)

    def _own(self, machine: VM) -> tuple[dict[str, str], dict[int, str]]:
        is_theirs = machine is self.theirs
        folders = {machine.folder: "{dir}", self._folders[machine.folder]: "{dir}"}
        return folders, {port + is_theirs: name for name, port in self.ports.items()}


def _make_images(folder: str) -> None:
    for name, size in IMAGES.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.truncate(size)


#: Ports given out in this process.
_given: set[int] = set()


def free_port() -> int:
    """Return a port P of the loopback, never given out before, such that P and P + 1 are free now.

    It is below those that the kernel hands to clients: other tests connect all the time.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000, 2)
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
