"""Network backends and devices, character devices, displays, sound, TPM: what devices are connected to.

Knows ``info network`` (no QMP command lists network backends) and the replies about backends. Must not know
lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qmonsh.complete.candidate import Candidate
from qmonsh.complete.help_text import parse_listed
from qmonsh.complete.inquiry import Inquiry, objects_in
from qmonsh.complete.sources import Place, items, source, values_of, words
from qmonsh.qapi.entity import EnumType

#: "net0: index=0,type=user,net=10.0.2.0,restrict=off"; " \ " begins the peer of the line before.
_CLIENT = re.compile(r"(?P<peer> \\ )?(?P<name>.*?): index=\d+,type=(?P<type>[^,\n]*)(?:,(?P<rest>.*))?\Z")
#: "  TCP[HOST_FORWARD]  12        127.0.0.1  2222       10.0.2.15    22     0     0" of ``info usernet``.
_FORWARD = re.compile(
    r"\s*(?P<protocol>\w+)\[HOST_FORWARD\]\s+\d+\s+(?P<host>\S+)\s+(?P<port>\d+)\s+(?P<guest>\S+)\s+(?P<to>\d+)"
)
_CHARDEV_LINE = re.compile(r"(?P<label>.+?): filename=(?P<filename>.*)\Z")


@dataclass(slots=True)
class Client:
    """One end of a network connection: a backend or a device's card."""

    name: str
    type: str
    rest: str
    peer: str = ""

    @property
    def is_card(self) -> bool:
        """Whether it is a device's end."""
        return self.type == "nic"


@source("netdev")
def netdevs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give network backends, those that no device uses first."""
    return look.derived("netdev", _netdevs, _network(look))


@source("link")
def links(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give what has a link that can be taken away: cards first, then backends."""
    return look.joined("link", cards(look, place), netdevs(look, place))


