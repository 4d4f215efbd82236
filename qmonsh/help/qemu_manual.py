"""The installed manual page qemu-qmp-ref(7): what it says on one command or event, as plain text.

Knows where manual pages lie and as much roff as that page uses. Must not know the monitor: the page is of the
QEMU that is installed here, which may be another one.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

NAME = "qemu-qmp-ref"
FOLDERS = ("/usr/local/share/man/man7", "/usr/share/man/man7", "/opt/homebrew/share/man/man7")
#: The page is a megabyte; more is not a manual.
_LARGEST = 50_000_000

_ESCAPES = (
    (re.compile(r"\\f(?:[BIPRC]|\(\w\w|\[\w*\])|\\[%&|^/,:]"), ""),
    (re.compile(r"\\\((?:dq|lq|rq)"), '"'),
    (re.compile(r"\\\((?:aq|oq|cq)"), "'"),
    (re.compile(r"\\\(bu"), "*"),
    (re.compile(r"\\\((?:em|en)"), "-"),
    (re.compile(r"\\([-~ ])"), r"\1"),
    (re.compile(r"\\(?:e|\\)"), r"\\"),
    (re.compile(r"\\\(\w\w"), "?"),
)
_KINDS = "Command|Event|Object|Enum|Alternate|Struct|Union"
#: "query-status (Command)", and since QEMU 10 "Command query-status (Since: 0.14)".
_HEADING = re.compile(
    rf"\A\.(?:SS|B)\s+(?:(?P<name>\S+) \((?P<kind>{_KINDS})\)"
    rf"|(?P<kind2>{_KINDS}) (?P<name2>\S+)(?: \(Since.*)?)\s*\Z"
)


def find_section(name: str, folders: Iterable[str] = FOLDERS) -> str:
    """Return what the manual says on a command or event, ``""`` when it does not or is not installed."""
    for folder in folders:
        for ending in (".7.gz", ".7"):
            path = os.path.join(folder, NAME + ending)
            if os.path.exists(path):
                return section(_read(path), name)
    return ""


@lru_cache(maxsize=1)
def _read(path: str) -> str:
    try:
        if path.endswith(".gz"):
            with gzip.open(path, "rb") as packed:
                data = packed.read(_LARGEST)
        else:
            with open(path, "rb") as plain:
                data = plain.read(_LARGEST)
    except (OSError, EOFError, zlib.error):
        return ""
    return data.decode("utf-8", "replace")


def section(page: str, name: str) -> str:
    """Return the section of a roff page on a command or event as plain text."""
    roff = _Roff()
    is_inside = False
    for line in page.splitlines():
        if line.startswith("."):
            heading = _HEADING.match(_plain(line))
            if heading is not None:
                if is_inside:
                    break
                kind = heading["kind"] or heading["kind2"]
                is_inside = kind in ("Command", "Event") and (heading["name"] or heading["name2"]) == name
                continue
        if is_inside:
            roff.take(line)
    roff.end()
    return "\n".join(_without_gaps(roff.lines))


class _Roff:
    """Turns the requests of that page into lines; ``margin`` is where running text begins."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._words: list[str] = []
        self._indent = self._margin = 0
        self._is_literal = self._is_term = False
        self._requests: dict[str, Callable[[str], None]] = {
            "SS": self._heading,
            "sp": self._gap,
            "PP": self._gap,
            "INDENT": self._move_in,
            "UNINDENT": self._move_out,
            "TP": self._begin_term,
            "IP": self._begin_item,
            "nf": self._begin_literal,
            "fi": self._end_literal,
        }

    def take(self, line: str) -> None:
        """Take a line of the page."""
        request, _, rest = line[1:].partition(" ") if line.startswith(".") else ("", "", line)
        if self._is_term and request in ("", "B"):
            self.lines.append(" " * self._indent + _plain(rest).strip())
            self._is_term, self._margin = False, self._indent + 4
        elif not request and self._is_literal:
            self.lines.append(" " * (self._indent + 2) + _plain(line))
        elif not request:
            self._words.append(_plain(line).strip())
        else:
            self.end()
            obey = self._requests.get(request)
            if obey is not None:
                obey(rest)

    def end(self) -> None:
        """End the paragraph."""
        if self._words:
            self.lines.append(" " * self._margin + " ".join(self._words))
            self._words = []

    def _heading(self, rest: str) -> None:
        self.lines += ["", _plain(rest)]
        self._indent = self._margin = 2

    def _move_in(self, rest: str) -> None:
        self._indent += 0 if rest.strip() in ("", "0", "0.0") else 2
        self._margin = self._indent

    def _move_out(self, rest: str) -> None:
        self._indent = max(2, self._indent - 2)
        self._margin = self._indent

    def _begin_term(self, rest: str) -> None:
        self._is_term, self._margin = True, self._indent

    def _begin_item(self, rest: str) -> None:
        self._margin = self._indent
        self._words.append("-")

    def _gap(self, rest: str) -> None:
        self.lines.append("")

    def _begin_literal(self, rest: str) -> None:
        self._is_literal = True

    def _end_literal(self, rest: str) -> None:
        self._is_literal = False


def _plain(text: str) -> str:
    for pattern, replacement in _ESCAPES:
        text = pattern.sub(replacement, text)
    return text


def _without_gaps(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines without empty ones at the beginning and the end or twice in a row."""
    has_gap, has_text = False, False
    for line in lines:
        if not line.strip():
            has_gap = True
            continue
        if has_gap and has_text:
            yield ""
        has_gap, has_text = False, True
        yield line
