"""The colours of prompt, menu and toolbar: 16 colours by name, so that they follow the user's palette.

Knows every style class that the shell uses. Must not know what is coloured with them.
"""

from __future__ import annotations

from collections.abc import Mapping

from prompt_toolkit.styles import Attrs, BaseStyle, Style

from qmonsh.errors import UsageError

#: What matters less. "Bright black" is the colour of the paper in some palettes (Solarized dark); older
#: versions of prompt_toolkit have nothing else.
_FAINT = "ansidefault dim" if "dim" in Attrs._fields else "ansibrightblack"

#: Class -> style. Foreground colours are such as can be read on dark and on light.
STYLE: Mapping[str, str] = {
    "prompt.name": "bold",
    "prompt.running": "ansigreen",
    "prompt.stopped": "ansimagenta",
    "prompt.lost": "ansired bold",
    "bottom-toolbar": "noreverse",
    "toolbar": "",
    "toolbar.name": "bold",
    "toolbar.current": "bold underline",
    "toolbar.dim": _FAINT,
    "toolbar.work": "ansimagenta",
    "command": "bold",
    "unknown": "ansired",
    "key": "ansicyan",
    "string": "ansigreen",
    "number": "ansiblue",
    "constant": "ansimagenta",
    "flag": "ansimagenta",
    "operator": "bold",
    "auto-suggestion": _FAINT,
    "completion-menu.completion": "bg:ansiwhite ansiblack",
    "completion-menu.completion.current": "noreverse bg:ansiblue ansiwhite bold",
    "completion-menu.meta.completion": "bg:ansibrightblack ansiwhite",
    "completion-menu.meta.completion.current": "noreverse bg:ansiblue ansiwhite",
    "matching-bracket.cursor": "bold underline",
    "matching-bracket.other": "bold underline",
}


def make_style(theme: Mapping[str, str]) -> BaseStyle:
    """Return the style with the user's changes, whose names are known to be right (settings_names.py).

    Raises UsageError for a style that this prompt_toolkit has not.
    """
    for name, style in theme.items():
        try:
            Style.from_dict({name: style})
        except (ValueError, TypeError, AttributeError):
            raise UsageError(f"[theme]: '{style}' is not a style for '{name}'") from None
    return Style.from_dict({**STYLE, **theme})
