"""An ssh connection to a host on which commands are run and to which forwards are added.

A connection that the user shares (ControlMaster) is used where there is one, and left as it was.

Knows how ssh is told to forward. Must not know what its failures mean, nor what the commands say.
"""

from __future__ import annotations

import select
import subprocess
from time import monotonic

from qmonsh.target import Target
from qmonsh.transport import ssh_failure
from qmonsh.transport.ssh import SshTransport, local_end
from qmonsh.transport.ssh_end import forwarded, is_forwardable
from qmonsh.transport.ssh_link import GUARDED, Link, destination

#: ssh answers from its control socket; how long that may take on a busy machine (seconds).
PATIENCE = 30.0

#: Seconds for the list of another host's VMs, once ssh is let in.
LOOK_SECONDS = 10.0

# A guardian for a connection that is the user's: it reads what was forwarded, and cancels that at the end.
_LENT = """trap '' INT QUIT; dir=$1; shift; echo up
while IFS= read -r forward; do set -- -L "$forward" "$@"; some=1; done
if [ "$some" ]; then ssh -O cancel "$@" </dev/null >/dev/null 2>&1; fi; rm -rf "$dir\""""


class Master(Link):
    """An ssh connection to a host without a forward, to which forwards are added."""

    def _words(self, until: float) -> list[str]:
        there = destination(self._target)
        self._is_lent = self._is_shared(until)
        if self._is_lent:
            return ["sh", "-c", _LENT, "sh", self._folder, *there]
        self._control = ["-S", f"{self._folder}/control"]
        words = ["sh", "-c", GUARDED, "sh", self._folder, "ssh", *self._options(until)]
        return [*words, "-N", "-M", *self._control, *there]

    def forward(self, paths: dict[str, int]) -> None:
        """Forward ``local(number)`` to each end over there (ssh_end.py); raises ConnectError."""
        specs = [f"{forwarded(self.local(number))}:{forwarded(path)}" for path, number in paths.items()]
        if self._is_lent and self._child.stdin is not None:
            self._child.stdin.write("".join(f"{spec}\n" for spec in specs).encode("utf-8", "surrogateescape"))
        words = ["ssh", *self._control, "-O", "forward"]
        for spec in specs:
            words += ["-L", spec]
        null = subprocess.DEVNULL
        try:
            done = subprocess.run(
                [*words, *destination(self._target)],
                stdin=null, stdout=null, stderr=subprocess.PIPE, timeout=PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ssh_failure.too_slow(self._target, PATIENCE, "") from None
        if done.returncode:
            raise ssh_failure.not_connected(
                self._target, self.said() or done.stderr.decode("utf-8", "replace")
            )

    def local(self, number: int) -> str:
        """Return the path of a local socket."""
        return f"{self.path}{number}"

    def run(self, command: str, *, seconds: float, most: int) -> bytes:
        """Return what a command for the other host's login shell prints within ``seconds``.

        That is ``most`` bytes at most.
        """
        null, until = subprocess.DEVNULL, monotonic() + seconds
        with subprocess.Popen(
            self.command(command), stdin=null, stdout=subprocess.PIPE, stderr=null, bufsize=0
        ) as child:
            assert child.stdout is not None
            poll = select.poll()
            poll.register(child.stdout, select.POLLIN)
            data = bytearray()
            while len(data) < most and poll.poll(max(0.0, until - monotonic()) * 1000):
                piece = child.stdout.read(most - len(data))
                if not piece:
                    break
                data += piece
            child.kill()
        return bytes(data)


def open_by_name(target: Target, *, until: float) -> SshTransport:
    """Return a transport to ``ssh://host#NAME``, found over the connection that then carries it.

    Raises ConnectError. ``until`` is a time of monotonic().
    """
    from qmonsh.transport import remote_look

    master = Master(target, until=until)
    try:
        master.wait_up(until)
        # A passphrase may have been asked for: the look has its own time.
        seconds = max(LOOK_SECONDS if master.may_ask else 0.1, until - monotonic())
        data = master.run(remote_look.COMMAND, seconds=seconds, most=remote_look.MOST_BYTES)
        found = target._replace(path=remote_look.choose(target, data))
        if not is_forwardable(found.path):
            return SshTransport(master, None, found)
        master.forward({found.path: 0})
        return SshTransport(master, local_end(master.local(0), master, found), found)
    except BaseException:
        master.close()
        raise
