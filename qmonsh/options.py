"""The options of the command line as a table, and the words of a command line taken apart by it.

Knows the spelling of options and what reads as their values (DESIGN section 1). Must not know click, which
makes --help and the complaints out of the same table (command.py): to load it takes as long as everything
else that a one-shot does, so it is loaded when there is something to say. To add an option, add a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qmonsh.errors import UsageError
from qmonsh.settings import COLOURS, DIALECTS, EXPLAINED_AS, OUTPUTS


class Option(NamedTuple):
    """One option: its spellings, the name of its value, and its row in --help.

    ``metavar`` or ``choices`` stand for the value; an option without either is a flag.
    """

    names: tuple[str, ...]
    name: str
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_number: bool = False
    is_repeatable: bool = False
    is_hidden: bool = False

    @property
    def takes_value(self) -> bool:
        """Whether a word follows the option."""
        return bool(self.metavar or self.choices)


OPTIONS: tuple[Option, ...] = (
    Option(("-U",), "unix_path", "TARGET, for fingers that type nc -U.", metavar="PATH"),
    Option(("--fd",), "fd", "TARGET is the inherited descriptor N, as fd:N.", metavar="N"),
    Option(("-c", "--command"), "command_lines", "Run LINE; repeatable.", metavar="LINE", is_repeatable=True),
    Option(("-f", "--file"), "files", "Run a script (- is stdin).", metavar="FILE", is_repeatable=True),
    Option(("-o", "--output"), "output", "How results are printed.", choices=OUTPUTS),
    Option(("--json",), "output_json", "The same as -o json."),
    Option(("-n", "--explain"), "explain", "Print what each line becomes; send nothing that acts."),
    Option(("--explain-as",), "explain_as", "The form of --explain.", choices=EXPLAINED_AS),
    Option(("--complete",), "complete", "Print the candidates for the end of LINE.", metavar="LINE"),
    Option(
        ("--complete-target",),
        "complete_target",
        "Print the targets that WORD begins (for the shell completions).",
        metavar="WORD",
        is_hidden=True,
    ),
    Option(("--wait",), "wait", "After the commands, wait for this event.", metavar="EVENT[,k=v...]"),
    Option(
        ("-t", "--timeout"),
        "timeout",
        "Deadline of one command (default: none).",
        metavar="S",
        is_number=True,
    ),
    Option(
        ("--connect-timeout",),
        "connect_timeout",
        "Deadline of connection and greeting (default: 5).",
        metavar="S",
        is_number=True,
    ),
    Option(("--keep-going",), "keep_going", "Do not stop at the first failure; the worst status counts."),
    Option(("--events",), "events", "Report events in scripts too."),
    Option(("--read-only",), "read_only", "Refuse whatever could change the VM."),
    Option(("-y", "--yes"), "yes", "Do not ask before dangerous commands."),
    Option(
        ("--dialect",),
        "dialect",
        "What the other end speaks (default: auto); agent: a guest agent.",
        choices=DIALECTS,
    ),
    Option(("--tls-ca",), "tls_ca", "With tls://: who signed QEMU's certificate.", metavar="FILE"),
    Option(("--tls-cert",), "tls_cert", "With tls://: our certificate.", metavar="FILE"),
    Option(("--tls-key",), "tls_key", "With tls://: the key of our certificate.", metavar="FILE"),
    Option(("--tls-dir",), "tls_dir", "With tls://: these three, named as QEMU names them.", metavar="DIR"),
    Option(("--tls-name",), "tls_name", "With tls://: the name in QEMU's certificate.", metavar="NAME"),
    Option(("--no-introspect",), "no_introspect", "Never ask QEMU for device properties."),
    Option(("--record",), "record", "Append every message to FILE as JSON lines.", metavar="FILE"),
    Option(("--replay",), "replay", "Print what --record wrote to FILE; connect to nothing.", metavar="FILE"),
    Option(("-v", "--verbose"), "verbose", "Print the QMP of each line to stderr."),
    Option(("--color",), "color", "Colours (default: auto).", choices=COLOURS),
    Option(("--no-pager",), "no_pager", "Never page long output."),
    Option(("--kill-on-exit",), "kill_on_exit", "With run: end QEMU on leaving, without asking."),
    Option(("--keep",), "keep", "With run: leave QEMU running, and say how to come back."),
    Option(("--all",), "everything", "With ls: storage daemons and guest agents too."),
    Option(("--table",), "table", "With each: a table with a row for each monitor."),
    Option(("--debug",), "debug", "Show tracebacks."),
    Option(("--config",), "config", "Use this configuration file.", metavar="FILE"),
)

#: QEMU's options whose value is a TARGET, accepted as pasted: ``-qmp unix:/p,server=on``.
PASTED = ("qmp", "qmp-pretty", "monitor", "chardev", "mon")
#: In place of a TARGET: WHO words follow, with options among them, up to ``--`` and COMMAND.
EACH = ["each"]
#: Kept in the order given among each other, as they are the lines to run.
_SOURCES = ("command_lines", "files")
_BY_NAME = {name: option for option in OPTIONS for name in option.names}
#: The values of a command line without options.
DEFAULTS: dict[str, Any] = {
    option.name: () if option.is_repeatable else None if option.takes_value else False for option in OPTIONS
}


class Words:
    """A command line taken apart: option words, the TARGET's words, COMMAND, and -c/-f in their order."""

    __slots__ = ("options", "target", "command", "sources")

    def __init__(self) -> None:
        self.options: list[str] = []
        self.target: list[str] = []
        self.command: list[str] = []
        self.sources: list[tuple[str, str]] = []


