"""The demo VM on the system's QEMU: what is in it, and that every way out leaves nothing behind."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qmonsh import demo
from qmonsh.demo import SHAPES, DemoVM, demo_vm
from qmonsh.errors import ConnectError, UsageError
from tests.real.fixtures import qemu as qemu

CHECKOUT = Path(__file__).resolve().parent.parent


class Raw:
    """A few plain QMP commands over a path, for reference."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.greeting = json.loads(self.file.readline())
        self.execute("qmp_capabilities")

    def execute(self, name: str, **arguments: Any) -> Any:
        self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            message = json.loads(self.file.readline())
            if "event" not in message:
                return message["return"]

    def human(self, line: str) -> str:
        return str(self.execute("human-monitor-command", **{"command-line": line}))

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *exc: object) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def system(qemu: str) -> str:
    return qemu


def test_demo_vm_has_what_there_is_to_try(system: str) -> None:
    with demo_vm(system) as vm:
        assert stat.S_IMODE(os.stat(vm.folder).st_mode) == 0o700
        with Raw(vm.qmp_path) as qmp:
            assert qmp.execute("query-status")["running"] is True
            assert qmp.execute("query-name") == {"name": "demo"}
            drives = {drive["device"]: drive for drive in qmp.execute("query-block")}
            assert drives["disk0"]["inserted"]["node-name"] == "disk0-node"
            assert drives["cd0"]["removable"] and "inserted" not in drives["cd0"]
            devices = {item["name"] for item in qmp.execute("qom-list", path="/machine/peripheral")}
            assert {"net0", "vda", "cdrom0", "rp0", "rp1", "usb0", "balloon0"} <= devices
            assert "n0: index=0,type=user" in qmp.human("info network")
            assert [item["id"] for item in qmp.execute("query-memdev")].count("shm0") == 1
            assert "iothread0" in [item["id"] for item in qmp.execute("query-iothreads")]
            assert qmp.human("change cd0 " + vm.iso_path) == ""
            assert qmp.human("device_add ivshmem-plain,memdev=shm0,bus=rp0") == ""
        with socket.socket(socket.AF_UNIX) as hmp:
            hmp.settimeout(30)
            hmp.connect(vm.hmp_path)
            assert hmp.recv(5) == b"QEMU "
        banner = vm.banner()
        assert vm.qmp_path in banner and vm.hmp_path in banner and str(vm.process.pid) in banner
    assert vm.process.returncode is not None
    assert not os.path.exists(vm.folder)


@pytest.mark.parametrize("width", [None, 200, 80, 60, 40])
def test_banner_is_folded_between_what_is_to_be_copied(width: int | None) -> None:
    vm = DemoVM.__new__(DemoVM)  # none is started
    vm.qemu, vm.qmp_path, vm.hmp_path, vm.iso_path = "/usr/bin/qemu", "/tmp/d/q", "/tmp/d/h", "/tmp/d/i"
    vm._child = SimpleNamespace(process=SimpleNamespace(pid=5))  # type: ignore[assignment]
    lines = vm.banner(width).splitlines()
    single = (*demo._TRIES[:4], "change cd0 /tmp/d/i", demo._TRIES[5], "nc -U /tmp/d/h", "/tmp/d/q", "pid 5)")
    assert all(any(one in line for line in lines) for one in single)
    longest = max(len(one) for one in single) + 7
    assert all(len(line) <= max(width or 120, longest) for line in lines)


def test_disk_can_hold_snapshots(system: str) -> None:
    with demo_vm(system) as vm, Raw(vm.qmp_path) as qmp:
        drives = {drive["device"]: drive for drive in qmp.execute("query-block")}
        assert drives["disk0"]["inserted"]["drv"] == "qcow2"


