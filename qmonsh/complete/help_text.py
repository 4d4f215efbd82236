"""The texts in which QEMU's HMP describes itself: ``help``, ``device_add help``, ``log`` items.

Knows these formats. Must not know what is done with the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

#: One driver of ``device_add help`` or ``info qdm``.
_DRIVER = re.compile(
    r'name "(?P<name>[^"]+)"(?:, bus (?P<bus>[^,\n]+))?(?:, alias "(?P<alias>[^"]+)")?'
    r'(?:, desc "(?P<desc>.*?)")?(?P<more>, no-user)?\s*\Z'
)
_OPTION = re.compile(r"  (?P<name>[^=\s]+)=<(?P<type>[^>]+>?)>\s*(?:-\s(?P<description>.*))?\Z")
#: "-n: show", "-f to force", "The -n flag requests": where a help line begins to tell of a flag.
_FLAG = re.compile(r"(?<![\w-])-(\w)(?::|\s*=|\s+(?:to|for|flag)\b)\s*")
#: Where it goes on to something else: "begin: the starting address", ", use -f to".
_NEXT_ARGUMENT = re.compile(r"[;,.(]?\s+\w+: |[;,(]\s*use(?= -)|[;.]\s+(?=[A-Z])|;")
_DEFAULT = re.compile(r"\s*\(default: (.*)\)\s*\Z")


def parse_help(text: str) -> dict[str, str]:
    """Return the commands of an HMP ``help`` text, aliases too, each with its (joined) help line.

    Keys are as typed ("c", "cont", "info network"). A command's line is "name|alias args -- description";
    lines that begin with a blank, "[" or a capital continue it (no command begins with one).
    """
    found = {}
    for entry in _entries(text.splitlines()):
        head = entry.split(" ", 2)
        prefix = "info " if head[0] == "info" and len(head) > 1 and not head[1].startswith("[") else ""
        for name in head[1 if prefix else 0].split("|"):
            found[prefix + name] = entry
    return found


def _entries(lines: Iterable[str]) -> Iterator[str]:
    parts: list[str] = []
    for line in lines:
        if parts and (line[:1] in ("\t", " ", "[") or line[:1].isupper()):
            parts.append(line.strip())
        elif line.strip():
            if parts:
                yield " ".join(parts)
            parts = [line.strip()]
    if parts:
        yield " ".join(parts)


def description_of(entry: str) -> str:
    """Return the description in a command's help line."""
    return entry.partition(" -- ")[2].strip()


def synopsis_of(entry: str) -> str:
    """Return the arguments in a command's help line: "[-f] device"."""
    words = entry.partition(" -- ")[0].split()
    drop = 2 if words[:1] == ["info"] and len(words) > 1 and not words[1].startswith("[") else 1
    # Some rows name the command twice ("nbd_server_stop nbd_server_stop").
    if words[drop : drop + 1] == words[:1]:
        drop += 1
    return " ".join(words[drop:])


def flag_help(entry: str, letter: str) -> str:
    """Return what a command's help line says on a flag: "-f to force it", "-n: show named nodes"."""
    description = description_of(entry)
    marks = list(_FLAG.finditer(description))
    for n, mark in enumerate(marks):
        if mark[1] == letter:
            end = marks[n + 1].start() if n + 1 < len(marks) else len(description)
            text = _NEXT_ARGUMENT.split(description[mark.end() : end], maxsplit=1)[0]
            return _balanced(text.strip(" ;,.("))
    return ""


def _balanced(text: str) -> str:
    """Return text up to the bracket that closes what was opened before it."""
    depth = 0
    for n, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return text[:n].strip()
    return text


@dataclass(frozen=True, slots=True)
class Driver:
    """A device that can be added; ``category`` is QEMU's heading ("Network devices")."""

    name: str
    bus: str
    alias: str
    description: str
    category: str


def parse_drivers(text: str) -> dict[str, Driver]:
    """Return the drivers of ``device_add help`` by name."""
    found = {}
    category = ""
    for line in text.splitlines():
        match = _DRIVER.match(line)
        if match:
            if not match["more"]:
                found[match["name"]] = Driver(
                    match["name"], match["bus"] or "", match["alias"] or "", match["desc"] or "", category
                )
        elif line.endswith(":"):
            category = line[:-1].strip()
    return found


def parse_listed(text: str) -> list[str]:
    """Return the names of a list such as ``netdev_add help`` prints: one a line below a heading."""
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if re.fullmatch(r"[\w.+-]+", line)]


def parse_log_items(text: str) -> dict[str, str]:
    """Return the items of ``help log`` with what they do."""
    rows = (line.split(None, 1) for line in text.splitlines() if line[:1].strip() and not line.endswith(":"))
    return {row[0]: row[1].strip() if len(row) > 1 else "" for row in rows if not row[0].endswith(",")}


def parse_options(text: str) -> list[dict[str, str]]:
    """Return the properties of ``device_add DRIVER,help`` as device-list-properties would."""
    found = []
    for line in text.splitlines():
        match = _OPTION.match(line)
        if not match:
            continue
        row = {"name": match["name"], "type": match["type"]}
        description = match["description"] or ""
        default = _DEFAULT.search(description)
        if default:
            row["default-value"] = default[1]
            description = description[: default.start()]
        if description.strip():
            row["description"] = description.strip()
        found.append(row)
    return found
