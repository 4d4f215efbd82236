"""Starts a QEMU of our own as a child whose monitors exist before it runs, and ends it again.

Knows where QEMUs are found, how monitors are passed as open sockets (no path to wait for, no port to
lose to another process), how an early death is noticed and explained, and how to end exactly the process
that was started. Must not know what the VM is for (demo.py) nor how it is spoken to (monitor/).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from typing import IO

from qmonsh.errors import ConnectError, UsageError

#: A QEMU that has not come up by then will not (seconds). An emulated CPU on a loaded machine is slow.
UP_DEADLINE = 60.0
#: How long a QEMU may take to end on SIGTERM before it is killed (seconds).
END_GRACE = 5.0
#: How much of what QEMU said on its way out goes into the error.
LAST_LINES = 5

#: Where a QEMU that can run a PC is usually called (the same list stands in .ci/prepare.sh).
NAMES = ("qemu-system-x86_64", f"qemu-system-{os.uname().machine}", "qemu-kvm", "/usr/libexec/qemu-kvm")

INSTALL_ADVICE = (
    "install it (Debian, Ubuntu: apt install qemu-system-x86 qemu-utils;"
    " Fedora, RHEL: dnf install qemu-kvm qemu-img; Arch: pacman -S qemu-system-x86;"
    " Alpine: apk add qemu-system-x86_64; macOS: brew install qemu), or name one in QMONSH_QEMU"
)


def find_qemu(qemu: str = "") -> str:
    """Return the path of the QEMU to start: the one named, else ``$QMONSH_QEMU``, else the usual names.

    Raises UsageError with how to install one.
    """
    named = qemu or os.environ.get("QMONSH_QEMU", "")
    for name in (named,) if named else NAMES:
        path = shutil.which(name)
        if path:
            return path
    if named:
        raise UsageError(f"there is no QEMU at '{named}'", advice="check QMONSH_QEMU or the name given")
    raise UsageError("no QEMU was found on this machine", advice=INSTALL_ADVICE)


def find_tool(name: str, *, qemu: str) -> str:
    """Return the path of a tool such as qemu-img, the one beside ``qemu`` first; "" when there is none."""
    return shutil.which(os.path.join(os.path.dirname(qemu), name)) or shutil.which(name) or ""


def listen_unix(path: str) -> socket.socket:
    """Return a socket that listens on ``path``, to be passed to a QemuChild."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    return _listening(listener, path)


def listen_tcp(host: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens on a free port of ``host``; its getsockname() tells the port."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    return _listening(listener, (host, 0))


def _listening(listener: socket.socket, address: str | tuple[str, int]) -> socket.socket:
    try:
        listener.bind(address)
        listener.listen(1)  # QEMU's own backlog (QEMU-FACTS f)
    except BaseException:
        listener.close()
        raise
    return listener


class QemuChild:
    """A running QEMU that this process started and will end; a context manager.

    ``command`` is the whole argument list. Each of ``listeners`` (name, socket) becomes the chardev
    ``name``: QEMU serves it, our copy is closed. What QEMU prints goes to ``folder``/qemu.log. It runs in
    a session of its own, so neither Ctrl-C nor a closed terminal reaches it.
    Raises ConnectError (cause "child-exited") with QEMU's last words when it does not come up.
    """

    def __init__(
        self, command: Sequence[str], *, folder: str, listeners: Sequence[tuple[str, socket.socket]] = ()
    ) -> None:
        self.name = os.path.basename(command[0])
        self.log = os.path.join(folder, "qemu.log")
        ours, theirs = socket.socketpair()
        # A monitor on this connected pair tells us when QEMU is up, and ends when QEMU dies.
        words = [*command, *chardevs([("up", theirs)], listeners), "-qmp", "chardev:up"]
        passed = [theirs, *(listener for _, listener in listeners)]
        try:
            with open(self.log, "ab") as output:
                self.process = spawn(words, output=output, passed=passed)
            for sock in passed:
                sock.close()
            self._wait_until_up(ours)
        finally:
            theirs.close()
            ours.close()

    @property
    def pid(self) -> int:
        """Return the process id, for messages and signals."""
        return self.process.pid

    def last_words(self) -> str:
        """Return the last lines that QEMU printed, joined by "; "."""
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                lines = [line.strip() for line in log if line.strip()]
        except OSError:
            return ""
        return "; ".join(lines[-LAST_LINES:])

    def end(self) -> None:
        """End the process: asked first, killed after a grace; may be called twice."""
        end_process(self.process)

    def __enter__(self) -> QemuChild:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    def _wait_until_up(self, ours: socket.socket) -> None:
        problem = "it ended at once"
        try:
            if _is_up(ours):
                return
            wait_or_kill(self.process)  # its own exit status is part of the reason
        except TimeoutError:
            problem = f"it was not up within {UP_DEADLINE:g} s"
        except BaseException:
            self.end()
            raise
        self.end()
        words = self.last_words() or f"exit status {self.process.returncode}"
        raise ConnectError(self.name, f"{problem}: {words}", cause="child-exited")


def _is_up(ours: socket.socket) -> bool:
    """Wait for the answer to a first command; False when QEMU ended before.

    The greeting alone says little: QEMU sends it before it has looked at its devices. Commands are
    carried out by the main loop, which runs when all is set up.
    """
    ours.settimeout(UP_DEADLINE)
    heard = b""
    try:
        ours.sendall(b'{"execute": "qmp_capabilities"}\n')
        while heard.count(b"\n") < 2:  # greeting and answer
            data = ours.recv(4096)
            if not data:
                return False
            heard += data
    except ConnectionError:
        return False  # it ended with our line unread
    return True


def chardevs(
    connected: Sequence[tuple[str, socket.socket]], listeners: Sequence[tuple[str, socket.socket]]
) -> list[str]:
    """Return QEMU's options that make chardevs of open sockets, by name."""
    ways = [(name, sock, ",server=on,wait=off") for name, sock in listeners]
    ways += [(name, sock, "") for name, sock in connected]
    return [
        word for name, sock, how in ways for word in ("-chardev", f"socket,id={name},fd={sock.fileno()}{how}")
    ]


def spawn(
    words: Sequence[str], *, output: IO[bytes] | int, passed: Sequence[socket.socket]
) -> subprocess.Popen[bytes]:
    """Start QEMU in a session of its own, what it prints going to ``output``; raises ConnectError."""
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[sock.fileno() for sock in passed],
            start_new_session=True,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConnectError(words[0], f"it cannot be started: {reason}", cause="child-exited") from error


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a QEMU: asked first, killed after a grace; one that has ended is left alone."""
    if process.poll() is None:
        process.terminate()
        wait_or_kill(process)


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Wait for a QEMU that is ending, for as long as the grace allows."""
    try:
        process.wait(END_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
