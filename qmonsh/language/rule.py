"""The rule of each HMP command and ``info`` word: what it is made of, in one row.

Knows how a row is written. The rows are in rules_info.py and rules_command.py, found by rules.py. Must not
know how a row is carried out (translate.py) nor any monitor.

A row's arguments are written as the monitor's own help writes them::

    device:block [speed:size] [base:node]        words, optional ones in brackets
    [-f=force] device:block                      a flag, sent as the member "force"
    [-d:display=display~]                        a flag with a value; "~": older monitors lack the member
    second:expr=calc-time  protocol:(vnc|spice)  sent as "calc-time"; one of two words

that is ``NAME:KIND=MEMBER~`` with MEMBER defaulting to NAME. The kinds are in KINDS: each says how the text
is read, and what completes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

#: kind -> (how it is read, what it is). Readings: word, expr (64 bit), mib, size, seconds, time, onoff, fmt,
#: rest (of the line), word-or-rest (when words follow), options, options-rest (option lists).
KINDS: Mapping[str, tuple[str, str]] = {
    "word": ("word", "a word"),
    "expr": ("expr", "a number or expression"),
    "mib": ("mib", "MiB, a number or expression"),
    "size": ("size", "a size: MiB, or with a suffix (64k, 512M, 1.5G)"),
    "decimal": ("word", "a number"),
    "seconds": ("seconds", "seconds (0.3, 300ms)"),
    "onoff": ("onoff", "on or off"),
    "format": ("fmt", "a format: /, a count, x d u o c i, b h w g"),
    "rest": ("rest", "the rest of the line"),
    "enum": ("word", "one of several words"),
    "block": ("word", "a block device: its name, node-name or device id"),
    "medium": ("word", "a removable block device: its name or device id"),
    "image-device": ("word", "a block device, or all"),
    "node": ("word", "a node-name or file of a backing chain"),
    "snapshot": ("word", "the name of a snapshot"),
    "image-format": ("word", "an image format"),
    "image": ("word", "an image file on QEMU's host"),
    "file": ("word", "a file on QEMU's host"),
    "job": ("word", "a block job"),
    "export": ("word", "the name of an NBD export"),
    "inet": ("word", "HOST:PORT, or another socket address"),
    "uri": ("word", "a migration address: tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NAME, file:PATH"),
    "capability": ("word", "a migration capability"),
    "parameter": ("word", "a migration parameter"),
    "parameter-value": ("word-or-rest", "its new value"),
    "chardev": ("word", "a character device"),
    "chardev-options": ("word", "backend[,option=value...]"),
    "device-options": ("options", "driver[,property=value...]"),
    "netdev-options": ("options", "type[,option=value...]"),
    "object-options": ("options-rest", "type[,property=value...]"),
    "drive-options": ("word", "option=value[,option=value...]"),
    "device": ("word", "the id or QOM path of a device"),
    "netdev": ("word", "a network backend"),
    "link": ("word", "a network backend or device"),
    "object": ("word", "the id of an object"),
    "interfaces": ("word", "network interfaces, separated by commas"),
    "qom-path": ("word", "a QOM path"),
    "qom-property": ("word", "a property"),
    "qom-value": ("rest", "its new value"),
    "virtio-path": ("word", "the QOM path of a virtio device"),
    "rocker": ("word", "a rocker switch"),
    "cpu": ("expr", "the index of a CPU"),
    "display": ("word", "the id of a display"),
    "console": ("word", "a display device"),
    "password": ("word", "a password"),
    "time": ("time", "now, never, +SECONDS or seconds since 1970"),
    "vnc-target": ("word", "a file, or password"),
    "keys": ("word", "key names joined by -"),
    "mouse": ("expr", "the index of a mouse"),
    "hostfwd": ("word", "[tcp|udp|unix]:[HOST]:PORT-[GUEST]:PORT"),
    "fd": ("word", "the name of a file descriptor"),
    "trace-event": ("word", "a trace event, * and ? allowed"),
    "log-items": ("word", "log items, separated by commas"),
    "boot-order": ("word", "boot devices as letters"),
    "audiodev": ("word", "an audio backend"),
    "capture": ("expr", "the index of a capture"),
    "help-topic": ("rest", "a command"),
    "info-word": ("rest", "an info word"),
    "command": ("word", "a command, in quotes"),
}

#: How a synopsis shows arguments whose name would say less.
_SHOWN: Mapping[str, str] = {"format": "/fmt", "onoff": "on|off"} | {
    kind: KINDS[kind][1] for kind in ("device-options", "netdev-options", "object-options", "chardev-options")
}

_TOKEN = (
    r"(?P<open>\[)?(?:-(?P<flag>\w)|(?P<name>[\w|-]+))"
    r"(?::(?:(?P<kind>[a-z-]+)|\((?P<values>[^)]+)\)))?(?:=(?P<member>[\w-]+))?(?P<unsure>~)?\]?(?:\s+|\Z)"
)


class Argument(NamedTuple):
    """One argument of an HMP command.

    ``flag`` is the letter of a flag, ``""`` for a word; ``kind`` a key of KINDS (``""`` for a flag without
    value); ``member`` the QMP member that it becomes; ``is_sure`` whether every monitor that has the QMP
    command has the member; ``values`` the words allowed when the kind is "enum".
    """

    name: str
    kind: str
    member: str
    optional: bool = False
    flag: str = ""
    is_sure: bool = True
    values: tuple[str, ...] = ()

    @property
    def reading(self) -> str:
        """How its text is read: word, expr, size..."""
        return KINDS[self.kind][0] if self.kind else "flag"

    def __str__(self) -> str:
        if self.flag:
            shown = f"-{self.flag} {self.name}" if self.kind else f"-{self.flag}"
        else:
            shown = _SHOWN.get(self.kind) or "|".join(self.values) or self.name
        return f"[{shown}]" if self.optional else shown


class Rule(NamedTuple):
    """One HMP command or ``info`` word ("info block").

    ``twin`` is the QMP command that does the same (the first that the monitor has, of several), ``const``
    what is always sent with it; ``convert`` names a function of the conversion modules that makes the
    plan where renaming members is not enough. ``is_text`` says that the twin returns HMP's text.
    ``is_exact`` is false when human-monitor-command is to be preferred while the monitor has it.
    ``is_common`` is false for words that some monitors' HMP does not have. ``acts`` is false when it cannot
    change the VM; ``danger`` is the reason to ask first. ``summary`` describes it where HMP's own help is
    not to be had.
    """

    name: str
    summary: str
    args: str = ""
    twin: tuple[str, ...] = ()
    convert: str = ""
    const: Mapping[str, Any] = MappingProxyType({})
    is_text: bool = False
    is_exact: bool = True
    is_common: bool = True
    acts: bool = True
    danger: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments in the order in which HMP takes them."""
        return _arguments(self.args)

    @property
    def synopsis(self) -> str:
        """The command with its arguments, as help shows it."""
        return " ".join([self.name, *map(str, self.arguments)])


@cache
def _arguments(spec: str) -> tuple[Argument, ...]:
    return tuple(_read_arguments(spec)) if spec else ()


def _read_arguments(spec: str) -> Iterator[Argument]:
    position = 0
    token = re.compile(_TOKEN)
    while position < len(spec):
        found = token.match(spec, position)
        assert found is not None, f"a rule's arguments are misspelt: {spec[position:]!r} in {spec!r}"
        position = found.end()
        flag = found["flag"] or ""
        values = tuple(found["values"].split("|")) if found["values"] else ()
        kind = "enum" if values else found["kind"] or ("" if flag else "word")
        name = found["name"] or found["member"] or flag
        yield Argument(
            name,
            kind,
            found["member"] or name,
            optional=bool(found["open"]),
            flag=flag,
            is_sure=not found["unsure"],
            values=values,
        )


def index_of(*rules: Rule) -> dict[str, Rule]:
    """Return the rules by name and alias; a name that is taken is a mistake in the table."""
    found: dict[str, Rule] = {}
    for rule in rules:
        for name in (rule.name, *rule.aliases):
            assert name not in found, f"two rules are called {name}"
            found[name] = rule
    return found
