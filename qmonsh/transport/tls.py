"""Bytes over TLS: a TCP port of a QEMU with ``tls-creds``, its certificate verified, ours shown.

Knows records, the handshake and its deadline. Must not know protocols, nor what a failure means
(tls_failure.py). ``ssl`` is imported here and nowhere else.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from contextlib import suppress
from time import monotonic

from qmonsh.credentials import Credentials
from qmonsh.errors import ConnectionLostError
from qmonsh.target import Target
from qmonsh.transport import tls_failure
from qmonsh.transport.base import Transport
from qmonsh.transport.socket import READ_SIZE, SocketTransport, connect_tcp, lost

#: Files of QEMU's tls-creds-x509 in a client's directory, by the credential that they are.
IN_FOLDER = {"ca": "ca-cert.pem", "cert": "client-cert.pem", "key": "client-key.pem"}


class TlsTransport:
    """A Transport over TLS on a connected stream whose handshake is done; it owns that stream from now on.

    ``session`` reads from ``incoming`` and writes to ``outgoing``, both in memory: one thread may wait for
    bytes while others write, which an SSLSocket does not allow (OpenSSL: one thread at a time in a session).
    """

    def __init__(
        self,
        inner: Transport,
        session: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        *,
        target: Target,
    ) -> None:
        self.address = inner.address
        self._target = target
        self._inner = inner
        self._session = session
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()  # of session, incoming and outgoing
        self._sending = threading.Lock()  # records must leave in the order in which they were sealed
        self._torn = False
        self._closed = False
        self._has_spoken = False

    def read(self) -> bytes:
        """Return the next bytes of the monitor; ``b""`` at the end of the stream and after close().

        Raises ConnectError when the other end leaves instead of greeting: with TLS 1.3 it judges our
        certificate only when the handshake is over for us. Raises ConnectionLostError.
        """
        try:
            while True:
                data = self._opened()
                self._send_what_is_due()
                if data is not None:
                    break
                sealed = self._inner.read()
                with self._lock:
                    self._incoming.write(sealed) if sealed else self._incoming.write_eof()
        except ssl.SSLError as error:
            if self._closed:
                return b""
            raise self._ended(error) from error
        if not data and not self._has_spoken and not self._closed:
            raise tls_failure.left_before_greeting(self._target, None)
        self._has_spoken = True
        return data

    def _opened(self) -> bytes | None:
        """Return bytes that have come, ``b""`` at the end, None when more records are needed."""
        with self._lock:
            try:
                return self._session.read(READ_SIZE)
            except ssl.SSLWantReadError:
                return None
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                # QEMU takes no leave. That nothing was cut off says the protocol inside.
                return b""

    def _ended(self, error: ssl.SSLError) -> Exception:
        if not self._has_spoken:
            return tls_failure.left_before_greeting(self._target, error)
        return ConnectionLostError(f"TLS: {tls_failure.words_of(error)}", address=self.address)

    def write(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionLostError. An interrupt in the middle makes it unusable.

        The last byte is a record of its own. QEMU takes bytes from a record one by one as long as its socket
        has something to read (seen on 7.2 and older): the end of a command whose last record has more than
        one byte stays in its TLS library until the next record comes, and so does the answer.
        """
        with self._sending:
            if self._torn or self._closed:
                reason = "a command was cut in half by an interrupt" if self._torn else "it is closed"
                raise ConnectionLostError(reason, address=self.address)
            self._torn = True
            try:
                with self._lock:
                    for piece in (data[:-1], data[-1:]):
                        self._seal(piece)
                    sealed = self._outgoing.read()
            except ssl.SSLError as error:
                raise lost(error, self.address) from error
            self._inner.write(sealed)
            self._torn = False

    def _seal(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            rest = rest[self._session.write(rest) :]

    def _send_what_is_due(self) -> None:
        """Send what reading brought about (an alert, new keys), unless a writing thread does so anyway."""
        if not self._outgoing.pending or not self._sending.acquire(blocking=False):
            return
        try:
            with self._lock:
                sealed = self._outgoing.read()
            if sealed and not self._torn:
                self._inner.write(sealed)
        except ConnectionLostError:
            pass  # reading says so too
        finally:
            self._sending.release()

    def close(self) -> None:
        """End the connection; a blocked read returns ``b""``. May be called twice."""
        self._closed = True
        self._inner.close()

    def last_words(self) -> str:
        """Return ``""``: who leaves says nothing."""
        return ""


def open_tls(target: Target, *, until: float) -> TlsTransport:
    """Connect to a ``tls://`` target and shake hands; raises ConnectError. ``until`` is of monotonic().

    Nothing but the handshake is written. The certificates are read first: what is wrong with them is no
    reason to take a monitor's only place.
    """
    seconds = max(0.0, until - monotonic())
    context = context_for(target)
    connected = connect_tcp(target, until=until)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        name = target.credentials.name or target.host.partition("%")[0]
        session = context.wrap_bio(incoming, outgoing, server_hostname=name)
        _shake_hands(connected, session, incoming, outgoing, target, until=until)
    except TimeoutError as error:
        failure = tls_failure.unanswered(target, round(seconds, 2))  # asked while we are still connected
        connected.close()
        raise failure from error
    except (OSError, ValueError) as error:
        connected.close()
        raise tls_failure.handshake_failed(target, error) from error
    except BaseException:
        connected.close()
        raise
    inner = SocketTransport(connected, target.address)
    return TlsTransport(inner, session, incoming, outgoing, target=target)


def context_for(target: Target) -> ssl.SSLContext:
    """Return a context that trusts and shows what the target's credentials say; raises ConnectError."""
    files = _files(target.credentials)
    for file in filter(None, (files.ca, files.cert, files.key)):
        try:
            with open(file, "rb"):
                pass
        except OSError as error:
            raise tls_failure.unreadable(target, file, error) from error
    if files.key and not files.cert:
        advice = "give ?cert=FILE, or --tls-cert FILE, too"
        raise tls_failure.unusable(target, files.key, "it is a key without a certificate", advice)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        file = files.ca
        if file:
            context.load_verify_locations(file)
        else:
            context.load_default_certs()
        file = files.cert
        if file:
            context.load_cert_chain(file, files.key or None, password=_refuse_password)
    except _EncryptedKeyError as error:
        advice = "give one without a password: openssl pkey -in KEY -out NEW"
        raise tls_failure.unusable(target, files.key or file, "the key has a password", advice) from error
    except ssl.SSLError as error:
        raise tls_failure.bad_file(target, file, files.key, error) from error
    return context


def _files(given: Credentials) -> Credentials:
    """Return credentials with ``dir`` taken apart into the files that are there, and ``~`` expanded."""
    paths = {key: os.path.expanduser(getattr(given, key)) for key in IN_FOLDER}
    for key, name in IN_FOLDER.items() if given.dir else ():
        path = os.path.join(os.path.expanduser(given.dir), name)
        # Without a certificate of ours the directory may be that of a QEMU that asks for none.
        if not paths[key] and (key == "ca" or os.path.lexists(path)):
            paths[key] = path
    return given._replace(**paths)


class _EncryptedKeyError(Exception):
    pass


def _refuse_password() -> str:
    # OpenSSL would ask on the terminal, also in a script.
    raise _EncryptedKeyError


def _shake_hands(
    connected: socket.socket,
    session: ssl.SSLObject,
    incoming: ssl.MemoryBIO,
    outgoing: ssl.MemoryBIO,
    target: Target,
    *,
    until: float,
) -> None:
    """Carry the handshake out; raises OSError, of which ssl.SSLError is one, and ConnectError."""
    is_first = True
    while not _step(connected, session, outgoing, until=until):
        connected.settimeout(_left(until))
        data = connected.recv(READ_SIZE)
        if is_first and not tls_failure.is_tls(data):
            raise tls_failure.no_tls(target, data)
        is_first = False
        incoming.write(data) if data else incoming.write_eof()


def _step(connected: socket.socket, session: ssl.SSLObject, outgoing: ssl.MemoryBIO, *, until: float) -> bool:
    """Go on with what has come and send what is due; True when the handshake is done."""
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        is_done = False
    except ssl.SSLError:
        # The other end is told why; that it has left already is not what to say.
        with suppress(OSError):
            connected.settimeout(_left(until))
            connected.sendall(outgoing.read())
        raise
    else:
        is_done = True
    connected.settimeout(_left(until))
    connected.sendall(outgoing.read())
    return is_done


def _left(until: float) -> float:
    """Return the seconds that are left; raises TimeoutError when there are none."""
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
