"""What ssh's words and statuses mean, as ConnectErrors with what to do next.

Knows OpenSSH's messages, which are not translated. Must not know processes or sockets.
"""

from __future__ import annotations

import re

from qmonsh.errors import ConnectError
from qmonsh.target import Target

#: Exit statuses of our own script on the other host.
MISSING, NOT_A_SOCKET, PERMISSION, NO_TOOL = 71, 72, 73, 74

_BY_HAND = "try it by hand: {ssh}"
_NET = "check the host's name and port, and that it is up"

#: What ssh says -> cause, reason, advice; the first that matches counts. {host}, {ssh}, {said} are filled in.
_FAILURES: tuple[tuple[str, str, str, str], ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed",
        "host-key-changed",
        "the host key of {host} has changed: it was installed anew, or another machine poses as it",
        "ask who runs it; if it is right: ssh-keygen -R {known}, then {ssh}",
    ),
    (
        "Host key verification failed|authenticity of host|No .* host key is known for",
        "host-key-unknown",
        "the host key of {host} is not known yet",
        "connect once by hand and check the key: {ssh}",
    ),
    (
        "Could not resolve hostname|Name or service not known|nodename nor servname",
        "unresolvable",
        "there is no host {host}",
        "check the name, and the Host entries of ~/.ssh/config",
    ),
    (
        "Too many authentication failures",
        "permission",
        "{host} refused us: ssh offered too many keys",
        "name one in ~/.ssh/config: IdentityFile and IdentitiesOnly yes",
    ),
    (
        "Permission denied|No more authentication methods",
        "permission",
        "{host} does not let us in: {said}",
        "check the user and the key (ssh-add -l); by hand: {ssh}",
    ),
    ("Connection refused", "refused", "{host} has no ssh server on that port", _NET),
    ("timed out|Operation timed out", "unreachable", "{host} does not answer: {said}", _NET),
    ("No route to host|Network is unreachable", "unreachable", "{host} cannot be reached: {said}", _NET),
    (
        "not responding",
        "unreachable",
        "{host} does not answer any more",
        "the host or the network is gone; try again",
    ),
    (
        "Bad owner or permissions|Bad configuration option|terminating, .* bad configuration|no argument",
        "configuration",
        "ssh does not accept its configuration: {said}",
        _BY_HAND,
    ),
    (
        "no matching|Unable to negotiate",
        "negotiation",
        "{host} and this ssh have no method in common: {said}",
        _BY_HAND,
    ),
    (
        "closed by remote host|Connection reset by|Connection closed by|kex_exchange_identification",
        "closed",
        "the ssh server of {host} closed the connection",
        "it may have too many logins at once or not want this user; by hand: {ssh}",
    ),
)

_LOST = (
    ("not responding", "{host} does not answer any more"),
    ("closed by remote host|Connection reset|Broken pipe", "the ssh connection was closed by {host}"),
)

_STATUSES = {
    MISSING: ("no-such-file", "there is no {path} on {host}", "look there: {ssh} ls {folder}"),
    NOT_A_SOCKET: ("not-a-socket", "{path} on {host} is not a socket", "name the socket of -qmp or -monitor"),
    PERMISSION: (
        "permission",
        "the user there may not connect to {path} on {host}",
        "log in as the user who runs QEMU: ssh://USER@{host}{path}",
    ),
    NO_TOOL: (
        "forwarding-forbidden",
        "{host} forbids to forward sockets, and has neither nc nor socat",
        "install socat there, or set AllowStreamLocalForwarding in its sshd_config",
    ),
}


def not_connected(target: Target, said: str) -> ConnectError:
    """Return the failure of an ssh that ended before the forward stood; ``said`` is its stderr."""
    for pattern, cause, reason, advice in _FAILURES:
        if re.search(pattern, said):
            return _error(target, cause, reason, advice, _telling(said, pattern))
    reason = "ssh failed: {said}" if said else "ssh ended without a word"
    return _error(target, "failed", reason, _BY_HAND, _telling(said, ""))


def too_slow(target: Target, seconds: float, said: str) -> ConnectError:
    """Return the failure of an ssh that was not let in within ``seconds``."""
    reason = f"no ssh connection to {{host}} within {seconds:.2g} s"
    advice = "the host may be slow: a longer --connect-timeout; " + _BY_HAND
    return _error(target, "unreachable", reason + (": {said}" if said else ""), advice, _telling(said, ""))


def not_started(target: Target, error: OSError) -> ConnectError:
    """Return the failure of a host without an ssh."""
    reason = "there is no command 'ssh' here"
    if not isinstance(error, FileNotFoundError):
        reason = f"ssh could not be started: {error.strerror or error}"
    return _error(target, "no-such-command", reason, "install OpenSSH's client", "")


def nothing_there(target: Target, last_words: str) -> ConnectError:
    """Return why neither the forward nor a command on the other host brought a byte.

    ``last_words`` are those of the command: its status, and what it said.
    """
    found = re.search(r"ended with status (\d+)", last_words)
    status = int(found[1]) if found else 0
    if status in _STATUSES:
        return _error(target, *_STATUSES[status], "")
    said = last_words.partition("it said: ")[2]
    if "refused" in last_words:
        reason = "nothing listens on {path} on {host}: the QEMU that made it has ended"
        return _error(target, "refused", reason, "look for the running one: {ssh} pgrep -a qemu", "")
    if status == 255:
        return not_connected(target, said)
    reason = "the monitor on {host} closed the connection before greeting"
    return _error(target, "closed", reason + (": {said}" if said else ""), "", _telling(said, ""))


def lost(target: Target, said: str) -> str:
    """Return why an ssh that had worked ended, in words for "the connection was lost: ..."."""
    for pattern, reason in _LOST:
        if re.search(pattern, said):
            return reason.format(host=target.host)
    return f"ssh ended: {_telling(said, '')}" if said else "ssh was ended"


def _error(target: Target, cause: str, reason: str, advice: str, said: str) -> ConnectError:
    port = f"-p {target.port} " if target.port else ""
    words = {
        "host": target.host,
        "known": f"'[{target.host}]:{target.port}'" if target.port else target.host,
        "ssh": f"ssh {port}{f'{target.user}@' if target.user else ''}{target.host}",
        "path": target.path,
        "folder": target.path.rpartition("/")[0] or "/",
        "said": said,
    }
    return ConnectError(target.address, reason.format(**words), cause=cause, advice=advice.format(**words))


def _telling(said: str, pattern: str) -> str:
    """Return the line of ssh's words that tells most: the one that matched, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    matching = [line for line in lines if pattern and re.search(pattern, line)]
    return (matching or lines or [""])[-1]
