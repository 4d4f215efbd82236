"""Which of several VMs: a list to walk with the arrow keys, or to narrow by typing.

Knows keys and rows. Must not know how machines are found, nor what is done with the chosen one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from qmonsh.errors import InterruptError
from qmonsh.render.escape import one_line

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import Output

    from qmonsh.discover import Machine

HEAD = "Several VMs run here. Which one?"
HELP = "arrow keys, or type a number or a part of the name; Enter takes it, Esc leaves"


class Row(NamedTuple):
    """A machine as a row of the list: its number from 1, and its text without control characters."""

    number: int
    text: str
    machine: Machine


def rows_of(machines: Sequence[Machine]) -> list[Row]:
    """Return the rows, their columns aligned: name, state, whether its monitor is free, which that is."""
    cells = [_cells(one) for one in machines]
    widths = [max(len(row[column]) for row in cells) for column in range(3)] if cells else []
    digits = len(str(len(cells)))
    return [
        Row(number, f"{number:{digits}}  {_aligned(row, widths)}", machine)
        for number, (row, machine) in enumerate(zip(cells, machines, strict=True), 1)
    ]


def _cells(machine: Machine) -> tuple[str, str, str, str]:
    best = machine.best()
    if best is None:
        return one_line(machine.title), machine.state, "", "no monitor"
    who = " and ".join(str(one) for one in best.holders)
    address = f"{best.address}  ({who})" if who else best.address
    return one_line(machine.title), machine.state, "busy" if best.is_busy else "free", one_line(address)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return f"{first}  {cells[-1]}".rstrip()


class Choice:
    """What is being chosen: the rows, what was typed to narrow them, and the row that Enter takes."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)
        self.typed = ""
        self.position = 0

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that fit what was typed, that with this very number first."""
        wanted = self.typed.lower()
        exact = [row for row in self.rows if str(row.number) == wanted]
        return (*exact, *(row for row in self.rows if wanted in row.text.lower() and row not in exact))

    @property
    def current(self) -> Row | None:
        """The row that Enter takes, None when nothing fits."""
        shown = self.shown
        return shown[self.position] if shown else None

    def move(self, by: int) -> None:
        """Go so many rows down; from the last one it goes on at the first."""
        self.position = (self.position + by) % max(1, len(self.shown))

    def go_to(self, position: int) -> None:
        """Go to a row, -1 is the last one."""
        self.position = position % max(1, len(self.shown))

    def narrow(self, typed: str) -> None:
        """Show only what fits."""
        self.typed, self.position = typed, 0


def choose(machines: Sequence[Machine], *, dumb: bool = False) -> Machine:
    """Return the machine that the user chooses; raises InterruptError when they do not want any."""
    choice = Choice(rows_of(machines))
    row = ask_plainly(choice) if dumb else ask(choice)
    if row is None:
        raise InterruptError()
    return row.machine


def ask_plainly(choice: Choice) -> Row | None:
    """Ask on a terminal that shows text and nothing else: a number, or a part of the name."""
    sys.stderr.write("".join(f"{line}\n" for line in (HEAD, *(row.text for row in choice.rows))))
    while True:
        sys.stderr.write("number or name: ")
        sys.stderr.flush()
        typed = sys.stdin.readline()
        if not typed.strip():
            return None
        choice.narrow(typed.strip())
        shown = choice.shown
        if len(shown) == 1 or (shown and str(shown[0].number) == choice.typed):
            return shown[0]
        sys.stderr.write(f"{len(shown) or 'none'} of them fit that\n")


def ask(choice: Choice, *, input: Input | None = None, output: Output | None = None) -> Row | None:
    """Let the user walk through the list below the prompt; None when they leave. The list is erased."""
    from qmonsh.signals import orderly_end

    with orderly_end():  # a terminal must not be left without echo
        row: Row | None = _application(choice, input, output).run()
    return row


def _application(choice: Choice, input: Input | None, output: Output | None) -> Application[Row | None]:
    from prompt_toolkit.application import Application
    from prompt_toolkit.data_structures import Point
    from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window

    def body() -> StyleAndTextTuples:
        current = choice.current
        return [
            ("bold" if row is current else "", f"{'>' if row is current else ' '} {row.text}\n")
            for row in choice.shown
        ] or [("", "  nothing fits")]

    listed = FormattedTextControl(
        body, focusable=True, show_cursor=False, get_cursor_position=lambda: Point(0, choice.position)
    )
    head = Window(FormattedTextControl(lambda: f"{HEAD} {choice.typed}"), height=1, dont_extend_height=True)
    # As high as its rows, or as the screen leaves room for; it scrolls to the current one.
    rows = Window(listed, dont_extend_height=True, height=lambda: _height(choice))
    foot = Window(FormattedTextControl(HELP), height=1, dont_extend_height=True)
    application: Application[Row | None] = Application(
        layout=Layout(HSplit([head, rows, foot])),
        key_bindings=_bindings(choice),
        erase_when_done=True,
        input=input,
        output=output,
    )
    application.ttimeoutlen = 0.1  # an Escape alone is one after this time
    return application


def _height(choice: Choice) -> int:
    from prompt_toolkit.application import get_app

    return max(1, min(len(choice.shown), get_app().output.get_size().rows - 3))


def _bindings(choice: Choice) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()
    moves = {"up": -1, "c-p": -1, "s-tab": -1, "down": 1, "c-n": 1, "c-i": 1}
    for key, by in moves.items():
        keys.add(key)(lambda event, by=by: choice.move(by))
    for key, position in {"home": 0, "end": -1}.items():
        keys.add(key)(lambda event, position=position: choice.go_to(position))

    @keys.add("enter")
    def take(event: KeyPressEvent) -> None:
        if choice.current is not None:
            event.app.exit(result=choice.current)

    for key in ("escape", "c-c", "c-d", "c-g"):
        keys.add(key)(lambda event: event.app.exit(result=None))

    @keys.add("backspace")
    def shorten(event: KeyPressEvent) -> None:
        choice.narrow(choice.typed[:-1])

    @keys.add("c-u")
    def clear(event: KeyPressEvent) -> None:
        choice.narrow("")

    @keys.add(Keys.Any)
    def narrow(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            choice.narrow(choice.typed + event.data)

    return keys
