"""Why a libvirt domain cannot be reached, as ConnectErrors with what to do next.

Knows libvirt's messages. Must not import libvirt: what it raises is only asked for its words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qmonsh.errors import ConnectError
from qmonsh.target import Target

_PERMISSION = "be in the group libvirt, or, for a VM of your own session: libvirt+qemu:///session#{domain}"

#: What libvirt says -> cause, reason, advice; the first that is found counts.
_FAILURES: tuple[tuple[str, str, str, str], ...] = (
    ("authentication", "permission", "libvirt does not let us in: {said}", _PERMISSION),
    ("Permission denied", "permission", "libvirt does not let us in: {said}", _PERMISSION),
    ("system bus", "permission", "libvirt does not let us in: {said}", _PERMISSION),
    ("Failed to connect socket", "no-libvirt", "libvirt does not run: {said}", "start libvirtd or virtqemud"),
    ("no connection driver", "unsupported", "{said}", "URIs are qemu:///system and qemu:///session"),
    ("Host key", "host-key", "ssh to that host failed: {said}", "connect once by hand: ssh HOST"),
)

# libvirt's monitor code over a broken socket: reading, writing, and the end of the stream.
_MONITORS_END = re.compile(r"(?i)(read from|write to|end of file from|closed the) (qemu )?monitor")


def not_installed(target: Target, error: ImportError) -> ConnectError:
    """Return the failure without the extra ``libvirt``."""
    broken = f" ({error})" if getattr(error, "name", "") not in ("libvirt", "libvirt_qemu") else ""
    return ConnectError(
        target.address,
        f"libvirt: needs libvirt-python, which is not installed{broken}",
        cause="not-installed",
        advice="install it: pip install 'qmonsh[libvirt]' (it compiles: libvirt-dev, pkg-config, gcc);"
        f" or without it: {proxy_line(target)}",
    )


def proxy_line(target: Target) -> str:
    """Return how libvirt's own proxy gives a socket that qmonsh opens as it is."""
    uri = f"-c {target.uri} " if target.uri else ""
    domain = target.domain or "DOMAIN"
    return f"virt-qemu-qmp-proxy {uri}{domain} ./vm.sock, then qmonsh ./vm.sock"


def not_connected(target: Target, error: Any) -> ConnectError:
    """Return the failure of opening libvirt itself."""
    said = message(error)
    for pattern, cause, reason, advice in _FAILURES:
        if pattern in said:
            words = {"said": said, "domain": target.domain or "DOMAIN"}
            return ConnectError(
                target.address, reason.format(**words), cause=cause, advice=advice.format(**words)
            )
    uri = f" -c '{target.uri}'" if target.uri else ""
    advice = f"try it by hand: virsh{uri} list"
    return ConnectError(target.address, f"libvirt cannot be opened: {said}", cause="failed", advice=advice)


def not_usable(target: Target, error: Any) -> ConnectError:
    """Return the failure of a libvirt that was opened and does not pass monitor commands on."""
    return ConnectError(target.address, f"libvirt refuses: {message(error)}", cause="refused")


def no_domain(target: Target, running: Sequence[str], defined: Sequence[str]) -> ConnectError:
    """Return the failure of a domain that is not there, or is shut off; lists those that run."""
    listed = f"running: {', '.join(running)}" if running else "no domain is running"
    if not target.domain:
        reason, cause = ("several domains are running" if running else "no domain was named"), "no-domain"
        return ConnectError(
            target.address, reason, cause=cause, advice=f"name one behind #: {', '.join(running) or listed}"
        )
    if target.domain in defined:
        uri = f" -c '{target.uri}'" if target.uri else ""
        return ConnectError(
            target.address,
            f"the domain '{target.domain}' is shut off",
            cause="not-running",
            advice=f"start it: virsh{uri} start {target.domain}; {listed}",
        )
    return ConnectError(
        target.address, f"libvirt has no domain '{target.domain}'", cause="no-such-domain", advice=listed
    )


def too_slow(target: Target, seconds: float) -> ConnectError:
    """Return the failure of a libvirt that did not answer within ``seconds``."""
    return ConnectError(
        target.address,
        f"libvirt did not answer within {max(seconds, 0):.2g} s",
        cause="silent",
        advice="libvirtd may hang, or start for the first time (it looks at all QEMUs then); try again with a"
        " longer --connect-timeout",
    )


def is_monitors_end(error: Any) -> bool:
    """Return whether libvirt lost QEMU's monitor over a command, which is the end of QEMU or near it."""
    return _MONITORS_END.search(message(error)) is not None


def message(error: Any) -> str:
    """Return libvirt's words without its own prefix."""
    said = error.get_error_message() or str(error)
    return str(said).removeprefix("internal error: ").strip()
