"""A small real VM to try things on: made in a private temporary folder, gone when the shell ends.

Knows what the demo VM consists of and cleans up behind it, also on SIGTERM and SIGHUP. Must not know the
shell, nor how a monitor is spoken to; starting and ending QEMU is launch.py's.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType

from qmonsh.errors import ConnectError
from qmonsh.launch import QemuChild, find_qemu, find_tool, listen_unix
from qmonsh.render.layout import columns_of, wrap

#: A socket's path has to fit into 107 bytes; this much of it is ours.
LONGEST_TEMPORARY_FOLDER = 70

KVM = "/dev/kvm"

#: Columns of the banner where nothing is known of a terminal.
_WIDEST = 120

# Rows of QEMU's own arguments: whole words, split at spaces.
_ALWAYS = (
    "-no-user-config -nodefaults -display none -name demo -smp 2 -m 128M,slots=2,maxmem=512M",
    "-chardev ringbuf,id=serial0,size=65536 -serial chardev:serial0",
    "-object memory-backend-ram,id=shm0,size=1M,share=on -object iothread,id=iothread0",
    # romfile= : firmware need not look for an operating system on the network (nor for a file that
    # distributions package apart)
    "-device virtio-net-pci,id=net0,netdev=n0,romfile=",
    "-device virtio-blk-pci,id=vda,drive=disk0 -device virtio-balloon-pci,id=balloon0",
    "-device qemu-xhci,id=usb0",
    "-qmp chardev:qmp -monitor chardev:hmp",
)
_ROOT_PORTS = "-device pcie-root-port,id=rp0,chassis=1,slot=1 -device pcie-root-port,id=rp1,chassis=2,slot=2"
_Q35 = f"-machine q35 -vga std {_ROOT_PORTS} -device ide-cd,id=cdrom0,drive=cd0"
_USER_NETWORK = "-netdev user,id=n0"
_NO_NETWORK = "-netdev hubport,id=n0,hubid=0"


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to build the VM; builds of QEMU differ in what they contain."""

    machine: str
    network: str = _USER_NETWORK
    accelerated: bool = True


#: Tried in this order until one starts.
SHAPES = (
    Shape(_Q35),
    Shape(_Q35, network=_NO_NETWORK),  # built without libslirp (RHEL)
    Shape("-machine pc -vga std -device ide-cd,id=cdrom0,drive=cd0"),
    Shape(_Q35, accelerated=False),  # a /dev/kvm that opens and then fails
    Shape(  # not a PC
        f"-machine virt -cpu max -device virtio-gpu-pci {_ROOT_PORTS}"
        " -device virtio-scsi-pci,id=scsi0 -device scsi-cd,id=cdrom0,drive=cd0",
        accelerated=False,
    ),
)


#: What the banner says to try; ISO is the path of an image for the CD drive.
_TRIES = (
    "info network",
    "info block",
    "device_add usb-tablet,id=tab1",
    "info qtree",
    "change cd0 ISO",
    "device_add ivshmem-plain,memdev=shm0,bus=rp0",
)