@source("nic")
def cards(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the network cards of devices."""
    return look.derived("nic", _cards, _network(look), look.ask("query-rx-filter"))


@source("interfaces", after=",")
def interfaces(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the network cards, for a list with commas."""
    return cards(look, place)


@source("hostfwd")
def forwards(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the forwards there are, to remove one; else shapes of a new one; a backend may come first."""
    if place.command == "hostfwd_remove":
        return look.derived("hostfwd", _forwards, look.text("info usernet"))
    return values_of("hostfwd-form", look, place)[1]


@source("chardev")
def chardevs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give character devices, those without a user first."""
    if look.facts.dialect == "hmp":
        return look.derived("text chardev", _text_chardevs, look.text("info chardev"))
    found = look.derived("chardev", _chardevs, look.ask("query-chardev"))
    if place.command.startswith("ringbuf"):  # other backends keep nothing that could be read
        return [one for one in found if one.meta.startswith(("ringbuf", "memory"))] or found
    return found


@source("display")
def displays(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the VNC servers' displays."""
    return look.derived("display", _displays, look.ask("query-vnc-servers"))


@source("audiodev")
def audiodevs(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give sound backends."""
    return look.derived("audiodev", _ids, look.ask("query-audiodevs"), "driver")


@source("tpm")
def tpms(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give TPM backends."""
    return look.derived("tpm", _ids, look.ask("query-tpm"), "model")


@source("netdev-type")
def netdev_types(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the network backends that this binary has (its own list is shorter than the schema's)."""
    return look.derived(
        "netdev-type", _types_of, look.text("netdev_add help"), _enum_values(look, "netdev_add", "type")
    )


@source("chardev-backend")
def chardev_backends(look: Inquiry, place: Place) -> Sequence[Candidate]:
    """Give the character backends that this binary has."""
    schema_values = _enum_values(look, "chardev-add", "backend.type")
    return look.derived("chardev-backend", _types_of, look.text("chardev-add help"), schema_values)


def _network(look: Inquiry) -> list[Client]:
    """Return the network clients; a monitor may have a command of its own for the text one day."""
    if look.facts.dialect == "qmp" and "x-query-network" in look.commands():
        answer = look.ask("x-query-network")
        text = answer.get("human-readable-text", "") if isinstance(answer, dict) else ""
    else:
        text = look.text("info network")
    return look.derived("network", _clients, text)


def _clients(text: str) -> list[Client]:
    found: list[Client] = []
    for line in text.splitlines():
        match = _CLIENT.match(line)
        if not match:
            continue
        client = Client(match["name"], match["type"], match["rest"] or "")
        if match["peer"] and found:
            client.peer, found[-1].peer = found[-1].name, client.name
        found.append(client)
    return found


def _netdevs(clients: list[Client]) -> tuple[Candidate, ...]:
    backends = [client for client in clients if not client.is_card and client.type != "hubport"]
    hubs = [client for client in clients if client.type == "hubport"]
    return tuple(
        Candidate(
            one.name,
            items(words(one.type), _short(one.rest), f"used by {one.peer}" if one.peer else "free"),
            "netdev",
            rank=2 if one.peer else 0,
        )
        for one in (*backends, *hubs)
    )


def _short(rest: str) -> str:
    """Return the telling part of a backend's description: "10.0.2.0" of "net=10.0.2.0,restrict=off"."""
    first = rest.split(",", 1)[0]
    return first.removeprefix("net=")


def _cards(clients: list[Client], filters: Any) -> tuple[Candidate, ...]:
    found = {
        one.name: Candidate(one.name, items(*_card_words(one)), "nic", rank=0)
        for one in clients
        if one.is_card
    }
    for row in filters if isinstance(filters, list) else ():
        if isinstance(row, dict) and row.get("name"):
            name = str(row["name"])
            found.setdefault(name, Candidate(name, items("network card", row.get("main-mac")), "nic", rank=0))
    return tuple(found.values())


def _card_words(one: Client) -> Iterator[str]:
    pairs = dict(pair.partition("=")[::2] for pair in one.rest.split(","))
    yield pairs.get("model", "network card")
    yield pairs.get("macaddr", "")
    if one.peer:
        yield f"on {one.peer}"


def _forwards(text: str) -> tuple[Candidate, ...]:
    found = []
    for line in text.splitlines():
        match = _FORWARD.match(line)
        if match:
            host = "" if match["host"] in ("*", "0.0.0.0") else match["host"]
            rule = f"{match['protocol'].lower()}:{host}:{match['port']}"
            found.append(Candidate(rule, f"to {match['guest']}:{match['to']}", "hostfwd"))
    return tuple(found)


def _chardevs(answer: Any) -> tuple[Candidate, ...]:
    rows = objects_in(answer)
    return tuple(
        Candidate(
            str(row["label"]),
            # A device that has it need not have it open, so what is not in use need not be free.
            items(row.get("filename"), "in use" if row.get("frontend-open") else ""),
            "chardev",
            rank=2 if row.get("frontend-open") else 0,
        )
        for row in rows
        if row.get("label")
    )


def _text_chardevs(text: str) -> tuple[Candidate, ...]:
    matches = (_CHARDEV_LINE.match(line) for line in text.splitlines())
    return tuple(Candidate(m["label"], m["filename"], "chardev") for m in matches if m)


def _displays(answer: Any) -> tuple[Candidate, ...]:
    rows = objects_in(answer)
    found = []
    for row in rows:
        servers = row.get("server")
        where = [
            f"{one.get('host')}:{one.get('service')}".strip(":")  # a unix socket has only one of them
            for one in (servers if isinstance(servers, list) else ())
            if isinstance(one, dict)
        ]
        if row.get("id"):
            found.append(Candidate(str(row["id"]), items("VNC", *where), "display"))
    return tuple(found)


def _ids(answer: Any, what: str) -> tuple[Candidate, ...]:
    rows = objects_in(answer)
    return tuple(Candidate(str(row["id"]), str(row.get(what) or ""), what) for row in rows if row.get("id"))


def _enum_values(look: Inquiry, command: str, key: str) -> tuple[str, ...]:
    """Return the values of an enum argument, ``()`` without schema."""
    schema = look.schema() if look.facts.dialect == "qmp" else None
    member = schema.member_for(command, key, {}) if schema is not None else None
    return member.type.values if member is not None and isinstance(member.type, EnumType) else ()


#: What the backends are, as no monitor tells.
_TYPES = {
    "user": "user-mode network with NAT, needs no rights",
    "tap": "a tap interface of the host",
    "bridge": "a tap interface put on a bridge by a helper",
    "passt": "user-mode network by passt",
    "stream": "another QEMU, over a stream socket",
    "dgram": "another QEMU, over a datagram socket",
    "l2tpv3": "an L2TPv3 tunnel",
    "vde": "a VDE switch",
    "hubport": "a port of an emulated hub",
    "netmap": "a netmap port",
    "vhost-user": "a vhost-user process",
    "vhost-vdpa": "a vhost-vdpa device",
    "af-xdp": "an AF_XDP socket",
    "null": "discards everything",
    "file": "writes to a file",
    "serial": "a serial port of the host",
    "parallel": "a parallel port of the host",
    "pipe": "a pair of named pipes",
    "pty": "a pseudo terminal",
    "stdio": "QEMU's stdin and stdout",
    "udp": "UDP packets",
    "ringbuf": "a buffer in memory",
    "memory": "the same as ringbuf",
    "mux": "several users of one device",
    "hub": "one user of several devices",
    "vc": "a text console",
    "msmouse": "a serial mouse",
    "wctablet": "a serial tablet",
    "braille": "a braille display",
    "testdev": "for tests",
    "spicevmc": "a SPICE channel",
    "spiceport": "a SPICE port",
    "qemu-vdagent": "clipboard sharing without SPICE",
    "dbus": "a D-Bus display's channel",
}


def _types_of(text: str, allowed: tuple[str, ...]) -> tuple[Candidate, ...]:
    names = parse_listed(text) or [name for name in allowed if name not in ("none", "nic")]
    return tuple(Candidate(name, _TYPES.get(name, ""), "type", suffix=",") for name in sorted(names))
