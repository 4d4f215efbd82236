"""The shell's own commands about how it behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qmonsh.help.columns import table
from qmonsh.own_words import SETTABLE, read_setting, setting_text, split_setting
from qmonsh.render.style import finish
from qmonsh.settings import OUTPUTS
from qmonsh.shell.registry import builtin, wrong_usage

if TYPE_CHECKING:
    from qmonsh.shell.shell import Shell

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
    key, value = split_setting(words)
    if not key:
        rows = ((f"{name} {setting_text(shell.settings, name)}", what) for name, what in SETTABLE.items())
        await shell.show([finish("\n".join(table(rows, shell.speech.form)) + "\n", shell.speech.form)])
        return
    if value:
        apply(shell, key, read_setting(shell.settings, key, value))
    shell.say(f"{key} is {setting_text(shell.settings, key)}")


def apply(shell: Shell, key: str, value: Any) -> None:
    """Change a setting, and what depends on it at once."""
    setattr(shell.settings, key, value)
    if key == "timeout":
        shell.monitor.session.deadline = value
    shell.monitor.changed()
