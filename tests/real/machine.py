"""Real QEMUs for tests: which ones there are, and VMs with any monitors, up when returned, always ended.

Monitors are sockets that listen before QEMU runs (qmonsh.launch), so nobody waits for a path to appear.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from qmonsh.errors import UsageError
from qmonsh.launch import QemuChild, find_qemu, listen_tcp, listen_unix

#: Debian suites whose QEMUs the version matrix runs: 5.2, 10.0, 11.1 (and the system's own beside them).
SUITES = ("bullseye", "trixie", "sid")

#: Each kind of monitor: dialect and QEMU's option for it. "pretty" is QMP over several lines.
KINDS = {"qmp": "-qmp", "hmp": "-monitor", "pretty": "-qmp-pretty"}


def system_qemu() -> str:
    """Return the path of the system's QEMU (or $QMONSH_QEMU); "" when there is none."""
    try:
        return find_qemu()
    except UsageError:
        return ""


def matrix_qemus() -> dict[str, str]:
    """Return the other versions that .ci/prepare.sh has fetched, by suite."""
    root = Path(os.environ.get("QMONSH_QEMUS") or Path(__file__).resolve().parents[2] / ".qemu")
    found = {suite: root / suite / "bin" / "qemu-system-x86_64" for suite in SUITES}
    return {suite: str(path) for suite, path in found.items() if path.exists()}


def accelerators() -> list[str]:
    """Return QEMU's options for KVM where it can be opened, with TCG behind it."""
    usable = os.access("/dev/kvm", os.R_OK | os.W_OK)
    return ["-accel", "kvm", "-accel", "tcg"] if usable else ["-accel", "tcg"]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor of a VM: ``target`` is its address in qmonsh's spelling, its parts are beside it."""

    dialect: str
    target: str
    path: str = ""
    host: str = ""
    port: int = 0

    def connect(self) -> socket.socket:
        """Return a plain socket connected to it, with a deadline, for raw reference readings."""
        if self.path:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            address: str | tuple[str, int] = self.path
        else:
            sock = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
            address = (self.host, self.port)
        sock.settimeout(30)
        sock.connect(address)
        return sock


class VM:
    """A running QEMU; ``monitors`` in the order asked for, ``target``/``path``/``port`` those of the first.

    ``kinds`` name them: "qmp-unix", "hmp-unix", "pretty-unix", "qmp-tcp", "hmp-tcp", "qmp-tcp6", ...
    The CPUs are stopped (-S) unless ``running``. ``folder`` is the VM's own, for images and the like.
    """

    def __init__(
        self,
        qemu: str,
        *args: str,
        monitor: str | Sequence[str] = "qmp-unix",
        machine: str = "q35",
        memory: str = "64",
        running: bool = False,
    ) -> None:
        self.qemu = qemu
        kinds = [monitor] if isinstance(monitor, str) else list(monitor)
        self.folder = tempfile.mkdtemp(prefix="qmonsh-vm-")
        try:
            with ExitStack() as stack:
                pairs = [self._monitor(kind, number, stack) for number, kind in enumerate(kinds)]
                self.monitors = tuple(monitor for monitor, _ in pairs)
                command = [qemu, "-no-user-config", "-nodefaults", "-display", "none", "-machine", machine]
                command += [*accelerators(), "-m", memory, *([] if running else ["-S"]), *args]
                for number, kind in enumerate(kinds):
                    command += [KINDS[kind.partition("-")[0]], f"chardev:mon{number}"]
                listeners = [(f"mon{number}", listener) for number, (_, listener) in enumerate(pairs)]
                self.child = QemuChild(command, folder=self.folder, listeners=listeners)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def target(self) -> str:
        return self.monitors[0].target

    @property
    def path(self) -> str:
        return self.monitors[0].path

    @property
    def host(self) -> str:
        return self.monitors[0].host

    @property
    def port(self) -> int:
        return self.monitors[0].port

    @property
    def pid(self) -> int:
        return self.child.pid

    def file(self, name: str, *, size: int = 0) -> str:
        """Return the path of a file of ``size`` zero bytes in the VM's folder."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.truncate(size)
        return path

    def close(self) -> None:
        """End QEMU, however stuck it is, and remove the folder."""
        if self.child.process.poll() is None:
            self.child.process.kill()  # nothing in it is worth a goodbye
        self.child.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _monitor(self, kind: str, number: int, stack: ExitStack) -> tuple[Monitor, socket.socket]:
        name, _, way = kind.partition("-")
        dialect = "hmp" if name == "hmp" else "qmp"
        if way == "unix":
            path = os.path.join(self.folder, f"mon{number}.sock")
            listener = stack.enter_context(listen_unix(path))
            return Monitor(dialect, path, path=path), listener
        host = {"tcp": "127.0.0.1", "tcp6": "::1"}[way]
        listener = stack.enter_context(listen_tcp(host))
        port = listener.getsockname()[1]
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return Monitor(dialect, shown, host=host, port=port), listener


