"""QEMU's own spellings of a monitor's address, as pasted from its command line; pure.

Knows the option syntax of a socket chardev (``,,`` is a comma, ``server`` is ``server=on``, ``nowait`` is
``wait=off``) and which of its options matter to who connects. Must not know qmonsh's own spellings
(target.py), nor which options of a command line name a monitor (machine_options.py), and opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qmonsh.errors import UsageError

#: Options that say how to reach the socket.
_ADDRESS = frozenset({"path", "host", "port", "abstract", "tight", "telnet", "tls-creds"})

#: Boolean options of QEMU's socket chardev; only these have the short forms ``key`` and ``nokey``.
_BOOLEAN = frozenset(
    "server wait delay nodelay telnet tn3270 websocket abstract tight ipv4 ipv6 mux logappend keep-alive"
    " mptcp keep_alive".split()
)

#: Options of QEMU's side alone: how it listens, waits, logs, is called.
_QEMUS_OWN = frozenset(
    "server wait delay nodelay ipv4 ipv6 mux logappend keep-alive keep_alive mptcp reconnect reconnect-ms"
    " logfile to id backend tls-authz charset".split()
)

#: Options that change what travels, so that a plain connection cannot work: option -> why.
_IMPOSSIBLE = {
    "websocket": "QEMU does not answer QMP commands over a websocket",
    "tn3270": "a tn3270 terminal is no monitor",
    "fd": "fd= is a number inside QEMU, the address is not in it ('ss -xlp' shows the path QEMU listens on)",
}

_TRUE = frozenset({"on", "yes", "true", "y"})
_FALSE = frozenset({"off", "no", "false", "n"})

#: QEMU's options that are read when pasted; each has one value.
FLAGS = frozenset({"qmp", "qmp-pretty", "monitor", "mon", "chardev", "object", "serial"})


class SocketAddress(NamedTuple):
    """Where a socket chardev listens; ``path`` or ``host`` and ``port`` are set, ``tight`` only when said.

    ``tls`` says that it speaks TLS (``tls-creds=ID``; what the ID stands for is known to QEMU).
    """

    path: str = ""
    host: str = ""
    port: str = ""
    abstract: bool = False
    tight: bool | None = None
    telnet: bool = False
    tls: bool = False


def split_options(text: str) -> list[str]:
    """Return the items of an option list; ``,,`` inside an item is a literal comma."""
    return [item.replace("\0", ",") for item in text.replace(",,", "\0").split(",")]


def is_option(item: str) -> bool:
    """Return whether an item of a list is an option that QEMU's socket chardev has."""
    key, _ = _read_item(item)
    return key in _ADDRESS or key in _QEMUS_OWN or key in _IMPOSSIBLE


def read_socket(text: str, items: Sequence[str]) -> SocketAddress:
    """Return the address that the options of a socket chardev say; the last of a repeated key wins.

    ``text`` is the whole as the user gave it, for messages. Raises UsageError for an unknown option
    and for one that a plain connection cannot serve.
    """
    given: dict[str, str] = {}
    for item in items:
        if item:
            key, value = _read_item(item)
            _check(text, key, value, item)
            given[key] = value
    return SocketAddress(
        path=given.get("path", ""),
        host=given.get("host", ""),
        port=given.get("port", ""),
        abstract=_is_on(given.get("abstract", "off")),
        tight=_is_on(given["tight"]) if "tight" in given else None,
        telnet=_is_on(given.get("telnet", "off")),
        tls=bool(given.get("tls-creds")),
    )


def _read_item(item: str) -> tuple[str, str]:
    """Return an item's key and value, the short forms ``key`` and ``nokey`` spelled out."""
    key, equals, value = item.partition("=")
    if equals:
        return key, value
    if key not in _BOOLEAN and key.startswith("no") and key[2:] in _BOOLEAN:
        return key[2:], "off"
    return key, "on"


def _check(text: str, key: str, value: str, item: str) -> None:
    """Raise UsageError when the option is unknown, has no sense, or excludes a plain connection."""
    if key in _IMPOSSIBLE and value not in _FALSE:
        raise UsageError(f"'{text}' cannot be used: {item}: {_IMPOSSIBLE[key]}")
    if not is_option(item):
        near = _nearest(key)
        raise UsageError(
            f"'{text}' has an option that QEMU's socket chardev does not have: '{item}'",
            advice=near or "a comma that belongs to a path is written ',,'",
        )
    if key in _BOOLEAN and value not in _TRUE | _FALSE:
        raise UsageError(f"'{text}' cannot be used: {key} is 'on' or 'off', not '{value}'")


def _is_on(value: str) -> bool:
    return value in _TRUE


def _nearest(key: str) -> str:
    """Return the question after a likely intended option, or ``""``."""
    import difflib

    near = difflib.get_close_matches(key, sorted(_ADDRESS | _QEMUS_OWN | _IMPOSSIBLE.keys()), n=1)
    return f"did you mean '{near[0]}'?" if near else ""
