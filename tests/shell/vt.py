"""A terminal screen for tests: the part of a VT100 that prompt_toolkit and qmonsh use.

``feed`` takes what a program writes; ``lines`` is what a user then sees, ``history`` what has scrolled off
the top. ``replies`` collects answers to questions about the cursor, for whoever plays the terminal.
"""

from __future__ import annotations

import re

_SEQUENCE = re.compile(
    r"\x1b(?:\[([?>]?)([0-9;]*)([@-~])|[()]([0-9A-Za-z])|([=>78cDEHM])|\][^\x07\x1b]*(?:\x07|\x1b\\))"
)


class Screen:
    """Rows and columns of characters and a cursor."""

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.history: list[str] = []
        self.row = self.column = 0
        self.wraps = True
        self.replies: list[str] = []
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """The rows without trailing blanks, from the top to the last that is not empty."""
        found = ["".join(row).rstrip() for row in self.cells]
        while found and not found[-1]:
            found.pop()
        return found

    @property
    def text(self) -> str:
        """Everything, scrolled off or not."""
        return "\n".join([*self.history, *self.lines])

    @property
    def line(self) -> str:
        """The row of the cursor."""
        return "".join(self.cells[self.row]).rstrip()

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        text = self._rest + text
        self._rest = ""
        position = 0
        while position < len(text):
            if text[position] == "\x1b":
                found = _SEQUENCE.match(text, position)
                if found is None:
                    if len(text) - position < 64:  # the rest of it has not come yet
                        self._rest = text[position:]
                        return
                    position += 1
                    continue
                self._obey(found)
                position = found.end()
            else:
                self._put(text[position])
                position += 1

    def resize(self, rows: int, columns: int) -> None:
        """Change the size; text that no longer fits is lost, as in the plainest terminals."""
        kept = self.cells[-rows:] if self.row >= rows else self.cells[:rows]
        self.row = min(self.row, rows - 1)
        self.cells = [(row + [" "] * columns)[:columns] for row in kept]
        self.cells += [[" "] * columns for _ in range(rows - len(self.cells))]
        self.rows, self.columns = rows, columns
        self.column = min(self.column, columns - 1)

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // 8 + 1) * 8)
        elif character >= " ":
            if self.column >= self.columns:
                if self.wraps:
                    self.column = 0
                    self._down()
                else:
                    self.column = self.columns - 1
            self.cells[self.row][self.column] = character
            self.column += 1

    def _down(self) -> None:
        if self.row < self.rows - 1:
            self.row += 1
            return
        self.history.append("".join(self.cells.pop(0)).rstrip())
        self.cells.append([" "] * self.columns)

    def _obey(self, found: re.Match[str]) -> None:
        mark, numbers, final = found[1], found[2] or "", found[3]
        if final is None:
            return
        values = [int(number) if number else 0 for number in numbers.split(";")]
        count = max(1, values[0])
        if mark:
            if final in "hl" and 7 in values:
                self.wraps = final == "h"
            return
        self.column = min(self.column, self.columns - 1) if final in "ABCDHfJKGd" else self.column
        if final == "A":
            self.row = max(0, self.row - count)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + count)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif final == "D":
            self.column = max(0, self.column - count)
        elif final in "Hf":
            column = values[1] if len(values) > 1 else 1
            self.row, self.column = min(self.rows, count) - 1, min(self.columns, max(1, column)) - 1
        elif final == "G":
            self.column = min(self.columns, count) - 1
        else:
            self._erase(final, values[0])

    def _erase(self, final: str, what: int) -> None:
        row = self.cells[self.row]
        if final == "K":
            start, end = {0: (self.column, self.columns), 1: (0, self.column + 1)}.get(
                what, (0, self.columns)
            )
            row[start:end] = [" "] * (end - start)
        elif final == "J":
            if what == 0:
                row[self.column :] = [" "] * (self.columns - self.column)
            first = self.row + 1 if what == 0 else 0
            for number in range(first, self.rows):
                self.cells[number] = [" "] * self.columns
        elif final == "n" and what == 6:
            self.replies.append(f"\x1b[{self.row + 1};{min(self.column, self.columns - 1) + 1}R")
