"""Which dialect the other end speaks, from the first bytes that it sends by itself.

Knows the beginnings of greetings. Must not know machines. A guest agent says nothing first, so it is
never recognised here.
"""

from __future__ import annotations

from typing import Literal

Dialect = Literal["qmp", "hmp", "telnet", "neither"]

_BANNER = b"QEMU "
_IAC = 0xFF
_FIRST_TELNET_COMMAND = 0xF0
#: Members that can stand first in a QMP message: of the greeting, of an event, or of a reply that an
#: earlier client left behind (QEMU-FACTS n).
_MEMBERS = (b'"QMP"', b'"timestamp"', b'"event"', b'"data"', b'"return"', b'"error"', b'"id"')


def recognise(first_bytes: bytes) -> Dialect | None:
    """Return "qmp" or "hmp", None while more bytes are needed, "neither" when it is no monitor.

    "telnet" means that telnet negotiation stands in front: filter it (telnet.py) and ask again.
    """
    data = first_bytes.lstrip()
    if not data:
        return None
    if data[0] == _IAC:
        return _telnet(data)
    if data.startswith(b"{"):
        return _begins(data[1:].lstrip(), _MEMBERS, "qmp")
    return _begins(data, (_BANNER,), "hmp")


def _telnet(data: bytes) -> Dialect | None:
    if len(data) < 2:
        return None
    return "telnet" if data[1] >= _FIRST_TELNET_COMMAND and data[1] != _IAC else "neither"


def _begins(data: bytes, beginnings: tuple[bytes, ...], dialect: Dialect) -> Dialect | None:
    if data.startswith(beginnings):
        return dialect
    return None if any(beginning.startswith(data) for beginning in beginnings) else "neither"
