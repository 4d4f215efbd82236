"""The user's editor on a text, in a private temporary file.

Knows VISUAL and EDITOR. Must not know what the text is for, nor whose turn it is on the terminal.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile

from qmonsh.errors import UsageError

#: Where neither variable names one: the first of these that is there.
_USUAL = ("editor", "nano", "vi")


#: Seconds that an editor that was hung up on has to put the terminal in order.
PATIENCE = 1.0


class Editor:
    """The user's editor; at most one runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_hung_up = False

    def edit(self, text: str) -> str:
        """Return the text as the user left it; raises UsageError when there is no editor or it failed."""
        with tempfile.TemporaryDirectory(prefix="qmonsh-edit-") as folder:
            path = os.path.join(folder, "line.json" if text.lstrip().startswith("{") else "line.txt")
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(text + "\n")
            self._run(path)
            try:
                with open(path, encoding="utf-8") as file:
                    return file.read().rstrip("\n")
            except (OSError, UnicodeDecodeError):
                raise UsageError("the editor left no UTF-8 text: nothing was changed") from None

    def hang_up(self) -> None:
        """Have the editor end, or the one that is just being started; from another thread."""
        self._is_hung_up = True
        if self._process is not None:
            _end(self._process)

    def _run(self, path: str) -> None:
        """Run the editor on a file until it has ended well; raises UsageError."""
        chosen = next((name for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), "")
        for editor in [os.environ[chosen]] if chosen else _USUAL:
            try:
                status = self._status([*shlex.split(editor), path])
            except (OSError, ValueError) as error:
                if not chosen:
                    continue
                problem = f"cannot run the editor '{editor}': {getattr(error, 'strerror', error)}"
                raise UsageError(problem, advice=f"{chosen} names it") from None
            if status:
                how = f"signal {-status} ended it" if status < 0 else f"it ended with status {status}"
                raise UsageError(f"the editor '{editor}' failed, {how}: nothing was changed")
            return
        raise UsageError("there is no editor here", advice="VISUAL or EDITOR names yours")

    def _status(self, words: list[str]) -> int:
        """Run a program and return how it ended."""
        with subprocess.Popen(words) as process:
            self._process = process
            if self._is_hung_up:
                _end(process)
            try:
                return process.wait()
            finally:
                self._process = None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End an editor: hung up on first, killed after a grace.

    What it could still write would go nowhere: the file goes with us.
    """
    for number in (signal.SIGHUP, signal.SIGCONT):  # a stopped one hears it when it goes on
        process.send_signal(number)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
