"""Getting the VM's screen into a file that this process can read.

Knows screendump and that QEMU writes the file itself, perhaps as another user. Must not know how the picture
is shown.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from qmonsh.errors import CommandError, UsageError
from qmonsh.shell.screen import Picture, read_ppm

if TYPE_CHECKING:
    from qmonsh.monitor.connection import Connection

_LOCAL = ("unix", "abstract", "name", "pid", "fd", "exec", "libvirt")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def take_picture(connection: Connection, device: str = "") -> Picture:
    """Return what the VM's screen (of a display device) shows; raises UsageError when it cannot be had."""
    target = connection.target
    if target is not None and target.scheme not in _LOCAL and target.host not in _LOOPBACK:
        raise UsageError(
            "the screen cannot be shown: QEMU runs on another host, and writes the picture there"
        )
    with tempfile.TemporaryDirectory(prefix="qmonsh-screen-") as folder:
        path = os.path.join(folder, "screen.ppm")
        # QEMU may be another user: it may pass the folder, whose name nobody can guess, and write, not read.
        os.chmod(folder, 0o711)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.chmod(path, 0o622)
        _dump(connection, path, device)
        try:
            with open(path, "rb") as file:
                picture = read_ppm(file.read())
        except OSError as error:
            raise UsageError(f"the picture cannot be read: {error.strerror}") from None
    if picture is None:
        raise UsageError("no picture came: QEMU may run on another host, or in another file system")
    return picture


def _dump(connection: Connection, path: str, device: str) -> None:
    if connection.dialect == "hmp":
        text = connection.human(f"screendump {path}{f' {device}' if device else ''}")
        if text.strip():
            raise CommandError("GenericError", text.strip(), command="screendump")
        return
    arguments = {"filename": path} | ({"device": device} if device else {})
    connection.execute("screendump", arguments)
