"""The user's editor on a text, in a private temporary file.

Knows VISUAL and EDITOR. Must not know what the text is for, nor whose turn it is on the terminal.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile

from qmonsh.errors import UsageError

#: Where neither variable names one: the first of these that is there.
_USUAL = ("editor", "nano", "vi")


def edit_text(text: str) -> str:
    """Return the text as the user left it; raises UsageError when there is no editor or it failed."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-edit-") as folder:
        path = os.path.join(folder, "line.json" if text.lstrip().startswith("{") else "line.txt")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        _run(path)
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().rstrip("\n")
        except (OSError, UnicodeDecodeError):
            raise UsageError("the editor left no UTF-8 text: nothing was changed") from None


def _run(path: str) -> None:
    """Run the editor on a file until it has ended well; raises UsageError."""
    chosen = next((name for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), "")
    for editor in [os.environ[chosen]] if chosen else _USUAL:
        try:
            status = subprocess.run([*shlex.split(editor), path], check=False).returncode
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
