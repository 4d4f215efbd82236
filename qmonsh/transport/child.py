"""Bytes over the stdin and stdout of a child process, whose life ends with the transport.

Knows processes: starting, stderr, exit statuses, ending. Must not know what the child is: a QEMU with
``-qmp stdio`` (which does not end when its stdin does, facts j), ssh, nc, socat.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import threading
from collections import deque

from qmonsh.errors import ConnectError
from qmonsh.target import Target
from qmonsh.transport.descriptor import DescriptorTransport, wait_readable

#: Bytes of stderr that are kept, from its end.
TAIL = 1 << 14

#: Seconds for a child to end by itself after its stdin, then after SIGTERM.
GRACE_EOF = 0.1
GRACE_TERM = 3.0

#: Seconds to wait for the exit status and the last of stderr when the stream has ended.
GRACE_WORDS = 0.5


class ChildTransport:
    """A Transport over the pipes of a child process."""

    def __init__(self, child: subprocess.Popen[bytes], address: str) -> None:
        if child.stdin is None or child.stdout is None or child.stderr is None:
            raise ValueError("the child has no pipes")
        self.address = address
        self._child = child
        # The pipes get other owners: Popen's file objects would close descriptors under a reader.
        self._stderr = StderrTail(_detach(child.stderr))
        self._pipes = DescriptorTransport(_detach(child.stdout), _detach(child.stdin), address)
        child.stdin = child.stdout = child.stderr = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    @property
    def peer_pid(self) -> int:
        """The child's pid."""
        return self._child.pid

    def read(self) -> bytes:
        """Return the next bytes of the child's stdout; ``b""`` at its end and after close()."""
        return self._pipes.read()

    def ready(self, seconds: float | None) -> bool:
        """Wait until ``read`` will not block; False when ``seconds`` passed before."""
        return self._pipes.ready(seconds)

    def write(self, data: bytes) -> None:
        """Write all of ``data`` to the child's stdin; raises ConnectionLostError."""
        self._pipes.write(data)

    def close(self) -> None:
        """End the child: close its stdin, then SIGTERM, then SIGKILL, to it and to its own children."""
        atexit.unregister(self.close)
        self._pipes.close()
        with self._lock:
            if not self._has_ended(GRACE_EOF):
                self._signal(signal.SIGTERM)
                if not self._has_ended(GRACE_TERM):
                    self._signal(signal.SIGKILL)
                    self._child.wait()
        self._stderr.close()

    def last_words(self) -> str:
        """Return how the child ended and what it said on stderr; ``""`` while it runs and says nothing."""
        self._has_ended(GRACE_WORDS)
        said = self._stderr.text(GRACE_WORDS if self._child.returncode is not None else 0.0)
        return "; it said: ".join(part for part in (self._how_ended(), said) if part)

    def _how_ended(self) -> str:
        status = self._child.returncode
        if status is None:
            return ""
        if status >= 0:
            return f"the command ended with status {status}"
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        return f"the command was ended by {name}"

    def _has_ended(self, seconds: float) -> bool:
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        """Signal the child's process group, which is its own as long as it has not been waited for."""
        try:
            os.killpg(self._child.pid, number)
        except (ProcessLookupError, PermissionError):
            self._child.send_signal(number)


class StderrTail:
    """Reads a child's stderr in a thread, so that it never blocks, and keeps the end of it."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._waking, self._wake = os.pipe()
        self._parts: deque[bytes] = deque()
        self._size = 0
        self._thread = threading.Thread(target=self._drain, name="stderr", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while wait_readable(self._fd, self._waking):
            data = os.read(self._fd, 4096)
            if not data:
                return
            self._parts.append(data)
            self._size += len(data)
            while self._size - len(self._parts[0]) > TAIL:
                self._size -= len(self._parts.popleft())

    def text(self, seconds: float) -> str:
        """Return what was said, waiting at most ``seconds`` for its end; bad UTF-8 is replaced."""
        self._thread.join(seconds)
        return b"".join(list(self._parts))[-TAIL:].decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the thread, although a grandchild may still have stderr open. May be called twice."""
        wake, self._wake = self._wake, -1
        if wake >= 0:
            os.write(wake, b".")
            self._thread.join()
            for fd in (wake, self._waking, self._fd):
                os.close(fd)


def start_child(target: Target) -> ChildTransport:
    """Start the command of an ``exec:`` target and return the transport; raises ConnectError.

    It runs in a session of its own: a Ctrl-C typed for us does not reach it (QEMU would end). It has no
    terminal therefore, so that ssh cannot ask for a password there.
    """
    try:
        child = subprocess.Popen(
            target.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(target, error) from error
    return ChildTransport(child, target.address)


def _not_started(target: Target, error: OSError) -> ConnectError:
    command = target.words[0]
    if isinstance(error, FileNotFoundError) or not _is_found(command):
        reason, cause = f"there is no command '{command}'", "no-such-command"
    elif isinstance(error, PermissionError):
        reason, cause = f"'{command}' may not be executed", "permission"
    else:
        reason, cause = f"'{command}' could not be started: {error.strerror or error}", "failed"
    needs_shell = any(mark in target.address for mark in "|><&;$*`")
    advice = "no shell runs it; with one: exec:sh -c '...'" if needs_shell else "check the command by hand"
    return ConnectError(target.address, reason, cause=cause, advice=advice)


def _is_found(command: str) -> bool:
    """Return whether a command exists; execvp(3) says EACCES for a directory of $PATH it may not enter."""
    import shutil

    return "/" in command or shutil.which(command, mode=os.F_OK) is not None


def _detach(pipe: object) -> int:
    """Return a pipe's descriptor and make its file object forget it, without closing it."""
    fd = os.dup(pipe.fileno())  # type: ignore[attr-defined]
    pipe.close()  # type: ignore[attr-defined]
    return fd
