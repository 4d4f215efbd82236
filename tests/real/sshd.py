"""A real sshd on the loopback interface, in the foreground, with keys of its own; for tests and bench."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", ""))
SSH = shutil.which("ssh")

_CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/hostkey
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowStreamLocalForwarding {forwarding}
"""


def is_possible() -> bool:
    """Tell whether this machine has OpenSSH's server and client."""
    return SSHD is not None and SSH is not None


def make_keys(folder: Path, *names: str) -> None:
    """Make a pair of keys for each name, and what sshd wants to be there when root starts it."""
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    for name in names:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start(
    folder: Path, *, port: int, name: str = "sshd", forwarding: str = "yes", more: str = ""
) -> subprocess.Popen[bytes]:
    """Return an sshd that listens; ``folder`` has the keys "hostkey" and "key", ``more`` is configuration."""
    config = folder / f"{name}.config"
    config.write_text(_CONFIG.format(port=port, folder=folder, forwarding=forwarding) + more)
    assert SSHD is not None
    words = [SSHD, "-D", "-e", "-f", str(config)]
    server = subprocess.Popen(words, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert server.stderr is not None
    line = server.stderr.readline()
    assert b"listening" in line, line
    return server
