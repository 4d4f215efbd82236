"""What the user asked for: options, environment variables and the configuration file, as plain values.

Knows which settings there are, their defaults and where XDG puts things; settings_file.py reads the file.
Must not know what any setting does.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

OUTPUTS = ("text", "json", "raw")
COLOURS = ("auto", "always", "never")
DIALECTS = ("auto", "qmp", "hmp", "agent")
EACH_SSH = ("auto", "asyncssh", "openssh")
EXPLAINED_AS = ("qmp", "python", "virsh", "shell")


class Terminal(NamedTuple):
    """What the three standard streams are, asked once, so that tests can say otherwise."""

    stdin: bool
    stdout: bool
    stderr: bool
    term: str

    @classmethod
    def ask(cls) -> Terminal:
        """Return the facts of this process."""

        def is_tty(stream: Any) -> bool:
            try:
                return bool(stream is not None and stream.isatty())
            except ValueError:  # closed
                return False

        return cls(is_tty(sys.stdin), is_tty(sys.stdout), is_tty(sys.stderr), os.environ.get("TERM", ""))


class Settings:
    """The options of DESIGN section 1, after the environment and the configuration file had their say.

    ``timeout`` and ``connect_timeout`` are seconds, ``max_reply`` is in MiB, ``max_depth`` in levels of
    nesting; 0 leaves them to who reads (wire/; fleet/ for each of many). ``confirm`` lists further commands
    to ask before. ``targets`` are named targets, ``groups`` lists of WHO words (``each``), ``each_ssh`` is
    what ``each`` reaches other hosts with, ``aliases`` are words that stand for the beginning of a line.
    ``keys`` maps key names of prompt_toolkit ("c-t", "f3") to named commands or lines, ``theme`` style
    classes to styles. ``tls`` are credentials (credentials.KEYS) for tls:// targets that do not say their
    own.
    (No dataclass: to load dataclasses takes a tenth of a one-shot.)
    """

    output: str = "text"
    color: str = "auto"
    timeout: float | None = None
    connect_timeout: float = 5.0
    max_reply: int = 0
    max_depth: int = 0
    dialect: str = "auto"
    keep_going: bool = False
    events: bool = False
    read_only: bool = False
    yes: bool = False
    explain: bool = False
    explain_as: str = "qmp"
    record: str = ""
    verbose: bool = False
    debug: bool = False
    pager: bool = True
    introspect: bool = True
    history: bool = True
    vi: bool = False
    auto_reconnect: bool = False
    toolbar: bool = True
    each_ssh: str = "auto"
    confirm: list[str]
    targets: dict[str, str]
    groups: dict[str, str | list[str]]
    aliases: dict[str, str]
    keys: dict[str, str]
    theme: dict[str, str]
    tls: dict[str, str]
    terminal: Terminal

    def __init__(self, **given: Any) -> None:
        self.confirm = []
        self.targets, self.aliases, self.keys, self.theme = {}, {}, {}, {}
        self.groups, self.tls = {}, {}
        for name, value in given.items():
            if name not in Settings.__annotations__:
                raise TypeError(f"there is no setting '{name}'")
            setattr(self, name, value)
        if "terminal" not in given:
            self.terminal = Terminal.ask()

    def colour_for(self, is_terminal: bool) -> bool:
        """Return whether to colour a stream; the order is DESIGN section 10's."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
            return True
        return is_terminal and self.terminal.term != "dumb"


#: Keys of the configuration file and the type of their value.
FILE_KEYS: dict[str, type | tuple[type, ...]] = {
    "output": str,
    "color": str,
    "timeout": (int, float),
    "connect_timeout": (int, float),
    "max_reply": int,
    "max_depth": int,
    "dialect": str,
    "events": bool,
    "read_only": bool,
    "pager": bool,
    "introspect": bool,
    "history": bool,
    "vi": bool,
    "auto_reconnect": bool,
    "toolbar": bool,
    "confirm": list,
    "targets": dict,
    "groups": dict,
    "aliases": dict,
    "each_ssh": str,
    "keys": dict,
    "theme": dict,
    "tls": dict,
}
#: What numbers count, and their largest values; Python's JSON decoder takes no deeper nesting than this.
UNITS = {"max_reply": ("MiB", 1 << 20), "max_depth": ("levels", 800)}
CHOICES = {"output": OUTPUTS, "color": COLOURS, "dialect": DIALECTS, "each_ssh": EACH_SSH}


def config_path() -> str:
    """Return where the configuration file would be (XDG), or "" when there is no home."""
    return _xdg("XDG_CONFIG_HOME", ".config", "config.toml")


def state_path(name: str) -> str:
    """Return the path of a file in the state folder (history), or "" when there is no home."""
    return _xdg("XDG_STATE_HOME", os.path.join(".local", "state"), name)


def _xdg(variable: str, fallback: str, name: str) -> str:
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):  # the XDG specification: relative paths are to be ignored
        home = os.path.expanduser("~")
        # An empty HOME would be the root of all files to expanduser.
        if os.environ.get("HOME") == "" or not os.path.isabs(home):
            return ""
        base = os.path.join(home, fallback)
    return os.path.join(base, "qmonsh", name)
