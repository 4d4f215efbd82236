"""An ssh that forwards a private local socket to one on another host, and ends with us, by whatever death.

``ssh -N -L`` is the user's own OpenSSH, so that configuration, agent, jump hosts and hardware keys are its
business. A connection that the user shares (ControlMaster) is used where there is one.

Knows how ssh is called and ended. Must not know what its failures mean (ssh_failure.py), nor the bytes.
"""

from __future__ import annotations

import atexit
import os
import select
import subprocess
import tempfile
import threading
from time import monotonic

from qmonsh.target import Target
from qmonsh.transport import ssh_failure
from qmonsh.transport.child import GRACE_TERM, GRACE_WORDS, StderrTail
from qmonsh.transport.socket import SUN_PATH
from qmonsh.transport.ssh_end import forwarded

#: A frozen peer is noticed after this many unanswered questions, asked every so many seconds.
ALIVE_INTERVAL = 3
ALIVE_COUNT = 2

#: Bytes that ssh adds to its control socket's path while it makes it, and the longest name of ours.
_ROOM = 17 + len("/control")

# Each guardian says "up" when the forward stands, and undoes everything when our end of its stdin closes, by
# whatever death. Ctrl-C typed for us must not end ssh, which can ask for passwords on the same terminal.
GUARDED = """trap '' INT QUIT; dir=$1; shift; exec 3<&0
"$@" </dev/null 3<&- & ssh=$!
{ read -r _ <&3; kill $ssh; } 2>/dev/null & guard=$!
wait $ssh; status=$?
kill $guard 2>/dev/null; rm -rf "$dir"; exit $status"""

_SHARED = """trap '' INT QUIT; dir=$1; forward=$2; shift 2
ssh -O forward -L "$forward" "$@" </dev/null >/dev/null || exit
echo up; read -r _
ssh -O cancel -L "$forward" "$@" </dev/null >/dev/null 2>&1; rm -rf "$dir\""""


class Link:
    """An ssh that forwards ``path``, a socket in a private folder, to the target's.

    ``may_ask`` says whether ssh may ask for a password on the terminal, which no deadline should hurry; None:
    if there is one.
    """

    def __init__(self, target: Target, *, until: float, may_ask: bool | None = None) -> None:
        self._target = target
        self.may_ask = os.isatty(2) if may_ask is None else may_ask
        self._folder = _private_folder()
        self.path = os.path.join(self._folder, "s")
        self._control: list[str] = []
        self._lock = threading.Lock()
        try:
            self._child = self._start(until)
        except OSError as error:
            _remove(self._folder)
            raise ssh_failure.not_started(target, error) from error
        assert self._child.stderr is not None
        self._stderr = StderrTail(os.dup(self._child.stderr.fileno()))
        self._child.stderr.close()
        atexit.register(self.close)

    def _start(self, until: float) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._words(until), stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)

    def _words(self, until: float) -> list[str]:
        """Return the words that start the guardian: it says "up", and undoes all when its stdin ends."""
        forward = f"{forwarded(self.path)}:{forwarded(self._target.path)}"
        words = ["sh", "-c", _SHARED, "sh", self._folder, forward, *destination(self._target)]
        if not self._is_shared(until):
            control = os.path.join(self._folder, "control")
            self._control = ["-S", control]
            words = ["sh", "-c", GUARDED, "sh", self._folder, "ssh", *self._options(until), "-L", forward]
            words += ["-N", "-M", *self._control, *destination(self._target)]
        return words

    def _is_shared(self, until: float) -> bool:
        """Return whether the user's configuration names a connection that is open."""
        nothing = subprocess.DEVNULL
        try:
            checked = subprocess.run(
                ["ssh", "-O", "check", *destination(self._target)],
                stdin=nothing,
                stdout=nothing,
                stderr=nothing,
                timeout=max(0.1, until - monotonic()),
            )
        except subprocess.TimeoutExpired:
            return False
        return checked.returncode == 0

    def _options(self, until: float) -> list[str]:
        options = {
            # A forward of the user's configuration that another ssh holds is no matter.
            "ExitOnForwardFailure": "no",
            "RemoteCommand": "none",
            "StreamLocalBindUnlink": "yes",
            "StreamLocalBindMask": "0177",
            "ControlPersist": "no",
            "ConnectTimeout": str(max(1, round(until - monotonic()))),
            "ServerAliveInterval": str(ALIVE_INTERVAL),
            "ServerAliveCountMax": str(ALIVE_COUNT),
            # Runs when the forwards stand: nobody has to look for the socket again and again.
            "PermitLocalCommand": "yes",
            "LocalCommand": "echo up",
        }
        if not self.may_ask:
            options["BatchMode"] = "yes"
        return [word for name, value in options.items() for word in ("-o", f"{name}={value}")]

    def wait_up(self, until: float) -> None:
        """Wait until the forward stands; raises ConnectError, also when that takes too long."""
        assert self._child.stdout is not None
        seconds = None if self.may_ask else max(0.0, until - monotonic())
        poll = select.poll()
        poll.register(self._child.stdout, select.POLLIN)
        if not poll.poll(None if seconds is None else seconds * 1000):
            raise ssh_failure.too_slow(self._target, seconds or 0, self.said())
        if not self._child.stdout.read(64):
            raise ssh_failure.not_connected(self._target, self.said())

    def command(self, remote: str) -> tuple[str, ...]:
        """Return the words that run ``remote`` on the other host, over this link."""
        options = ["-T", "-o", "BatchMode=yes", "-o", "RemoteCommand=none"]
        return ("ssh", *options, *self._control, *destination(self._target), remote)

    @property
    def has_ended(self) -> bool:
        """Whether ssh has gone, or goes within a moment: its sockets close a little earlier."""
        try:
            self._child.wait(GRACE_WORDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def said(self) -> str:
        """Return what ssh said on stderr, waiting a moment for the end of it."""
        return self._stderr.text(GRACE_WORDS)

    def close(self) -> None:
        """End ssh and remove the folder; may be called twice."""
        atexit.unregister(self.close)
        with self._lock:
            if self._child.stdin is None or self._child.stdin.closed:
                return
            self._child.stdin.close()
            try:
                self._child.wait(GRACE_TERM)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            assert self._child.stdout is not None
            self._child.stdout.close()
            self._stderr.close()
            _remove(self._folder)


def destination(target: Target) -> list[str]:
    """Return ssh's words for where to go; ``--`` as a host may begin with a dash."""
    words = ["-p", str(target.port)] if target.port else []
    words += ["-l", target.user] if target.user else []
    return [*words, "--", target.host]


def _private_folder() -> str:
    """Return a new folder (0700) whose path leaves room for a socket's name."""
    folder = tempfile.gettempdir()
    fits = len(folder) + len("/qmonsh-12345678") + _ROOM < SUN_PATH
    return tempfile.mkdtemp(prefix="qmonsh-", dir=folder if fits else "/tmp")


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
