"""The installed manual page qemu-qmp-ref(7): what it says on one command or event, as plain text.

Knows where manual pages lie and as much roff as that page uses. Must not know the monitor: the page is of the
QEMU that is installed here, which may be another one.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

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
#: Objects have bases, and these have bases.
_DEEPEST = 4
_REFERENCE = r"[Tt]he members of (\w+)"
#: What stands before an item: a heading in quotes, a number, else a bullet.
_LABEL = re.compile(r'\s*(?:"(?P<words>[^"]*)"|(?P<number>\d+\.)(?=\s|\Z))')
#: The title line: name, part, date, version.
_TITLE = re.compile(rf'\.TH "{NAME.upper()}" "7" "[^"]*" "(\d[\d.]*)"')


class Manual(NamedTuple):
    """A page read: ``edition`` is the QEMU it is of ("7.2.22"); the rest are roff lines by name."""

    edition: str
    parts: Mapping[str, Sequence[str]]
    objects: Mapping[str, Sequence[str]]


def find_section(name: str, folders: Iterable[str] = FOLDERS) -> str:
    """Return what the manual says on a command or event, ``""`` when it does not or is not installed."""
    manual = _find(folders)
    return section(manual, name) if manual is not None else ""


def find_edition(folders: Iterable[str] = FOLDERS) -> str:
    """Return the version of QEMU that the installed manual is of, ``""`` when that is not known."""
    manual = _find(folders)
    return manual.edition if manual is not None else ""


def find_summaries(folders: Iterable[str] = FOLDERS) -> Mapping[str, str]:
    """Return the first sentence on each command and event, nothing when no manual is installed."""
    manual = _find(folders)
    return {name: summary(lines) for name, lines in manual.parts.items()} if manual is not None else {}


def _find(folders: Iterable[str]) -> Manual | None:
    paths = (os.path.join(folder, NAME + ending) for folder in folders for ending in (".7.gz", ".7"))
    return next((_read(path) for path in paths if os.path.exists(path)), None)


@lru_cache(maxsize=1)
def _read(path: str) -> Manual:
    try:
        if path.endswith(".gz"):
            with gzip.open(path, "rb") as packed:
                data = packed.read(_LARGEST)
        else:
            with open(path, "rb") as plain:
                data = plain.read(_LARGEST)
    except (OSError, EOFError, zlib.error):
        data = b""
    return read_page(data.decode("utf-8", "replace"))


def read_page(page: str) -> Manual:
    """Return the parts of a roff page; what comes twice counts once."""
    parts: dict[str, list[str]] = {}
    objects: dict[str, list[str]] = {}
    edition = ""
    inside: list[str] = []
    for line in page.splitlines():
        if line.startswith((".SS", ".B ")):
            heading = _HEADING.match(_plain(line))
            if heading is not None:
                name = heading["name"] or heading["name2"]
                is_act = (heading["kind"] or heading["kind2"]) in ("Command", "Event")
                inside = []
                (parts if is_act else objects).setdefault(name, inside)
                continue
        elif line.startswith(".TH"):
            title = _TITLE.match(_plain(line))
            edition = title[1] if title is not None else ""
        inside.append(line)
    return Manual(edition, parts, objects)


def section(manual: Manual, name: str) -> str:
    """Return what a manual says on a command or event as plain text, ``""`` for nothing.

    Where its arguments are said to be "the members of" an object, what is said on that follows.
    """
    text = _as_text(manual.parts.get(name, ()))
    told: set[str] = set()
    for _ in range(_DEEPEST):
        further = [one for one in dict.fromkeys(re.findall(_REFERENCE, text)) if one not in told]
        told.update(further)
        for one in further:
            members = _as_text(manual.objects.get(one, ()))
            text += f"\n\n{one}\n{members}" if members else ""
    return text


def _as_text(lines: Iterable[str]) -> str:
    roff = _Roff()
    for line in lines:
        roff.take(line)
    roff.end()
    return "\n".join(_without_gaps(roff.lines))


def summary(lines: Iterable[str]) -> str:
    """Return the first sentence of a part."""
    words: list[str] = []
    for line in lines:
        if not line.startswith("."):
            words.append(_plain(line.partition(".INDENT ")[0]).strip())
        elif words:
            break
    return re.split(r"(?<=[.])\s", " ".join(words), maxsplit=1)[0]


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
            "EX": self._begin_literal,
            "fi": self._end_literal,
            "EE": self._end_literal,
        }

    def take(self, line: str) -> None:
        """Take a line of the page."""
        text, glued, rest = line.partition(".INDENT ")
        if text and glued:  # rst2man forgets the end of the line before
            self.take(text)
            line = glued + rest
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
        label = _LABEL.match(rest)
        if label is not None and label["words"]:
            self.lines.append(" " * self._indent + _plain(label["words"]))
        else:
            number = label["number"] if label is not None else ""
            self._words.append(number or "-")

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