def take_apart(args: Sequence[str]) -> Words:
    """Split the command line: options may stand before or after TARGET and end at COMMAND's first word.

    ``-c`` and ``-f`` are kept in the order given, which click would lose. Behind ``each``, WHO and the ``--``
    are left in ``command``. Raises UsageError.
    """
    words = Words()
    rest = list(args)
    while rest:
        word = rest[0]
        if word == "--":
            words.command += rest if words.target == EACH else rest[1:]
            break
        if not words.target and _is_pasted(word):
            taken = 1 if " " in word else 2
            words.target, rest = [" ".join(rest[:taken])], rest[taken:]
        elif word.startswith("-") and word != "-":
            _take_option(rest, words)
        elif words.target == EACH:
            words.command.append(rest.pop(0))
        elif not words.target and not any(name in ("-U", "--fd") for name in words.options):
            taken = _target_length(rest)
            words.target, rest = rest[:taken], rest[taken:]
        else:
            words.command += rest
            break
    return words


def _is_pasted(word: str) -> bool:
    """Tell whether a word is an option of QEMU's, pasted together with the address behind it."""
    return word.split(" ", 1)[0].lstrip("-") in PASTED and word.startswith("-")


def _target_length(words: Sequence[str]) -> int:
    """Return how many leading words are the TARGET: two for HOST PORT, as for nc and telnet."""
    if words[0] in EACH:
        return 1
    from qmonsh.target import parse_words

    return max(1, parse_words(words)[1])


def _take_option(rest: list[str], words: Words) -> None:
    """Move one option with its value from ``rest`` to ``words``."""
    word = rest.pop(0)
    name, glued = _option_name(word)
    option = _BY_NAME.get(name)
    if option is None or not option.takes_value:
        words.options.append(word)
        return
    if glued is None:
        if not rest:
            raise UsageError(f"option {name} requires an argument")
        glued = rest.pop(0)
    if option.name in _SOURCES:
        words.sources.append((option.name, glued))
    else:
        words.options += [name, glued]


def _option_name(word: str) -> tuple[str, str | None]:
    """Split "--output=json" and "-ojson" into name and glued value (None when there is none)."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def read_options(words: Sequence[str]) -> dict[str, Any] | None:
    """Return the values of option words as ``take_apart`` leaves them, or None when that takes click.

    None means --help, --version, flags run together, and whatever is wrong.
    """
    found = dict(DEFAULTS)
    rest = iter(words)
    for word in rest:
        option = _BY_NAME.get(word)
        if option is None:
            return None
        try:
            found[option.name] = _value(option, next(rest)) if option.takes_value else True
        except ValueError:
            return None
    return found


def _value(option: Option, text: str) -> str | float:
    """Return the value of an option; raises ValueError."""
    if option.choices and text not in option.choices:
        raise ValueError(text)
    return float(text) if option.is_number else text
