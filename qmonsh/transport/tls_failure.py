"""Why a TLS connection did not come to be, as a ConnectError with what to do next.

Knows what OpenSSL's words and QEMU's silence mean. Looks only. Must not know how a handshake is made.
"""

from __future__ import annotations

import ssl

from qmonsh.errors import ConnectError
from qmonsh.target import Target

#: The first byte of every record of TLS: handshake, alert.
_RECORDS = (0x16, 0x15)

_CLOCK_ADVICE = "look at both ends' clocks, or have QEMU's certificate made anew"
_OURS_ADVICE = (
    "QEMU's end must trust who signed ours, it must not have expired (openssl x509 -noout -dates -in FILE),"
    " and a tls-authz must let our name in"
)
_SHOW_ONE = "?cert=FILE&key=FILE behind the address, or --tls-cert FILE --tls-key FILE"

#: verify_code of OpenSSL (X509_V_ERR_...) -> reason, advice.
_UNVERIFIED: dict[int, tuple[str, str]] = {
    9: ("its certificate is not valid yet", _CLOCK_ADVICE),
    10: ("its certificate has expired", _CLOCK_ADVICE),
    18: ("its certificate is signed by itself", "trust it by ?ca=FILE, or --tls-ca FILE"),
    19: (
        "its certificate is signed by an authority that is not trusted here",
        "say that it is: ?ca=FILE, or --tls-ca FILE",
    ),
    20: (
        "its certificate is signed by an authority that is not trusted here",
        "say which to trust: ?ca=FILE, or --tls-ca FILE",
    ),
    21: (
        "its certificate is signed by an authority that is not trusted here",
        "say which to trust: ?ca=FILE, or --tls-ca FILE",
    ),
    23: ("its certificate has been revoked", "have QEMU's certificate made anew"),
    24: ("the authority given may not sign certificates", "give another one: ?ca=FILE, or --tls-ca FILE"),
    26: ("its certificate is not one for a server", "have it made anew for that purpose (TLS web server)"),
    79: ("the authority given may not sign certificates", "give another one: ?ca=FILE, or --tls-ca FILE"),
}

#: Parts of OpenSSL's names of what the other end, or our own, complains of -> reason, advice.
_COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    ("CERTIFICATE_REQUIRED", "it wants a certificate of ours", f"give one: {_SHOW_ONE}"),
    ("ALERT_UNKNOWN_CA", "it does not trust the authority that signed our certificate", _OURS_ADVICE),
    ("ALERT_BAD_CERTIFICATE", "it does not accept our certificate", _OURS_ADVICE),
    ("ALERT_CERTIFICATE_EXPIRED", "our certificate has expired", "have it made anew"),
    ("ALERT_CERTIFICATE", "it does not accept our certificate", _OURS_ADVICE),
    ("ALERT_ACCESS_DENIED", "it does not let our certificate in", _OURS_ADVICE),
    (
        "ALERT_HANDSHAKE_FAILURE",
        "it refused the handshake",
        f"it may want a certificate of ours ({_SHOW_ONE}), or have none itself (tls-creds-anon and"
        " tls-creds-psk are not supported here)",
    ),
    (
        "ALERT_PROTOCOL_VERSION",
        "both ends have no version of TLS in common",
        "QEMU's priority= may forbid it",
    ),
    ("WRONG_VERSION_NUMBER", "what answers there is no TLS", "leave tls:// out: HOST:PORT"),
    ("UNSUPPORTED_PROTOCOL", "both ends have no version of TLS in common", "QEMU's priority= may forbid it"),
)