def test_disk_without_qemu_img_is_raw(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_tool", lambda name, *, qemu: "")
    with demo_vm(system) as vm, Raw(vm.qmp_path) as qmp:
        drives = {drive["device"]: drive for drive in qmp.execute("query-block")}
        assert drives["disk0"]["inserted"]["drv"] == "raw"


@pytest.mark.parametrize("shape", range(4))
def test_every_pc_shape_starts(system: str, shape: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SHAPES", SHAPES[shape : shape + 1])
    with demo_vm(system) as vm:
        assert vm.process.poll() is None


def test_next_shape_is_tried_where_the_first_fails(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SHAPES", (demo.Shape("-machine nosuch"), SHAPES[0]))
    with demo_vm(system) as vm, Raw(vm.qmp_path) as qmp:
        assert qmp.execute("query-status")["running"] is True


def test_vm_that_cannot_start_tells_the_first_reason(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[str] = []

    def mkdtemp(**options: str) -> str:
        folders.append(original(**options))
        return folders[-1]

    original = demo.tempfile.mkdtemp
    monkeypatch.setattr(demo.tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(demo, "SHAPES", (demo.Shape("-device nosuch1"), demo.Shape("-device nosuch2")))
    with pytest.raises(ConnectError, match="nosuch1"):
        DemoVM(system)
    assert folders and not os.path.exists(folders[0])


def test_missing_qemu_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no QEMU at '/no/such/qemu'"), demo_vm("/no/such/qemu"):
        pass


def test_long_temporary_folder_is_avoided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.tempfile, "gettempdir", lambda: "/" + "x" * 90)
    assert demo._temporary_folder() == "/tmp"


def test_failure_inside_cleans_up_and_passes_on(system: str) -> None:
    with pytest.raises(KeyError), demo_vm(system) as vm:
        raise KeyError
    assert vm.process.returncode is not None and not os.path.exists(vm.folder)


def test_signal_handlers_are_restored(system: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with demo_vm(system):
        pass
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


# -- through the command line -------------------------------------------------------------------------


def run_demo(system: str, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QMONSH_QEMU": system, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "qmonsh", "demo", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=environment,
        timeout=120,
    )
    assert not list(tmp_path.iterdir())  # nothing is left behind
    return done


def test_demo_without_a_terminal_shows_the_status(system: str, tmp_path: Path) -> None:
    done = run_demo(system, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "VM status: running\n", "")


def test_demo_runs_the_line_given_and_tells_its_status(system: str, tmp_path: Path) -> None:
    assert "disk0" in run_demo(system, tmp_path, "info", "block").stdout
    assert run_demo(system, tmp_path, "device_del", "nosuch").returncode == 1


def test_demo_without_qemu_says_how_to_install_one(tmp_path: Path) -> None:
    done = run_demo("/no/such/qemu", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "/no/such/qemu" in done.stderr and "Traceback" not in done.stderr


class Screen:
    """A program in a terminal of its own: what it wrote so far, and keys to press."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        with os.fdopen(slave, "wb") as end:
            self.process = subprocess.Popen(
                words,
                stdin=end,
                stdout=end,
                stderr=end,
                cwd=CHECKOUT,
                env=environment,
                start_new_session=True,
            )
        self.text = b""

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self.master)
        self.process.terminate()
        self.process.wait(30)

    def wait_for(self, words: bytes) -> None:
        """Read until these words came since the last time."""
        while words not in self.text:
            assert select.select([self.master], [], [], 30)[0], self.text
            data = self._read()
            assert data, self.text
            self.text += data
        self.text = self.text.split(words, 1)[1]

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def end(self) -> int:
        """Read what it still writes and return its exit status."""
        while self._read():
            pass
        return self.process.wait(30)

    def _read(self) -> bytes:
        try:
            return os.read(self.master, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            return b""


def test_demo_in_a_terminal_is_the_shell(system: str, tmp_path: Path) -> None:
    environment = {**os.environ, "QMONSH_QEMU": system, "TMPDIR": str(tmp_path)}
    with Screen([sys.executable, "-m", "qmonsh", "demo"], environment) as screen:
        screen.wait_for(b"A small VM runs")
        screen.wait_for(b"running")
        screen.wait_for(b">")  # colours may stand between the words of the prompt
        screen.press(b"info status\r")
        screen.wait_for(b"VM status: ")
        screen.wait_for(b">")
        screen.press(b"\x04")
        assert screen.end() == 0
    assert not list(tmp_path.iterdir())


# -- ways out -----------------------------------------------------------------------------------------

CHILD = """
import sys
from qmonsh.demo import demo_vm
with demo_vm(sys.argv[1]) as vm:
    print(vm.folder, vm.process.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def running_demo(system: str) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, system],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=CHECKOUT,
    )
    with process:
        assert process.stdout is not None
        folder, pid = process.stdout.readline().split()
        yield process, folder, int(pid)
        process.kill()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 128 + 15), (signal.SIGHUP, 128 + 1), (signal.SIGINT, -signal.SIGINT)],
    ids=["term", "hup", "int"],
)
def test_signal_cleans_up(
    running_demo: tuple[subprocess.Popen[str], str, int], number: signal.Signals, status: int
) -> None:
    process, folder, pid = running_demo
    process.send_signal(number)
    assert process.wait(30) == status
    assert not os.path.exists(folder)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
