"""How text is to be shaped: width, colour, character set.

Knows three facts and nothing else. Must not ask the terminal: the faces find the facts out once and
pass them down, so that every renderer is a function of its arguments.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """The shape wanted for text output.

    ``width`` is the number of columns, or ``None`` when there is no terminal: nothing is wrapped or cut
    then. ``colour`` allows SGR sequences (the 16 ANSI colours). ``unicode`` allows characters beyond ASCII.
    """

    width: int | None = None
    colour: bool = False
    unicode: bool = True


@dataclass(frozen=True, slots=True)
class Previous:
    """What the same line gave ``seconds`` ago: rates are made of the difference."""

    value: object
    seconds: float


PLAIN = Form()
