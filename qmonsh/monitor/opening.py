"""What it means that a monitor did not greet, or did not agree, as ConnectErrors with a way on.

Knows which failure is told by which silence. Must not know threads or waiting.
"""

from __future__ import annotations

import os
import re

from qmonsh.errors import ConnectError, ConnectionLostError, ProtocolError, QmonshError
from qmonsh.target import Target

#: What sockets of guest agents are called.
_AGENT_NAME = re.compile(r"(?<![a-z])(q?ga|agent)(?![a-z])")


def silence(address: str, target: Target | None, first: bytes, timeout: float) -> ConnectError:
    """Return the error for no (complete) greeting within ``timeout`` seconds; ``first`` is what came."""
    from qmonsh.transport import diagnosis

    if first:
        return diagnosis.not_a_monitor(address, first)
    if target is not None:
        return diagnosis.silent(target, timeout)
    return ConnectError(
        address, f"connected, but no greeting came within {timeout:g} s", cause="silent", advice="try again"
    )


def no_agent(address: str, target: Target | None, first: bytes, timeout: float) -> ConnectError:
    """Return the error for a guest agent that did not synchronise within ``timeout`` seconds."""
    from qmonsh.transport import diagnosis
    from qmonsh.wire.recognise import recognise

    dialect = recognise(first) if first else None
    if dialect in ("qmp", "hmp"):
        return ConnectError(
            address,
            f"a QEMU monitor ({dialect.upper()}) answers there, not a guest agent",
            cause="not-an-agent",
            advice="leave --dialect agent out",
        )
    if target is not None:
        found = diagnosis.silent(target, timeout)
        if found.cause != "silent":
            return found
    return ConnectError(
        address,
        f"connected, but no guest agent answered within {timeout:g} s",
        cause="silent",
        advice="qemu-ga may not run in the guest, the guest may be stopped or booting, or another program may"
        " be using the agent, which serves one at a time",
    )


def looks_like_agent(target: Target | None) -> bool:
    """Return whether a silent other end is a guest agent's, and ours to speak to.

    Told by its name, its process, or the command line of the QEMU that listens: nothing is written to a
    socket that may be a busy monitor or a serial port.
    """
    from qmonsh.transport import holder

    if target is None or target.scheme not in ("unix", "abstract", "tcp", "name"):
        return False
    found = holder.presence(target, connected=True)
    if found is None or (found.others and not found.is_accepted) or found.is_waiting:
        return False
    if _AGENT_NAME.search(target.path.rpartition("/")[2].lower()):
        return True
    return found.listener is not None and _serves_agent(found.listener.pid, target)


def _serves_agent(pid: int, target: Target) -> bool:
    from qmonsh.discover import machines

    place = os.path.realpath(target.path) if target.scheme in ("unix", "name") else (target.path, target.port)
    for machine in machines(pids=[pid]):
        for one in machine.monitors:
            if one.dialect == "agent" and one.target is not None:
                path = one.target.path
                known = os.path.realpath(path) if one.target.scheme == "unix" else (path, one.target.port)
                if known == place:
                    return True
    return False


def early_end(address: str, lost: QmonshError, first: bytes, last_words: str) -> ConnectError:
    """Return the error for a stream that ended, or broke the protocol, before the greeting."""
    from qmonsh.transport import diagnosis

    if isinstance(lost, ConnectError):
        return lost
    if isinstance(lost, ProtocolError):
        return diagnosis.not_a_monitor(address, first)
    if last_words:
        return ConnectError(address, f"it ended before greeting: {last_words}", cause="child-exited")
    reason = lost.reason if isinstance(lost, ConnectionLostError) else str(lost)
    return ConnectError(
        address,
        f"it ended before greeting: {reason}",
        cause="closed",
        advice="QEMU may be ending, or this is not a monitor; try again",
    )


def negotiation_failed(address: str, why: str, last_words: str = "") -> ConnectError:
    """Return the error for a monitor that greeted and then did not agree on capabilities."""
    reason = f"it greeted, then {why}"
    return ConnectError(
        address,
        f"{reason} ({last_words})" if last_words else reason,
        cause="negotiation",
        advice="another program may be speaking on the same monitor; try again",
    )


def no_answer(address: str, target: Target | None, timeout: float) -> ConnectError:
    """Return the error for a monitor that greeted and then fell silent: a stopped QEMU, or just so."""
    from qmonsh.transport import diagnosis

    quiet = diagnosis.silent(target, timeout) if target is not None else None
    if quiet is not None and quiet.cause == "stopped":
        return quiet
    return negotiation_failed(address, f"did not answer the negotiation within {timeout:g} s")


def cause_of(error: QmonshError) -> str:
    """Return a lost connection or broken protocol as the end of "it greeted, then ..."."""
    if isinstance(error, ConnectionLostError):
        return f"the connection was lost: {error.reason}"
    return str(error)
