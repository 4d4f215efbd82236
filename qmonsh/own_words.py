"""The commands of qmonsh itself (``.word``), as far as the shell and scripts share them.

Knows how such a line is found in a table and how its words are read. Must not know what a command does: the
shell's are in shell/builtins_*.py, those of scripts in script_words.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qmonsh.errors import LineError, UsageError
from qmonsh.settings import CHOICES, EXPLAINED_AS, Settings

#: Settings that can be changed while qmonsh runs, and what they are.
SETTABLE = {
    "output": "text, json or raw",
    "timeout": "seconds that a command may take, off for no limit",
    "connect_timeout": "seconds that connecting may take",
    "pager": "on or off: long output through $PAGER",
    "verbose": "on or off: say the QMP that each line became",
    "yes": "on or off: do not ask before dangerous commands",
    "read_only": "on or off: refuse what could change the VM",
    "auto_reconnect": "on or off: connect again by itself",
    "introspect": "on or off: ask QEMU for device properties (for connections to come)",
    "vi": "on or off: vi keys instead of emacs keys",
    "toolbar": "on or off: the line below the prompt",
    "debug": "on or off: tracebacks",
}
_SWITCH = {"on": True, "yes": True, "true": True, "1": True} | {
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}
#: More seconds than these are not waited for.
_FOREVER = 1e9
#: With these a line is QEMU's alone to read; of these characters it is JSON, quoted or goes into a pipe.
_FORCED = frozenset({"hmp", "qmp"})
_NO_QUESTION = frozenset("{[(\"'|>")


def find_word(line: str, names: Iterable[str], *, whose: str) -> tuple[str, str]:
    """Return the name that a ``.word`` line begins with or abbreviates, and the rest; raises LineError."""
    text = line.lstrip()
    start = len(line) - len(text)
    name = text.split(None, 1)[0]
    known = list(names)
    matches = [one for one in known if one.startswith(name)] if len(name) > 1 else []
    chosen = name if name in known else matches[0] if len(matches) == 1 else ""
    if not chosen:
        from qmonsh.qapi.nearest import nearest

        raise LineError(
            f"{whose} no command '{name}'" if not matches else f"'{name}' is ambiguous",
            line=line,
            start=start,
            end=start + len(name),
            expected=matches or known,
            nearest="" if matches else nearest(name, known) or "",
        )
    return chosen, text[len(name) :].strip()


def help_topic(line: str) -> str | None:
    """Return the topic that ``help``, ``help WORD`` or ``WORD ?`` asks about, else None."""
    words = line.split()
    if words and words[0] in ("help", "?"):
        return " ".join(words[1:])
    if len(words) > 1 and words[-1] == "?" and words[0] not in _FORCED and _NO_QUESTION.isdisjoint(line):
        return " ".join(words[:-1])
    return "info" if words == ["info"] else None


def split_style(words: str) -> tuple[str, str]:
    """Return the style at the beginning of what ``.explain`` was given ("qmp" without one), and the line."""
    style, _, rest = words.partition(" ")
    if style in EXPLAINED_AS and rest.strip():
        return style, rest.strip()
    return "qmp", words.strip()


def parse_wait(words: str) -> tuple[str, dict[str, str], float | None]:
    """Return the event's name, the data it must have and the seconds (None: no limit); raises UsageError."""
    name, *rest = words.replace(",", " ").split() or [""]
    if not name:
        raise UsageError("an event is needed", advice=".wait EVENT [KEY=VALUE...] [SECONDS]")
    match: dict[str, str] = {}
    seconds: float | None = None
    for word in rest:
        key, equals, value = word.partition("=")
        if equals and key:
            match[key] = value
            continue
        seconds = _number(word)
        if not 0 <= seconds < _FOREVER:
            raise UsageError(f"'{word}' is neither KEY=VALUE nor a number of seconds")
    return name.upper(), match, seconds


def split_setting(words: str, settable: Iterable[str] = SETTABLE) -> tuple[str, str]:
    """Return the key and the text of its new value from ``KEY VALUE`` or ``KEY=VALUE``; raises UsageError.

    Both are ``""`` when there are no words, the value is when the setting is only asked for.
    """
    key, _, value = words.replace("=", " ", 1).partition(" ")
    key = key.replace("-", "_")
    names = list(settable)
    if key and key not in names:
        from qmonsh.qapi.nearest import nearest

        near = nearest(key, names)
        raise UsageError(
            f"there is no setting '{key}'",
            advice=f"did you mean '{near}'?" if near else f"settings are {', '.join(names)}",
        )
    return key, value.strip()


def setting_text(settings: Settings, key: str) -> str:
    """Return a setting's value as it is typed."""
    value = getattr(settings, key)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "off" if value is None else str(value)


def read_setting(settings: Settings, key: str, text: str) -> Any:
    """Return the value that a text spells for a setting; raises UsageError."""
    if isinstance(getattr(settings, key), bool):
        if text.lower() not in _SWITCH:
            raise UsageError(f"{key} must be on or off, not '{text}'")
        return _SWITCH[text.lower()]
    if key in ("timeout", "connect_timeout"):
        return _seconds(key, text)
    if text not in CHOICES.get(key, (text,)):
        raise UsageError(f"{key} must be one of {', '.join(CHOICES[key])}, not '{text}'")
    return text


def _seconds(key: str, text: str) -> float | None:
    if key == "timeout" and text == "off":
        return None
    seconds = _number(text)
    if not 0 < seconds < _FOREVER:
        raise UsageError(f"{key} must be a number of seconds, not '{text}'")
    return seconds


def _number(text: str) -> float:
    """Return a number, -1 for a text that is none."""
    try:
        return float(text)
    except ValueError:
        return -1
