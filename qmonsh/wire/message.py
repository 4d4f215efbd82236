"""The messages that cross the wire, as plain values shared by both dialects.

Knows the shapes of the QMP specification (greeting, response, event) and of HMP text (banner,
answer). Must not know bytes, states or meanings. Named tuples, as all values that a one-shot needs: to load
dataclasses, and to make each, takes longer than the whole conversation with QEMU.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Command(NamedTuple):
    """A QMP command to send; ``oob`` sends it out-of-band (``exec-oob``)."""

    name: str
    arguments: dict[str, Any] | None = None
    oob: bool = False


class Greeting(NamedTuple):
    """The first message of a QMP monitor (qmp-spec, "Server Greeting"); ``raw`` is the whole object."""

    version: tuple[int, int, int]
    package: str
    capabilities: tuple[str, ...]
    raw: dict[str, Any]


class Return(NamedTuple):
    """A success response; ``id`` is the id under which the command was sent.

    ``value`` may be a LongList where the machine was told to make them, ``whole`` makes a list of it.
    """

    id: str
    value: Any
    raw: dict[str, Any]


class ErrorReply(NamedTuple):
    """An error response; ``id`` is ``None`` when the monitor could not tell what it answers."""

    id: str | None
    class_name: str
    description: str
    raw: dict[str, Any]


class Event(NamedTuple):
    """An asynchronous event; the timestamp is the host's, in seconds and microseconds (-1 when unknown)."""

    name: str
    data: dict[str, Any]
    seconds: int
    microseconds: int
    raw: dict[str, Any]


class Ignored(NamedTuple):
    """A message that the protocol tells us to drop (unknown id, second greeting, unknown shape)."""

    reason: str
    raw: Any


class Banner(NamedTuple):
    """The line an HMP text monitor greets with, without escape sequences; ``version`` is its "7.2.22"."""

    text: str
    version: str


class Answer(NamedTuple):
    """What an HMP text monitor printed for the line sent, ``\\n`` line ends, echo removed."""

    text: str


Message = Greeting | Return | ErrorReply | Event | Ignored | Banner | Answer


def whole(value: Any) -> Any:
    """Return the value of a Return with all its elements, which those of a LongList are not before."""
    decode = getattr(value, "whole", None)
    return decode() if decode else value
