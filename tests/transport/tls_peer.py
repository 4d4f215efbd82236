"""The other end of a TLS connection: certificates of tests/transport/tls, and how QEMU's end uses them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.peer import DEADLINE, Wrap

FILES = Path(__file__).resolve().parent / "tls"
CLIENT = FILES / "client"
SERVER = FILES / "server"


def wrap(cert: str = "server/server-cert.pem", *, verify: bool = True, version: str = "TLSv1_3") -> Wrap:
    """Return what makes a server's end of an accepted socket, as ``tls-creds-x509,verify-peer=on`` does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FILES / cert, SERVER / "server-key.pem")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    if verify:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(FILES / "ca-cert.pem")
    return lambda sock: context.wrap_socket(sock, server_side=True)


def address(port: int, query: str = "") -> str:
    """Return the target of a port, with the client's directory unless a ``query`` says otherwise."""
    return f"tls://127.0.0.1:{port}?{query or f'dir={CLIENT}'}"


@contextmanager
def shaking_hands(wrap: Wrap) -> Iterator[int]:
    """Yield the port of a server that shakes hands, as far as it comes to that, and then leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake, args=(listener, wrap), name="tls peer", daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # ends accept()
            thread.join(DEADLINE)
            assert not thread.is_alive()


def _shake(listener: socket.socket, wrap: Wrap) -> None:
    while True:
        try:
            sock = listener.accept()[0]
        except OSError:
            return
        sock.settimeout(DEADLINE)
        with sock, suppress(OSError), wrap(sock):
            pass