class DemoVM:
    """The running demo VM: ``qmp_path`` and ``hmp_path`` are its monitors' sockets, ``process`` its QEMU.

    ``iso_path`` is a file to put into its CD drive. Raises UsageError when there is no QEMU (with how to
    install one) and ConnectError when it does not start (with what it said).
    """

    def __init__(self, qemu: str = "") -> None:
        self.qemu = find_qemu(qemu)
        self.folder = tempfile.mkdtemp(prefix="qmonsh-demo-", dir=_temporary_folder())  # mode 0700
        try:
            self.qmp_path = os.path.join(self.folder, "vm.qmp")
            self.hmp_path = os.path.join(self.folder, "vm.monitor")
            self.iso_path = os.path.join(self.folder, "empty.iso")
            _empty_file(self.iso_path, size=1 << 20)
            self._child = self._start(_drives(self.folder, qemu=self.qemu))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Return QEMU's process."""
        return self._child.process

    def banner(self, width: int | None = None) -> str:
        """Return what runs and where else it can be reached; what is to be copied stays whole."""
        runs = f"A small VM runs ({self.qemu}, pid {self.process.pid}); it ends with this shell."
        tries = [one.replace("ISO", self.iso_path) for one in _TRIES]
        lines = [
            *wrap(runs, width),
            *_in_lines(["  its text monitor, to compare:", f" nc -U {self.hmp_path}"], width, between=" "),
            *_in_lines(["  its QMP, taken by this shell:", f" {self.qmp_path}"], width, between=" "),
            *_in_lines([f"  try: {tries[0]}", *tries[1:]], width, between=" | "),
        ]
        return "\n".join(lines)

    def close(self) -> None:
        """End QEMU and remove the folder; may be called twice."""
        self._child.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> DemoVM:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _start(self, drives: Sequence[str]) -> QemuChild:
        """Start the first shape that this build of QEMU can be; the failure to tell is the first."""
        failure: ConnectError | None = None
        for shape in SHAPES:
            try:
                return self._start_shape(shape, drives)
            except ConnectError as error:
                failure = failure or error
        assert failure is not None
        raise failure

    def _start_shape(self, shape: Shape, drives: Sequence[str]) -> QemuChild:
        command = [self.qemu, *_accelerators(shape), *shape.machine.split(), *shape.network.split(), *drives]
        for row in _ALWAYS:
            command += row.split()
        paths = {"qmp": self.qmp_path, "hmp": self.hmp_path}
        with ExitStack() as stack:
            listeners = []
            for name, path in paths.items():
                if os.path.lexists(path):
                    os.unlink(path)  # of the shape before this one, in our own folder
                listeners.append((name, stack.enter_context(listen_unix(path))))
            return QemuChild(command, folder=self.folder, listeners=listeners)


@contextmanager
def demo_vm(qemu: str = "") -> Iterator[DemoVM]:
    """Run the demo VM; on leaving, also by SIGTERM, SIGHUP or Ctrl-C, QEMU is ended and its folder removed.

    Raises as DemoVM does. Signal handlers are set only in the main thread, and restored.
    """
    with _leave_on_signals():
        vm = DemoVM(qemu)
        try:
            yield vm
        finally:
            with _deaf_to_signals():
                vm.close()


def _in_lines(parts: Sequence[str], width: int | None, *, between: str) -> list[str]:
    """Return parts on as few lines as hold them whole, those after the first indented."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = f"{lines[-1]}{between}{part}"
        if columns_of(longer) <= (width or _WIDEST):
            lines[-1] = longer
        else:
            lines.append(f"       {part.lstrip()}")
    return lines


def _drives(folder: str, *, qemu: str) -> list[str]:
    """Return the arguments of a small qcow2 disk and an empty CD drive.

    Without qemu-img the disk is raw, which cannot hold snapshots.
    """
    image, form = os.path.join(folder, "disk.qcow2"), "qcow2"
    tool = find_tool("qemu-img", qemu=qemu)
    done = tool and subprocess.run(
        [tool, "create", "-q", "-f", "qcow2", image, "64M"], stdin=subprocess.DEVNULL, capture_output=True
    )
    if not done or done.returncode:
        image, form = os.path.join(folder, "disk.raw"), "raw"
        _empty_file(image, size=64 << 20)
    path = image.replace(",", ",,")
    return [
        "-drive",
        f"if=none,id=disk0,node-name=disk0-node,format={form},file={path}",
        "-drive",
        "if=none,id=cd0,media=cdrom",
    ]


def _accelerators(shape: Shape) -> list[str]:
    usable = shape.accelerated and os.access(KVM, os.R_OK | os.W_OK)
    return ["-accel", "kvm", "-accel", "tcg"] if usable else ["-accel", "tcg"]


def _temporary_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= LONGEST_TEMPORARY_FOLDER else "/tmp"


def _empty_file(path: str, *, size: int) -> None:
    with open(path, "wb") as file:
        file.truncate(size)


_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _leave_on_signals() -> Iterator[None]:
    """Turn the signals that would end us at once into an exit that cleans up (status 128 + signal)."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    with _handling({number: leave for number in _ENDING if signal.getsignal(number) is not signal.SIG_IGN}):
        yield


@contextmanager
def _deaf_to_signals() -> Iterator[None]:
    """Let cleaning up finish, whoever is impatient."""
    with _handling(dict.fromkeys((signal.SIGINT, *_ENDING), signal.SIG_IGN)):
        yield


@contextmanager
def _handling(handlers: dict[signal.Signals, object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
