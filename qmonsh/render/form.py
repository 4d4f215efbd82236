"""How text is to be shaped: width, colour, character set.

Knows three facts and nothing else. Must not ask the terminal: the faces find the facts out once and
pass them down, so that every renderer is a function of its arguments. (Named tuples, as dataclasses
would cost a one-shot 14 ms of imports.)
"""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """The shape wanted for text output.

    ``width`` is the number of columns, or ``None`` when there is no terminal: nothing is wrapped or cut
    then. ``colour`` allows SGR sequences (the 16 ANSI colours). ``unicode`` allows characters beyond ASCII.
    """

    width: int | None = None
    colour: bool = False
    unicode: bool = True


class Previous(NamedTuple):
    """What the same line gave ``seconds`` ago (0: unknown): differences and rates are made of it."""

    value: object
    seconds: float = 0


PLAIN = Form()
