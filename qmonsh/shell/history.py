"""The lines typed before: one file per user, this VM's lines first, never a secret.

Knows the file (XDG state, mode 0600 in a folder of mode 0700; each line a comment with time and VM, then
``+`` lines as prompt_toolkit writes them). Must not know keys or prompts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from time import strftime

from prompt_toolkit.history import History

#: Lines that are read back; older ones stay in the file.
MOST = 10_000


class ShellHistory(History):
    """History of one shell; ``vm`` names whose lines come first.

    Not stored: lines that begin with a blank, that hold a secret, or that repeat the one before. Without
    a usable ``path`` it lives in memory, and ``complain`` is told why once.
    """

    def __init__(
        self, path: str, *, vm: str = "", complain: Callable[[str], None] = lambda text: None
    ) -> None:
        super().__init__()
        self.vm = vm
        self._path = path
        self._complain = complain
        if path and not _make_folder(path):
            self._give_up("its folder cannot be made")

    def turn_to(self, vm: str) -> None:
        """Recall the lines of this VM first from now on."""
        if vm == self.vm:
            return
        self.vm = vm
        if self._path:  # else all there is are the lines in memory, and nobody knows whose they are
            self._loaded, self._loaded_strings = False, []

    def load_history_strings(self) -> Iterator[str]:
        """Return the stored lines, newest first, those of this VM before all others, each once."""
        entries = list(self._entries())
        seen = set()
        for own in (True, False):
            for vm, text in reversed(entries):
                if (vm == self.vm) is own and text not in seen:
                    seen.add(text)
                    yield text

    def append_string(self, string: str) -> None:
        """Remember a line, unless it is not to be remembered."""
        from qmonsh.language.secrets import mask

        if string.strip() and not string[0].isspace() and mask(string) == string:
            self.load_once()
            if not self._loaded_strings or self._loaded_strings[0] != string:
                super().append_string(string)

    def lines(self) -> list[str]:
        """Return all lines, oldest first."""
        self.load_once()
        return self.get_strings()

    def load_once(self) -> None:
        """Read the file now if nothing was read yet."""
        if not self._loaded:
            self._loaded_strings = list(self.load_history_strings())
            self._loaded = True

    def store_string(self, string: str) -> None:
        """Append a line to the file in one write, so that shells side by side do not mix theirs."""
        if not self._path:
            return
        vm = " ".join(self.vm.split())
        text = "".join(f"+{line}\n" for line in string.split("\n"))
        data = f"\n# {strftime('%Y-%m-%d %H:%M:%S')} {vm}\n{text}".encode("utf-8", "surrogateescape")
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.fchmod(fd, 0o600)
                os.write(fd, data)
            finally:
                os.close(fd)
        except OSError as error:
            self._give_up(error.strerror or str(error))

    def _entries(self) -> Iterator[tuple[str, str]]:
        vm, lines = "", []
        for line in self._lines():
            if line.startswith("+"):
                lines.append(line[1:])
                continue
            if lines:
                yield vm, "\n".join(lines)
                lines = []
            if line.startswith("# "):
                vm = line[len("# 2000-01-01 00:00:00 ") :]
        if lines:
            yield vm, "\n".join(lines)

    def _lines(self) -> list[str]:
        if not self._path:
            return []
        try:
            with open(self._path, "rb") as file:
                text = file.read().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return []
        except OSError as error:
            self._give_up(error.strerror or str(error))
            return []
        lines = text.split("\n")
        starts = [number for number, line in enumerate(lines) if line.startswith("#")]
        return lines[starts[-MOST] :] if len(starts) > MOST else lines

    def _give_up(self, why: str) -> None:
        path, self._path = self._path, ""
        self._complain(f"the history is not stored: {path}: {why}")


def _make_folder(path: str) -> bool:
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError:
        return False
    return True