def handshake_failed(target: Target, error: Exception) -> ConnectError:
    """Return what it means that the handshake ended with an error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverified(target, error)
    if isinstance(error, ssl.SSLEOFError) or (isinstance(error, ConnectionError)):
        return ConnectError(
            target.address,
            "the other end left during the TLS handshake",
            cause="tls",
            advice=f"it may want a certificate of ours, or another one ({_SHOW_ONE}), have none itself"
            " (tls-creds-anon and tls-creds-psk are not supported here), or speak no TLS",
        )
    if isinstance(error, ssl.SSLError):
        reason, advice = _complaint(error)
        return ConnectError(target.address, reason, cause="tls", advice=advice)
    reason = getattr(error, "strerror", None) or str(error)
    return ConnectError(target.address, f"the TLS handshake failed: {reason}", cause="tls")


def left_before_greeting(target: Target, error: ssl.SSLError | None) -> ConnectError:
    """Return what it means that the other end took the handshake and then left without a greeting.

    With TLS 1.3 that is how it says no to our certificate; QEMU up to 11.1 leaves without a word.
    """
    if error is not None:
        reason, advice = _complaint(error)
        return ConnectError(target.address, reason, cause="tls", advice=advice)
    shown = target.credentials.cert or target.credentials.dir
    reason = "it did not accept our certificate" if shown else "it wants a certificate of ours"
    return ConnectError(
        target.address,
        f"it left after the TLS handshake without a greeting; most likely {reason}",
        cause="tls",
        advice=_OURS_ADVICE if shown else f"give one: {_SHOW_ONE}",
    )


def no_tls(target: Target, first: bytes) -> ConnectError:
    """Return the failure of an other end that answered the handshake with something that is no TLS."""
    if not first:
        return handshake_failed(target, ssl.SSLEOFError())
    plain = first.startswith((b'{"QMP"', b"QEMU "))
    who = "a monitor without TLS" if plain else "something that speaks no TLS"
    shown = first[:40].decode("utf-8", "replace").strip()
    return ConnectError(
        target.address,
        f"{who} answers there, it began with '{shown}'",
        cause="not-tls",
        advice=f"connect to it without: {_place(target)}" if plain else "check the host and the port",
    )


def is_tls(first: bytes) -> bool:
    """Return whether the other end's first bytes can be TLS."""
    return first[:1] != b"" and first[0] in _RECORDS


def unanswered(target: Target, seconds: float) -> ConnectError:
    """Return what it means that nobody answered the handshake; asked while still connected."""
    from qmonsh.transport import diagnosis

    found = diagnosis.silent(target, seconds)
    if found.cause != "silent":
        return found
    return ConnectError(
        target.address,
        f"connected, but the TLS handshake was not answered within {seconds:g} s",
        cause="silent",
        advice="another program may be connected to it, QEMU may be stopped, or that port speaks no TLS",
    )


def unreadable(target: Target, file: str, error: OSError) -> ConnectError:
    """Return the failure of a file of credentials that cannot be opened."""
    return unusable(target, file, f"it cannot be read: {error.strerror or error}", "")


def unusable(target: Target, file: str, reason: str, advice: str) -> ConnectError:
    """Return the failure of a file of credentials."""
    return ConnectError(target.address, f"'{file}': {reason}", cause="credentials", advice=advice)


def bad_file(target: Target, file: str, key: str, error: ssl.SSLError) -> ConnectError:
    """Return the failure of credentials that OpenSSL does not take."""
    if error.reason == "KEY_VALUES_MISMATCH":
        return unusable(target, key or file, "it is not the key of that certificate", f"that is {file}")
    where = f"{file}' or '{key}" if key and file != target.credentials.ca else file
    return unusable(target, where, "there is no certificate or key in it, as PEM has them", "")


def words_of(error: ssl.SSLError) -> str:
    """Return OpenSSL's own words without the place in its source."""
    return (error.reason or str(error)).replace("_", " ").lower()


def _unverified(target: Target, error: ssl.SSLCertVerificationError) -> ConnectError:
    if error.verify_code in (62, 64):  # host name, IP address
        wanted = target.credentials.name or target.host
        reason, advice = (
            f"its certificate is not for '{wanted}'",
            "if it is the right one, say its name: ?name=NAME, or --tls-name NAME",
        )
    else:
        own = f"its certificate is not accepted: {error.verify_message}"
        reason, advice = _UNVERIFIED.get(error.verify_code, (own, ""))
    return ConnectError(target.address, reason, cause="certificate", advice=advice)


def _complaint(error: ssl.SSLError) -> tuple[str, str]:
    for part, reason, advice in _COMPLAINTS:
        if part in (error.reason or ""):
            return reason, advice
    return f"TLS failed: {words_of(error)}", ""


def _place(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"
