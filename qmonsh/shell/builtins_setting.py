"""The shell's own commands about how it behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qmonsh.errors import UsageError
from qmonsh.render.escape import one_line
from qmonsh.render.style import finish
from qmonsh.settings import CHOICES, OUTPUTS
from qmonsh.shell.columns import table
from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

#: Settings that can be changed while the shell runs, and what they are.
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
_SWITCH = {
    "on": True,
    "yes": True,
    "true": True,
    "1": True,
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}


@builtin(".output", "text|json|raw", "how results are shown")
async def output(shell: Shell, words: str) -> None:
    """Choose the form of results; without words say which."""
    if words:
        if words not in OUTPUTS:
            raise wrong_usage(".output", f"'{words}' is none of {', '.join(OUTPUTS)}")
        shell.settings.output = words
    shell.say(f"output is {shell.settings.output}")


@builtin(".set", "[KEY [VALUE]]", "change a setting, or show all")
async def set_setting(shell: Shell, words: str) -> None:
    """Change a setting; without words show all."""
    key, _, value = words.replace("=", " ", 1).partition(" ")
    key = key.replace("-", "_")
    value = value.strip()
    if not key:
        rows = ((f"{name} {shown(shell, name)}", what) for name, what in SETTABLE.items())
        await shell.show([finish("\n".join(table(rows, shell.speech.form)) + "\n", shell.speech.form)])
        return
    if key not in SETTABLE:
        from qmonsh.qapi.nearest import nearest

        near = nearest(key, SETTABLE)
        raise UsageError(
            f"there is no setting '{one_line(key)}'",
            advice=f"did you mean '{near}'?" if near else f"settings are {', '.join(SETTABLE)}",
        )
    if value:
        apply(shell, key, read_value(shell, key, value))
    shell.say(f"{key} is {shown(shell, key)}")


def shown(shell: Shell, key: str) -> str:
    """Return a setting's value as it is typed."""
    value = getattr(shell.settings, key)
    if isinstance(value, bool):
        return "on" if value else "off"
    return "off" if value is None else str(value)


def read_value(shell: Shell, key: str, text: str) -> Any:
    """Return the value that a text spells; raises UsageError."""
    present = getattr(shell.settings, key)
    if isinstance(present, bool):
        if text.lower() not in _SWITCH:
            raise UsageError(f"{key} must be on or off, not '{one_line(text)}'")
        return _SWITCH[text.lower()]
    if key in ("timeout", "connect_timeout"):
        if key == "timeout" and text == "off":
            return None
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1
        if not 0 < seconds < 1e9:
            raise UsageError(f"{key} must be a number of seconds, not '{one_line(text)}'")
        return seconds
    if text not in CHOICES.get(key, (text,)):
        raise UsageError(f"{key} must be one of {', '.join(CHOICES[key])}, not '{one_line(text)}'")
    return text


def apply(shell: Shell, key: str, value: Any) -> None:
    """Change a setting, and what depends on it at once."""
    setattr(shell.settings, key, value)
    if key == "timeout":
        shell.monitor.session.deadline = value
    shell.monitor.changed()
