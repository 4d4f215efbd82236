"""The user's editor on a text, in a private temporary file.

Knows VISUAL and EDITOR. Must not know what the text is for.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile

from qmonsh.shell.terminal import Terminal


def edit_text(text: str, terminal: Terminal) -> str | None:
    """Return the text as the user left it, None when the editor failed or nothing changed."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-edit-") as folder:
        path = os.path.join(folder, "line.json" if text.lstrip().startswith("{") else "line.txt")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
        with terminal.lent():
            if not _run(path):
                return None
        try:
            with open(path, encoding="utf-8") as file:
                changed = file.read().rstrip("\n")
        except (OSError, UnicodeDecodeError):
            return None
    return None if changed == text else changed


def _run(path: str) -> bool:
    """Run the first editor that can be started; returns whether it ended well."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    for editor in [chosen] if chosen else ["editor", "nano", "vi"]:
        try:
            return subprocess.run([*shlex.split(editor), path], check=False).returncode == 0
        except (OSError, ValueError):
            continue
    return False
