"""``qmonsh run -- QEMU ARGS...``: QEMU started with a private monitor, the shell or lines on it.

Knows how a QEMU of the user's own is started, watched and left. The monitor is one end of a connected
socket pair: no path, no port, no race. Must not know what is typed.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence

from qmonsh import streams
from qmonsh.errors import ConnectError, UsageError
from qmonsh.launch import chardevs, end_process, listen_unix, spawn
from qmonsh.render.escape import printable
from qmonsh.render.layout import wrap
from qmonsh.target import Target, parse_target

#: How many of QEMU's last lines are kept for the error when it dies.
LAST_LINES = 8

# Waits until QEMU, which holds the other end of its stdin, has ended in any way. It is nobody's child: we may
# have left long before.
_CLEANER = """exec 3<&0; { read -r _ <&3; rm -f "$1"; rmdir "${1%/*}"; } & """


class RunningQemu:
    """A QEMU that runs with the user's arguments and a monitor of ours.

    ``command`` is the argument list as given; ``path`` a socket on which it listens too, "" for none. What it
    prints is passed to ``report`` line by line. It runs in a session of its own: neither Ctrl-C nor a closed
    terminal reaches it. Raises ConnectError when it cannot be started.
    """

    def __init__(self, command: Sequence[str], *, path: str, report: Callable[[str], None]) -> None:
        ours, theirs = socket.socketpair()
        listeners = [("qmonsh-keep", listen_unix(path))] if path else []
        words = [*command, *chardevs([("qmonsh", theirs)], listeners), "-qmp", "chardev:qmonsh"]
        words += ["-qmp", "chardev:qmonsh-keep"] if path else []
        leash, held = socket.socketpair()
        passed = [theirs, held, *(listener for _, listener in listeners)]
        self._lines: list[str] = []
        self._report = report
        try:
            self.process = spawn(words, output=subprocess.PIPE, passed=passed)
            if path:
                _remove_at_its_end(path, leash)
        except BaseException:
            ours.close()
            raise
        finally:
            for sock in (leash, *passed):
                sock.close()
        self.target: Target = parse_target(f"fd:{ours.detach()}")
        self._drain = threading.Thread(target=self._read, name="qmonsh qemu output", daemon=True)
        self._drain.start()

    def death(self) -> ConnectError | None:
        """Return how QEMU ended by itself, with its last words, or None while it runs."""
        status = self.process.poll()
        if status is None:
            return None
        self._drain.join(timeout=1)
        how = f"it was killed by signal {-status}" if status < 0 else f"it ended with status {status}"
        words = "; ".join(self._lines[-LAST_LINES:])
        name = os.path.basename(str(self.process.args[0]))  # type: ignore[index]
        return ConnectError(name, f"{how}: {words}" if words else how, cause="child-exited")

    def end(self) -> None:
        """End QEMU: asked first, killed after a grace."""
        end_process(self.process)
        self._drain.join(timeout=1)

    def leave(self) -> None:
        """Leave QEMU running; it is no child to wait for any more."""
        # The pipe stays open for as long as we live; QEMU's later words go nowhere.
        self.process.returncode = 0

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                self._lines = [*self._lines[-LAST_LINES:], line]
                self._report(line)


def run_qemu(
    command: Sequence[str],
    face: Callable[[Target], int],
    *,
    keep: bool,
    kill: bool,
    ask: Callable[[str], bool] | None,
) -> int:
    """Start QEMU, run ``face`` on its monitor, then end or leave it; returns the exit status.

    ``ask`` puts a question to the user at the end when neither ``keep`` nor ``kill`` is given; without one
    (scripts) QEMU is ended. A QEMU that is left is reached again through a socket in a private folder, which
    goes with it. Raises UsageError without a command or with one that leaves its process (-daemonize),
    ConnectError when QEMU dies before the monitor answers.
    """
    if not command:
        raise UsageError(
            "qmonsh run needs a QEMU", advice="for example: qmonsh run -- qemu-system-x86_64 -M q35"
        )
    if {"-daemonize", "--daemonize"} & set(command):
        raise UsageError(
            "with -daemonize QEMU would leave the process that qmonsh started",
            advice="leave it out; --keep lets QEMU go on when qmonsh ends",
        )
    stays = keep or (ask is not None and not kill)
    with _socket_folder(stays) as (path, claim), _ended_by_signals():
        qemu = RunningQemu(command, path=path, report=_say_qemu)
        goes_on = keep  # also when the face ends with an error or a signal
        try:
            status = _run_face(qemu, face)
            goes_on = stays and qemu.death() is None and (keep or not _wants_end(qemu, ask))
            return status
        finally:
            if goes_on and qemu.death() is None:
                claim()
                qemu.leave()
                _say(f"QEMU goes on as pid {qemu.process.pid}; come back with: qmonsh {shlex.quote(path)}")
            elif qemu.process.returncode is None:
                qemu.end()


def ask_on_terminal(question: str) -> bool:
    """Ask a question of which no is the default, on stdin and stderr; no answer (Ctrl-C, Ctrl-D) is no."""
    try:
        sys.stderr.write("\n".join(wrap(f"{printable(question)} [y/N]:", streams.columns())) + " ")
        sys.stderr.flush()
        # Looked at again and again: a Ctrl-C just before a read() blocks would not end that.
        while not select.select([sys.stdin], [], [], 0.2)[0]:
            pass
        answer = sys.stdin.readline()
    except (KeyboardInterrupt, OSError, ValueError):
        answer = ""
    if not answer.endswith("\n"):
        sys.stderr.write("\n")
    return answer.strip().lower() in ("y", "yes")


def _run_face(qemu: RunningQemu, face: Callable[[Target], int]) -> int:
    """Run the face; a QEMU that died before it answered is the reason, not the closed connection."""
    try:
        status = face(qemu.target)
    except ConnectError as error:
        with contextlib.suppress(subprocess.TimeoutExpired):
            qemu.process.wait(1)
        raise qemu.death() or error from None
    death = qemu.death()
    if death is not None and (status == ConnectError.status or qemu.process.returncode):
        _say(str(death))
    return status


def _remove_at_its_end(path: str, leash: socket.socket) -> None:
    """Have a socket and its private folder removed when QEMU has ended."""
    null = subprocess.DEVNULL
    with contextlib.suppress(OSError):  # without a shell they stay
        subprocess.run(
            ["sh", "-c", _CLEANER, "sh", path],
            stdin=leash.fileno(),
            stdout=null,
            stderr=null,
            start_new_session=True,
        )


def _wants_end(qemu: RunningQemu, ask: Callable[[str], bool] | None) -> bool:
    return ask is None or ask(f"QEMU still runs (pid {qemu.process.pid}). End it now?")


@contextlib.contextmanager
def _socket_folder(wanted: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the path of a socket in a new private folder, and the function that lets it stay."""
    if not wanted:
        yield "", lambda: None
        return
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = tempfile.mkdtemp(prefix="qmonsh-run-", dir=base if os.path.isdir(base) else None)
    claimed = threading.Event()
    try:
        yield os.path.join(folder, "monitor.qmp"), claimed.set
    finally:
        if not claimed.is_set():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an orderly end, so that no QEMU is left behind unasked."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say_qemu(line: str) -> None:
    _write(f"qemu: {printable(line)}")


def _say(text: str) -> None:
    _write(f"qmonsh: {printable(text)}")


def _write(text: str) -> None:
    streams.complain("\n".join(wrap(text, streams.columns())))
