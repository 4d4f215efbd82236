"""What OpenSSL's words mean; the failures as they come are in test_tls.py."""

from __future__ import annotations

import ssl

import pytest

from qmonsh.target import parse_target
from qmonsh.transport import tls_failure

TARGET = parse_target("tls://vm.example.org:4444")


def complaint(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] x (_ssl.c:1)")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "wants a certificate of ours"),
        ("TLSV1_ALERT_UNKNOWN_CA", "does not trust the authority"),
        ("SSLV3_ALERT_BAD_CERTIFICATE", "does not accept our certificate"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "our certificate has expired"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "does not accept our certificate"),
        ("TLSV1_ALERT_ACCESS_DENIED", "does not let our certificate in"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "refused the handshake"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "no version of TLS in common"),
        ("SOMETHING_QUITE_NEW", "TLS failed: something quite new"),
    ],
)
def test_complaint_has_its_sentence(reason: str, said: str) -> None:
    for error in (
        tls_failure.handshake_failed(TARGET, complaint(reason)),
        tls_failure.left_before_greeting(TARGET, complaint(reason)),
    ):
        assert said in error.reason and error.cause == "tls" and error.address == TARGET.address


@pytest.mark.parametrize("code", [9, 10, 18, 19, 20, 21, 62, 64, 4711])
def test_certificate_that_was_not_verified_has_a_reason(code: int) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "own words"
    found = tls_failure.handshake_failed(TARGET, error)
    assert found.cause == "certificate" and found.reason.startswith("its certificate")
    assert ("own words" in found.reason) is (code == 4711)


@pytest.mark.parametrize(
    ("first", "is_tls"), [(b"\x16\3", True), (b"\x15", True), (b"{", False), (b"", False)]
)
def test_tls_is_told_by_its_first_byte(first: bytes, is_tls: bool) -> None:
    assert tls_failure.is_tls(first) is is_tls


def test_other_errors_are_said_in_their_words() -> None:
    error = tls_failure.handshake_failed(TARGET, OSError(5, "Input/output error"))
    assert error.reason == "the TLS handshake failed: Input/output error"
