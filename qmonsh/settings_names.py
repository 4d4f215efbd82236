"""What [theme] and [keys] of the configuration may say: names of styles, colours, keys and commands; pure.

prompt_toolkit has the last word on them, but one-shots never load it, and a misspelt name is to be told there
too: so they stand here, and tests compare. Must not know what any of them does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from qmonsh.qapi.nearest import nearest

#: The parts of the shell that have a style of their own (shell/theme.py says which).
STYLE_CLASSES = tuple(
    """prompt.name prompt.running prompt.stopped prompt.lost bottom-toolbar toolbar toolbar.name
    toolbar.current toolbar.dim toolbar.work command unknown key string number constant flag operator
    auto-suggestion completion-menu.completion completion-menu.completion.current
    completion-menu.meta.completion completion-menu.meta.completion.current
    matching-bracket.cursor matching-bracket.other""".split()
)

_ATTRIBUTES = ("bold", "italic", "underline", "strike", "blink", "reverse", "hidden", "dim")
_ANSI = """black red green yellow blue magenta cyan gray brightblack brightred brightgreen brightyellow
    brightblue brightmagenta brightcyan white default darkgray teal turquoise brown purple fuchsia lightgray
    darkred darkgreen darkblue"""
#: The colours that CSS has by name.
_CSS = """aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown
    burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan
    darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid
    darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet
    deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro
    ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki
    lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow
    lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray
    lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise
    mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab
    orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru
    pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown
    seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan
    teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen"""
STYLE_WORDS = frozenset(
    [*_ATTRIBUTES, *(f"no{one}" for one in _ATTRIBUTES), "noinherit", "default"]
    + [f"ansi{one}" for one in _ANSI.split()]
    + _CSS.split()
)

#: The commands that a key can be bound to, as readline calls them.
KEY_COMMANDS = frozenset(
    """accept-line backward-char backward-delete-char backward-kill-word backward-word beginning-of-buffer
    beginning-of-history beginning-of-line call-last-kbd-macro capitalize-word clear-screen complete
    delete-char delete-horizontal-space downcase-word edit-and-execute-command emacs-editing-mode
    end-kbd-macro end-of-buffer end-of-file end-of-history end-of-line forward-char forward-word
    insert-comment kill-line kill-word menu-complete menu-complete-backward next-history
    operate-and-get-next prefix-meta previous-history print-last-kbd-macro quoted-insert
    redraw-current-line reverse-search-history self-insert start-kbd-macro transpose-chars undo
    unix-line-discard unix-word-rubout uppercase-word vi-editing-mode yank yank-last-arg yank-nth-arg
    yank-pop""".split()
)
_NAMED_KEYS = "left right up down home end insert delete pageup pagedown".split()
KEY_NAMES = frozenset(
    "escape s-escape enter tab s-tab backspace space c-space c-@ c-\\ c-] c-^ c-_".split()
    + [f"{held}{name}" for held in ("", "c-", "s-", "c-s-") for name in _NAMED_KEYS]
    + [f"s-c-{name}" for name in ("left", "right", "home", "end")]
    + [f"{held}f{number}" for held in ("", "c-") for number in range(1, 25)]
    + [f"c-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
    + [f"c-s-{digit}" for digit in "0123456789"]
)
#: What stands before a line that a key enters.
ENTERED = "line:"

_HEX = r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})"


class Wrong(NamedTuple):
    """What is wrong with an entry, and what may have been meant or else what there is."""

    problem: str
    advice: str


def wrong_style(name: str, style: str) -> Wrong | None:
    """Return what is wrong with an entry of [theme], None when nothing is."""
    if name not in STYLE_CLASSES:
        return not_one_of(f"[theme] has no '{name}'", name, STYLE_CLASSES, "there are")
    for part in style.split():
        word = part.removeprefix("bg:").removeprefix("fg:")
        if word.lower() not in STYLE_WORDS and not re.fullmatch(_HEX, word):
            problem = f"[theme] gives '{name}' the style '{part}', which is none"
            return not_one_of(problem, word, sorted(STYLE_WORDS), "", "it is like bold, ansired, bg:#202020")
    return None


def wrong_key(name: str, action: str) -> Wrong | None:
    """Return what is wrong with an entry of [keys], None when nothing is."""
    for key in name.split() or [""]:
        if key not in KEY_NAMES and len(key) != 1:
            problem = f"[keys] has '{name}', which is no key"
            return not_one_of(problem, key, sorted(KEY_NAMES), "", "keys are written like c-t, f3, escape x")
    if action.startswith(ENTERED) or action in KEY_COMMANDS:
        return None
    problem = f"[keys] gives '{name}' the action '{action}', which is neither a command nor {ENTERED}LINE"
    return not_one_of(problem, action, sorted(KEY_COMMANDS), "commands are")


def not_one_of(problem: str, word: str, names: Iterable[str], there_are: str, otherwise: str = "") -> Wrong:
    """Return a problem with the nearest of the names, or else with all of them or what is said instead."""
    near = nearest(word, names)
    if near:
        return Wrong(problem, f"did you mean '{near}'?")
    return Wrong(problem, otherwise or f"{there_are} {', '.join(names)}")
