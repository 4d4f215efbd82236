"""Makes the picture of the README from a real session: ``python -m tests.shell.picture > FILE.svg``.

A demo VM, a real terminal (tmux), real keys; the screen with its colours is drawn as text in an SVG, so the
picture is sharp at any size and a diff shows what changed in it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from time import monotonic

COLUMNS, ROWS = 100, 36
#: What is typed, and what must stand on the screen before the next.
SCENE = (
    ("", "demo running>"),
    ("info network\n", "\\ n0: index=0"),
    ("info block disk0\n", "Size:"),
    ("set_link net0 of\n", "expected: on, off"),
    ("stop\n", "STOP"),
    ("cont\n", "RESUME"),
    ("balloon 64+32\n", "running>"),
    ("device_add usb-tab", "usb-tablet"),
    ("let,id=tab1\n", "running>"),
    ("device_add virtio-net-pci,netdev=n0,m", "mrg_rxbuf"),
)
DEADLINE = 30.0

CELL_WIDTH, CELL_HEIGHT = 8.4, 18
PALETTE = (
    "#1c1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#6b7280", "#ef8891", "#b5d99c", "#f0d399", "#84c3f5", "#d79be8", "#7fcbd5", "#ffffff",
)  # fmt: skip
TEXT, PAPER = "#c8ccd4", "#1c1f26"
_STYLE = re.compile(r"\x1b\[([0-9;]*)m")


class Style:
    """What the escape sequences before a character have set."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.ink, self.paper = "", ""
        self.bold = self.reverse = self.dim = self.underline = False

    def apply(self, codes: list[int]) -> None:
        while codes:
            self._apply_one(codes.pop(0), codes)

    def _apply_one(self, code: int, rest: list[int]) -> None:
        flags = {1: ("bold", True), 2: ("dim", True), 4: ("underline", True), 7: ("reverse", True)}
        flags |= {22: ("bold", False), 24: ("underline", False), 27: ("reverse", False)}
        if code == 0:
            self.clear()
        elif code in flags:
            setattr(self, *flags[code])
        elif code in (38, 48):
            colour = self._extended(rest)
            self.ink, self.paper = (colour, self.paper) if code == 38 else (self.ink, colour)
        elif code in (39, 49):
            self.ink, self.paper = ("", self.paper) if code == 39 else (self.ink, "")
        elif 30 <= code <= 37 or 90 <= code <= 97:
            self.ink = PALETTE[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            self.paper = PALETTE[code - 40 if code < 100 else code - 92]

    def _extended(self, rest: list[int]) -> str:
        kind = rest.pop(0)
        if kind == 2:
            red, green, blue = rest.pop(0), rest.pop(0), rest.pop(0)
            return f"#{red:02x}{green:02x}{blue:02x}"
        number = rest.pop(0)
        if number < 16:
            return PALETTE[number]
        if number >= 232:
            return "#" + f"{8 + 10 * (number - 232):02x}" * 3
        levels = (0, 95, 135, 175, 215, 255)
        number -= 16
        return "#" + "".join(f"{levels[number // base % 6]:02x}" for base in (36, 6, 1))

    def colours(self) -> tuple[str, str]:
        """Return ink and paper ("" for the screen's own)."""
        ink = self.ink or (PALETTE[8] if self.dim else TEXT)
        return (self.paper or PAPER, ink) if self.reverse else (ink, self.paper)


def runs(line: str, style: Style) -> Iterator[tuple[int, str, Style]]:
    """Yield column, text and style of the runs of one line; ``style`` goes on from line to line."""
    column = 0
    pieces = _STYLE.split(line)
    for number, piece in enumerate(pieces):
        if number % 2:
            style.apply([int(code or 0) for code in piece.split(";")])
        elif piece:
            yield column, piece, style
            column += len(piece)


def draw(screen: str) -> str:
    """Return the SVG of a screen with escape sequences."""
    style = Style()
    shapes, words = [], []
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        for column, text, now in runs(line, style):
            ink, paper = now.colours()
            x, y = 16 + column * CELL_WIDTH, 40 + row * CELL_HEIGHT
            width = len(text) * CELL_WIDTH
            if paper:
                shapes.append(
                    f'<rect x="{x:.1f}" y="{y - 13.5:.1f}" width="{width:.1f}" height="{CELL_HEIGHT}"'
                    f' fill="{paper}"/>'
                )
            if text.strip():
                bold = ' font-weight="bold"' if now.bold else ""
                words.append(
                    f'<text x="{x:.1f}" y="{y}" fill="{ink}"{bold} textLength="{width:.1f}"'
                    f' xml:space="preserve">{escape(text)}</text>'
                )
    width, height = 32 + COLUMNS * CELL_WIDTH, 44 + ROWS * CELL_HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-size="14"'
            ' font-family="ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace">',
            f'<rect width="{width:.0f}" height="{height}" rx="8" fill="{PAPER}"/>',
            *shapes,
            *words,
            "</svg>",
            "",
        ]
    )


def session() -> str:
    """Play the scene in a real terminal and return its last screen, colours included."""
    with tempfile.TemporaryDirectory(prefix="qmonsh-picture-") as home:
        tmux = ["tmux", "-S", os.path.join(home, "tmux")]
        environment = {**os.environ, "HOME": home, "TERM": "xterm-256color", "XDG_STATE_HOME": home}
        command = f"exec {sys.executable} -m qmonsh demo"
        start = ["new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command]
        subprocess.run([*tmux, "-f", "/dev/null", *start], env=environment, check=True)
        try:
            for keys, awaited in SCENE:
                for part in re.split(r"(\n)", keys):
                    if part:
                        send = ["Enter"] if part == "\n" else ["-l", part]
                        subprocess.run([*tmux, "send-keys", *send], check=True)
                _wait_for(tmux, awaited)
            return _screen(tmux, "-e")
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)


def _wait_for(tmux: list[str], awaited: str) -> None:
    until = monotonic() + DEADLINE
    while awaited not in _screen(tmux):
        if monotonic() > until:
            raise SystemExit(f"{awaited!r} never came:\n{_screen(tmux)}")


def _screen(tmux: list[str], *how: str) -> str:
    return subprocess.run(
        [*tmux, "capture-pane", "-p", *how], check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    sys.stdout.write(draw(session()))
