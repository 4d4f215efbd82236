"""What ssh says and what is made of it; the words are those of OpenSSH 8.4 to 9.2."""

from __future__ import annotations

import pytest

from qmonsh.target import parse_target
from qmonsh.transport import ssh_failure

TARGET = parse_target("ssh://op@web1:2222/run/vm.qmp")
CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Host key verification failed."""


@pytest.mark.parametrize(
    ("said", "cause", "part"),
    [
        ("ssh: connect to host web1 port 22: Connection refused", "refused", "no ssh server on that port"),
        ("ssh: Could not resolve hostname web1: Name or service not known", "unresolvable", "no host web1"),
        ("op@web1: Permission denied (publickey).", "permission", "Permission denied (publickey)."),
        ("Received disconnect: 2: Too many authentication failures", "permission", "too many keys"),
        (CHANGED, "host-key-changed", "ssh-keygen -R '[web1]:2222'"),
        ("Host key verification failed.", "host-key-unknown", "check the key"),
        ("Connection timed out during banner exchange", "unreachable", "does not answer"),
        ("ssh: connect to host web1 port 22: No route to host", "unreachable", "No route to host"),
        ("kex_exchange_identification: Connection closed by remote host", "closed", "closed the connection"),
        ("Unable to negotiate with web1: no matching host key type found.", "negotiation", "no method"),
        ("Bad owner or permissions on /root/.ssh/config", "configuration", "Bad owner"),
        ("something new\nand unheard of", "failed", "ssh failed: and unheard of"),
        ("", "failed", "without a word"),
    ],
)
def test_ssh_that_did_not_connect(said: str, cause: str, part: str) -> None:
    error = ssh_failure.not_connected(TARGET, said)
    assert error.cause == cause and part in str(error) and TARGET.address in str(error)


@pytest.mark.parametrize(
    ("words", "cause", "part"),
    [
        ("the command ended with status 71", "no-such-file", "there is no /run/vm.qmp on web1"),
        ("the command ended with status 72", "not-a-socket", "/run/vm.qmp on web1 is not a socket"),
        ("the command ended with status 73", "permission", "may not connect"),
        ("the command ended with status 74", "forwarding-forbidden", "neither nc nor socat"),
        ("the command ended with status 1; it said: nc: Connection refused", "refused", "has ended"),
        ("the command ended with status 255; it said: Connection refused", "refused", "has ended"),
        ("the command ended with status 255; it said: Permission denied (x).", "permission", "let us in"),
        ("the command ended with status 0", "closed", "closed the connection before greeting"),
        ("", "closed", "closed the connection before greeting"),
    ],
)
def test_nothing_there(words: str, cause: str, part: str) -> None:
    error = ssh_failure.nothing_there(TARGET, words)
    assert error.cause == cause and part in str(error)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("Timeout, server web1 not responding.", "web1 does not answer any more"),
        ("Connection to web1 closed by remote host.", "closed by web1"),
        ("client_loop: odd", "ssh ended: client_loop: odd"),
        ("", "ssh was ended"),
    ],
)
def test_lost(said: str, part: str) -> None:
    assert part in ssh_failure.lost(TARGET, said)


def test_braces_of_strangers_are_no_fields() -> None:
    said = "{host!r:{width}} {0} Permission denied {x}"
    assert said in str(ssh_failure.not_connected(TARGET, said))
    assert "{0}" in str(ssh_failure.not_connected(TARGET, "what is {0}"))
