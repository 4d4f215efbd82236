"""The messages that cross the wire, as plain values shared by both dialects.

Knows the shapes of the QMP specification (greeting, response, event) and of HMP text (banner,
answer). Must not know bytes, states or meanings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Command:
    """A QMP command to send; ``oob`` sends it out-of-band (``exec-oob``)."""

    name: str
    arguments: dict[str, Any] | None = None
    oob: bool = False


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first message of a QMP monitor (qmp-spec, "Server Greeting"); ``raw`` is the whole object."""

    version: tuple[int, int, int]
    package: str
    capabilities: tuple[str, ...]
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Return:
    """A success response; ``id`` is the id under which the command was sent."""

    id: str
    value: Any
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """An error response; ``id`` is ``None`` when the monitor could not tell what it answers."""

    id: str | None
    class_name: str
    description: str
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """An asynchronous event; the timestamp is the host's, in seconds and microseconds (-1 when unknown)."""

    name: str
    data: dict[str, Any]
    seconds: int
    microseconds: int
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that the protocol tells us to drop (unknown id, second greeting, unknown shape)."""

    reason: str
    raw: Any


@dataclass(frozen=True, slots=True)
class Banner:
    """The line an HMP text monitor greets with, without escape sequences; ``version`` is its "7.2.22"."""

    text: str
    version: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HMP text monitor printed for the line sent, ``\\n`` line ends, echo removed."""

    text: str


Message = Greeting | Return | ErrorReply | Event | Ignored | Banner | Answer
